//! Settings of a report: resamples, prior, thin slices.

use crate::eval::bootstrap::Bootstrap;
use crate::train::risk_model::PRIOR;

/// Settings of a report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Number of bootstrap resamples for each interval.
    pub resamples: u32,
    /// Seed of the resamples.
    pub seed: u64,
    /// Prevalence of extraction that the bundle's risks assume; within (0, 1).
    pub prior: f64,
    /// Number of units under which a slice is `insufficient`.
    pub thin: u64,
    /// Lowest risk of a technique at which an account is classified as using it.
    pub technique_risk: f64,
}

impl Default for Options {
    /// 1,000 resamples, the prior of training, slices of at least 20 units, techniques from even odds up.
    fn default() -> Self {
        Self {
            resamples: 1_000,
            seed: 1,
            prior: PRIOR,
            thin: 20,
            technique_risk: 0.1,
        }
    }
}

impl Options {
    /// Returns the bootstrap with these settings, at 95%.
    pub(in crate::eval) fn bootstrap(&self) -> Bootstrap {
        Bootstrap {
            resamples: self.resamples,
            seed: self.seed,
            ..Bootstrap::default()
        }
    }
}
