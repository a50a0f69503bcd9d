//! Detectors: pure functions of a profile, one file per technique, each with a card.
//!
//! Uses `profile` and everything to its left. Knows nothing of thresholds, and nothing of what is usual: a detector
//! measures, the learned fusion in `risk` judges. Its features are measures of the live detectors, in the order of
//! [`measures`]; one that a bundle has no term for is context for the reader.
//!
//! What no detector reads: where a request comes from, in which letters it is written, at what hour it was sent, or
//! how many requests a day there are. Honest customers run all day at any rate.

mod card;
mod coordinated_accounts;
mod dataset_synthesis;
mod measure;
mod model_switching;
mod reasoning_harvest;
mod relay_resale;
mod reward_model_harvest;
mod safe_rewrite;
mod technique_probing;
mod templated_repetition;
mod trajectory_harvest;
mod wording;

#[cfg(test)]
mod tests;

pub use card::{DetectorCard, Maturity};
pub use measure::{Measure, Unit};

use crate::domain::{Finding, Measurement, TECHNIQUE_COUNT};
use crate::profile::Profile;

/// Measures one technique on a profile.
pub trait Detector: Send + Sync {
    /// What the detector looks for, what it confuses, and what it measures.
    fn card(&self) -> &'static DetectorCard;

    /// One value per measure of the card, in their order; NaN where nothing can be measured. Does not allocate.
    ///
    /// # Panics
    /// When `out` is not as long as the card's measures.
    fn measure(&self, profile: &Profile, out: &mut [f64]) {
        let measures = self.card().measures;
        assert_eq!(out.len(), measures.len(), "one place a measure");
        for (value, measure) in out.iter_mut().zip(measures) {
            *value = (measure.value)(profile).unwrap_or(f64::NAN);
        }
    }

    /// What was measured, or that the account's history is too short. A detector that measures nothing never has
    /// enough history.
    fn examine(&self, profile: &Profile) -> Finding {
        let card = self.card();
        if !card.can_measure(profile) {
            return Finding::Insufficient {
                seen: profile.seen(),
                needed: card.exchanges_needed,
            };
        }
        let mut values = vec![f64::NAN; card.measures.len()];
        self.measure(profile, &mut values);
        let measurements = card.measures.iter().zip(values);
        Finding::Measured(
            measurements
                .map(|(measure, value)| Measurement {
                    code: measure.code,
                    observed: (!value.is_nan()).then_some(value),
                })
                .collect(),
        )
    }
}

static REGISTRY: [&dyn Detector; TECHNIQUE_COUNT] = [
    &reasoning_harvest::ReasoningHarvest,
    &reward_model_harvest::RewardModelHarvest,
    &trajectory_harvest::TrajectoryHarvest,
    &dataset_synthesis::DatasetSynthesis,
    &templated_repetition::TemplatedRepetition,
    &safe_rewrite::SafeRewrite,
    &model_switching::ModelSwitching,
    &coordinated_accounts::CoordinatedAccounts,
    &relay_resale::RelayResale,
    &technique_probing::TechniqueProbing,
];

/// Every detector, one per technique, in the order of [`Technique::ALL`](crate::domain::Technique::ALL).
pub fn registry() -> &'static [&'static dyn Detector] {
    &REGISTRY
}

/// How many measures the live detectors have together.
pub const MEASURE_COUNT: usize = reasoning_harvest::CARD.live_measures()
    + reward_model_harvest::CARD.live_measures()
    + trajectory_harvest::CARD.live_measures()
    + dataset_synthesis::CARD.live_measures()
    + templated_repetition::CARD.live_measures()
    + safe_rewrite::CARD.live_measures()
    + model_switching::CARD.live_measures()
    + coordinated_accounts::CARD.live_measures()
    + relay_resale::CARD.live_measures()
    + technique_probing::CARD.live_measures();

/// The measures of the live detectors, each with its detector, in the order of [`measure_into`].
pub fn measures() -> impl Iterator<Item = (&'static dyn Detector, &'static Measure)> {
    live().flat_map(|detector| {
        let measures = detector.card().measures.iter();
        measures.map(move |measure| (detector, measure))
    })
}

/// Measures everything that the live detectors can, in the order of [`measures`]; NaN where a detector needs more
/// history or nothing can be measured. Does not allocate.
pub fn measure_into(profile: &Profile, out: &mut [f64; MEASURE_COUNT]) {
    let mut rest = out.as_mut_slice();
    for detector in live() {
        let card = detector.card();
        let (values, after) = rest.split_at_mut(card.measures.len());
        if card.can_measure(profile) {
            detector.measure(profile, values);
        } else {
            values.fill(f64::NAN);
        }
        rest = after;
    }
}

fn live() -> impl Iterator<Item = &'static dyn Detector> {
    let detectors = REGISTRY.iter().copied();
    detectors.filter(|detector| detector.card().maturity == Maturity::Live)
}
