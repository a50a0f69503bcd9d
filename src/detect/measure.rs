//! One number that a detector takes from a profile, with the sentence that explains it.

use crate::profile::Profile;

/// What a measured number is a number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Share of exchanges, 0 to 1.
    Share,
    /// Mean over exchanges of the text model's probability, 0 to 1.
    Probability,
    /// Mean of logits, each within +-8.
    LogOdds,
    /// A number of things; may be a fraction where it is an effective number.
    Count,
    /// How many times one quantity is the other; above 0.
    Ratio,
    /// A number on a scale of its own from 0 to 1.
    Index,
}

impl Unit {
    /// The least and the largest value that a measure of this unit can take.
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::Share | Self::Probability | Self::Index => (0.0, 1.0),
            Self::LogOdds => (-8.0, 8.0),
            Self::Count | Self::Ratio => (0.0, f64::INFINITY),
        }
    }
}

/// One quantity. It means the same after 5 exchanges and after 500, as far as its documentation does not say otherwise.
#[derive(Debug)]
pub struct Measure {
    /// Stable code, unique among all detectors.
    pub code: &'static str,
    /// Whether more of it can only speak for the technique. Only such measures may weigh in the fusion; the others are
    /// context for the reader.
    pub monotone: bool,
    /// Whether it speaks of all four intents together. What it weighs is shared among their techniques by how much of
    /// each intent was seen.
    pub any_intent: bool,
    /// Its unit.
    pub unit: Unit,
    /// Takes it from a profile; `None` where nothing can be measured, else finite and within the unit's range.
    pub value: fn(&Profile) -> Option<f64>,
    /// Writes one plain sentence on what was observed against what is typical of benign accounts, where that is known.
    pub sentence: fn(observed: f64, typical: Option<f64>) -> String,
}
