//! Detectors: pure functions of a profile, one file per technique, each with a card.
//!
//! Uses `profile` and the modules that it uses. Must not know thresholds or typical values: a detector measures, and
//! the learned fusion in `risk` weights. The features of the fusion are measures of the live detectors; a measure for
//! which a bundle has no term is context for the reader. Every measure says in which [`Direction`] it may weigh. A
//! detector is data: a card with the functions that compute its measures.
//!
//! No detector reads where a request comes from, in which script it is written, at what hour it was sent, or how many
//! requests are sent per day. Benign customers run all day at any rate.

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
pub(crate) use measure::{CLEARING_LIMIT, Direction, Measure, Unit};
pub use measure_values::{MEASURE_COUNT, MeasureIndex, MeasureValues};
pub use registry::DETECTORS;
