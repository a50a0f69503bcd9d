//! Detectors: pure functions of a profile, one file per technique, each with a card.
//!
//! Uses `profile` and everything to its left. Knows nothing of thresholds, and nothing of what is usual: a detector
//! measures, the learned fusion in `risk` weighs. Its features are measures of the live detectors; one that a bundle has
//! no term for is context for the reader. A detector is data: a card with the functions that take its measures.
//!
//! What no detector reads: where a request comes from, in which letters it is written, at what hour it was sent, or
//! how many requests a day there are. Honest customers run all day at any rate.

mod card;
mod coordinated_accounts;
mod dataset_synthesis;
mod measure;
mod measure_values;
mod model_switching;
mod reasoning_harvest;
mod registry;
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
pub use measure_values::{MEASURE_COUNT, MeasureIndex, MeasureValues};
pub use registry::DETECTORS;
