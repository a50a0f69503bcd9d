//! How a report is made: resamples, prior, thin slices.

use crate::eval::bootstrap::Bootstrap;
use crate::train::risk_model::PRIOR;

/// How a report is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Resamples of each interval.
    pub resamples: u32,
    /// Seed of the resamples.
    pub seed: u64,
    /// Share of extraction that the bundle's risks speak for; within (0, 1).
    pub prior: f64,
    /// Units under which a slice is `insufficient`.
    pub thin: u64,
    /// Least risk of a technique at which an account is taken to use it.
    pub technique_risk: f64,
}

impl Default for Options {
    /// 1,000 resamples, the prior of training, slices of 20, techniques from even odds on.
    fn default() -> Self {
        Self {
            resamples: 1_000,
            seed: 1,
            prior: PRIOR,
            thin: 20,
            technique_risk: 0.5,
        }
    }
}

impl Options {
    /// The resampling asked for, at 95%.
    pub(in crate::eval) fn bootstrap(&self) -> Bootstrap {
        Bootstrap {
            resamples: self.resamples,
            seed: self.seed,
            ..Bootstrap::default()
        }
    }
}
