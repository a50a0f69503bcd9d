//! The number of exchanges of an account.

use serde::Deserialize;

use super::checks::{ScenarioError, check};

/// Exchanges of one account: log-normal around `median`, within the bounds; the same for both classes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchanges {
    /// Lower bound.
    pub least: u32,
    /// Median.
    pub median: u32,
    /// Upper bound.
    pub most: u32,
    /// Whether the accounts' rhythms alone determine how much they send, up to the upper bound; used for comparison
    /// with traces. Otherwise benign people are drawn among those who send as much as their account is to send.
    #[serde(default)]
    pub by_rhythm: bool,
}

impl Exchanges {
    /// # Errors
    /// When the bounds do not describe a valid account; `key` names their position in the scenario.
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
