//! Small, benign detectors to compare with, fitted on the same training stream and scored on the same accounts.
//!
//! A [`Collector`] reads a stream once into one bounded [`History`] for each labeled account; a [`Panel`] is fitted on
//! the histories of a training stream; [`comparison()`] ranks the accounts of another stream by each of its detectors
//! and by ours, with the same figures. They see the texts and labels that ours sees. What they lack of their own they
//! borrow: the text embedding and the random features are the bundle's and the engine's, so a distance between
//! requests means the same to all.
//!
//! What a detector may choose among (a window, a rule of counting) is chosen on the training stream. What its paper
//! decides, and which way its score points, is left as the paper has it, also where that does badly.

mod comparison;
mod distance;
mod history;
mod keywords;
mod mahalanobis;
mod mmd;
pub mod ngram;
mod overlap;
mod panel;
mod prada;
mod rate;
#[cfg(test)]
mod samples;
mod sketch;
mod step;
mod text_hash;

pub use comparison::comparison;
pub use history::{Collector, History, STEPS_MAX};
pub use panel::{Panel, Unfit};
pub use step::Step;

/// A detector to compare with, fitted.
pub trait Baseline: Sync {
    /// What tables call it.
    fn name(&self) -> &'static str;

    /// Which form of it the training stream chose, or what it was fitted to, in words.
    fn form(&self) -> String;

    /// How suspicious an account is after these exchanges, its first ones, in their order; larger is more
    /// suspicious. Negative infinity where it cannot say; never NaN.
    fn score(&self, steps: &[Step]) -> f64;
}
