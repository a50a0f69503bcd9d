//! Small baseline detectors for a fair comparison: fitted on the same training stream and scored on the same accounts.
//!
//! A [`Collector`] reads a stream once into one bounded [`history::History`] for each labeled account; a [`Panel`] is
//! fitted on the histories of a training stream; [`comparison()`] ranks the accounts of another stream by each
//! baseline and by Stillwatch, with the same figures. The baselines see the same texts and labels as Stillwatch does.
//! What they lack they borrow: the text embedding is the bundle's and the random features are the engine's, so a
//! distance between requests means the same to all.
//!
//! What a detector may choose among (a window, a counting rule) is chosen on the training stream. What its paper
//! fixes, including the sign of its score, is left as the paper has it, even where that performs badly.

mod comparison;
mod distance;
mod history;
mod keywords;
mod mahalanobis;
mod mmd;
pub(crate) mod ngram;
mod overlap;
mod panel;
mod prada;
mod rate;
#[cfg(test)]
mod samples;
mod sketch;
mod step;
mod text_hash;

pub(crate) use comparison::comparison;
pub(crate) use history::Collector;
pub(crate) use panel::Panel;
pub(crate) use step::Step;

/// A fitted baseline detector.
pub(crate) trait Baseline: Sync {
    /// Returns the detector's name in tables.
    fn name(&self) -> &'static str;

    /// Describes which form the training stream chose, or what the detector was fitted to.
    fn form(&self) -> String;

    /// Scores an account after these exchanges, its first ones in order; larger is more suspicious. Negative infinity
    /// where the detector cannot score the account; never NaN.
    fn score(&self, steps: &[Step]) -> f64;
}
