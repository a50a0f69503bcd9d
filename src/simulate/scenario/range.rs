//! A range: two bounds of a setting, and a value drawn between them.

use serde::Deserialize;

use super::checks::{ScenarioError, check};
use crate::simulate::rng::SeededRng;

/// Maximum exchanges per day in a scenario.
pub(crate) const PER_DAY_MOST: f64 = 1e8;

/// Maximum days in a scenario.
pub(crate) const DAYS_MOST: f64 = 366.0;

/// Two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Lower bound, more than 0.
    pub least: f64,
    /// Upper bound.
    pub most: f64,
}

impl Range {
    /// Exchanges per day of programs, from light API customers to the median of the traced ones. No trace has light
    /// customers, so a log-uniform rate below the traced ones is an assumption.
    pub const TENANTS: Self = Self {
        least: 20.0,
        most: 38_000.0,
    };

    /// Slowest and fastest published mean of a campaign, in exchanges per account and day.
    pub const CAMPAIGNS: Self = Self {
        least: 5.6,
        most: 857.0,
    };

    /// Exchanges per day of a program that sends a corpus chunk by chunk: a session of some hundred chunks is over
    /// within hours. An assumption after users' reports of about a hundred round trips a session.
    pub const CHUNKS: Self = Self {
        least: 500.0,
        most: 20_000.0,
    };

    /// Exchanges per day of one key that many people share at the same time, be it a company's gateway or a relay. An
    /// assumption: some dozens of people who are active in the same hours.
    pub const SHARED_KEYS: Self = Self {
        least: 300.0,
        most: 8_000.0,
    };

    /// Draws log-uniformly between the bounds.
    pub(crate) fn draw(self, rng: &mut SeededRng) -> f64 {
        rng.log_between(self.least, self.most)
    }

    /// # Errors
    /// When the bounds are out of order or exceed `limit`; `key` names their position in the scenario.
    pub(crate) fn validate(self, key: &'static str, limit: f64) -> Result<(), ScenarioError> {
        let Self { least, most } = self;
        let usable = 0.0 < least && least <= most && most <= limit;
        let expected = "0 < least <= most, at most 366 days or 100000000 a day";
        check(usable, key, expected, &format!("{least}, {most}"))
    }
}
