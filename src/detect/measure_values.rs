//! The measures of all live detectors in one list, and a profile's values for them.

use super::registry::DETECTORS;
use super::{DetectorCard, Measure};
use crate::profile::Profile;

/// Number of measures of all live detectors.
pub const MEASURE_COUNT: usize = {
    let (mut count, mut detector) = (0, 0);
    while detector < DETECTORS.len() {
        count += DETECTORS[detector].live_measures();
        detector += 1;
    }
    count
};

/// The measures of the live detectors, each with its detector, in the order of [`DETECTORS`].
static MEASURES: [(&DetectorCard, &Measure); MEASURE_COUNT] = {
    let mut all = [(DETECTORS[0], &DETECTORS[0].measures[0]); MEASURE_COUNT];
    let (mut at, mut detector) = (0, 0);
    while detector < DETECTORS.len() {
        let card = DETECTORS[detector];
        let mut own = 0;
        while own < card.live_measures() {
            all[at] = (card, &card.measures[own]);
            at += 1;
            own += 1;
        }
        detector += 1;
    }
    all
};

/// Index of a measure of the live detectors; below [`MEASURE_COUNT`] by construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MeasureIndex(usize);

impl MeasureIndex {
    /// Returns the index of the measure with this code; `None` when no live detector has it.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::all().find(|index| index.measure().code == code)
    }

    /// Returns the indices of all measures, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..MEASURE_COUNT).map(Self)
    }

    /// Returns the position among all measures, below [`MEASURE_COUNT`].
    pub const fn place(self) -> usize {
        self.0
    }

    /// Returns the measure.
    pub fn measure(self) -> &'static Measure {
        MEASURES[self.0].1
    }

    /// Returns the card of the measure's detector.
    pub fn card(self) -> &'static DetectorCard {
        MEASURES[self.0].0
    }
}

/// One value per measure of the live detectors. Does not allocate.
#[derive(Clone, Copy, Debug)]
pub struct MeasureValues([f64; MEASURE_COUNT]);

impl MeasureValues {
    /// Computes all measures of a profile.
    pub fn of(profile: &Profile) -> Self {
        Self(MEASURES.each_ref().map(|(card, measure)| {
            let value = card.can_measure(profile).then(|| (measure.value)(profile));
            value.flatten().unwrap_or(f64::NAN)
        }))
    }

    /// Creates values from an array in the order of [`MeasureIndex::all`]; NaN means not measured.
    pub const fn from_array(values: [f64; MEASURE_COUNT]) -> Self {
        Self(values)
    }

    /// Returns the values in the order of [`MeasureIndex::all`]; NaN means not measured.
    pub const fn as_array(&self) -> &[f64; MEASURE_COUNT] {
        &self.0
    }

    /// Returns the value of one measure; `None` when the history is too short for its detector or nothing could be
    /// measured.
    pub fn get(&self, index: MeasureIndex) -> Option<f64> {
        let value = self.0[index.0];
        (!value.is_nan()).then_some(value)
    }
}
