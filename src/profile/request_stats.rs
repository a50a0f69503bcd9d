//! Outcomes of an account's requests and their use of tools.
//!
//! Whatever the caller did not state is counted as absent and never as evidence.

use super::moments::{FixedSum, ratio};
use crate::domain::{Evidence, Observation, Outcome};

/// Counts of tools, outcomes and unreadable text; they merge exactly in every order. Update cost: four additions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestStats {
    pub(super) exchanges: u64,
    pub(super) outcome_known: u64,
    pub(super) refused: u64,
    pub(super) with_tools: u64,
    /// Exchanges with text, and the sum over them of the share of characters that disguise or hide it.
    pub(super) with_text: u64,
    pub(super) unreadable: FixedSum,
}

impl RequestStats {
    pub(super) const fn empty() -> Self {
        Self {
            exchanges: 0,
            outcome_known: 0,
            refused: 0,
            with_tools: 0,
            with_text: 0,
            unreadable: FixedSum::ZERO,
        }
    }

    pub(super) fn update(&mut self, observation: &Observation) {
        let outcome = observation.outcome;
        let mut unreadable = FixedSum::ZERO;
        unreadable.add(f64::from(observation.shape.unreadable));
        self.merge(&Self {
            exchanges: 1,
            outcome_known: u64::from(outcome != Outcome::Unknown),
            refused: u64::from(outcome == Outcome::Refused),
            with_tools: u64::from(observation.shape.tools > 0),
            with_text: u64::from(observation.evidence != Evidence::Unread),
            unreadable,
        });
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.exchanges = self.exchanges.saturating_add(other.exchanges);
        self.outcome_known = self.outcome_known.saturating_add(other.outcome_known);
        self.refused = self.refused.saturating_add(other.refused);
        self.with_tools = self.with_tools.saturating_add(other.with_tools);
        self.with_text = self.with_text.saturating_add(other.with_text);
        self.unreadable.merge(other.unreadable);
    }

    /// Returns the number of refused exchanges.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// Returns the share of refusals among exchanges whose outcome is known; `None` if there are none.
    pub fn refused_share(&self) -> Option<f64> {
        ratio(self.refused, self.outcome_known)
    }

    /// Returns the mean share of characters that disguise or hide text, over exchanges with text; `None` if there are
    /// none.
    pub fn unreadable_share(&self) -> Option<f64> {
        (self.with_text > 0).then(|| (self.unreadable.value() / self.with_text as f64).min(1.0))
    }

    /// Returns the share of exchanges that offer tools; `None` before the first.
    pub fn tools_share(&self) -> Option<f64> {
        ratio(self.with_tools, self.exchanges)
    }

    pub(super) const fn is_valid(&self) -> bool {
        self.outcome_known <= self.exchanges
            && self.refused <= self.outcome_known
            && self.with_tools <= self.exchanges
    }
}
