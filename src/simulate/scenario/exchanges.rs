//! How many exchanges an account has.

use serde::Deserialize;

use super::checks::{ScenarioError, check};

/// Exchanges of one account: log-normal around `median`, within the bounds; alike for both classes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchanges {
    /// Lower bound.
    pub least: u32,
    /// Median.
    pub median: u32,
    /// Upper bound.
    pub most: u32,
    /// Whether the accounts' rhythms alone decide how much they send, up to the upper bound: what is compared with
    /// traces. Otherwise benign people are drawn among those who send as much as their account shall.
    #[serde(default)]
    pub by_rhythm: bool,
}

impl Exchanges {
    /// # Errors
    /// When the bounds make no account; `key` says where they stand.
    pub(crate) fn validate(&self, key: &'static str) -> Result<(), ScenarioError> {
        let Self {
            least,
            median,
            most,
            ..
        } = *self;
        check(
            1 <= least && least <= median && median <= most && most <= 1_000_000,
            key,
            "1 <= least <= median <= most <= 1000000",
            &format!("{least}, {median}, {most}"),
        )
    }
}
