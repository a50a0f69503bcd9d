//! Client programs and conversations of an account: how many programs at once, and how many conversations.
//!
//! An application has one client program and many conversations, a person a few of each. Many programs with many
//! concurrent conversations are several people behind one account: a household, a team, a reseller. Which program it is
//! does not matter, only how the exchanges are distributed over them.

use super::moments::ratio;
use super::repeat_ring::Turn;
use super::space_saving::SpaceSaving;
use crate::domain::Observation;

/// Counts of exchanges by client program, and of returns to a conversation that another one had interrupted. Programs
/// merge as [`SpaceSaving`] does; returns relate exchanges of one account and add. Update cost: one scan of six
/// counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    pub(super) programs: SpaceSaving<6>,
    pub(super) in_conversation: u64,
    pub(super) returns: u64,
}

impl Clients {
    pub(super) const fn empty() -> Self {
        Self {
            programs: SpaceSaving::empty(),
            in_conversation: 0,
            returns: 0,
        }
    }

    /// Updates the counts with one exchange; `turn` relates it to the conversations of the last hour.
    pub(super) fn update(&mut self, observation: &Observation, turn: Turn) {
        if let Some(program) = observation.user_agent {
            self.programs.update(program);
        }
        let named = observation.conversation.is_some();
        self.in_conversation = self.in_conversation.saturating_add(u64::from(named));
        self.returns = self.returns.saturating_add(u64::from(turn == Turn::Return));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.programs.merge(&other.programs);
        self.in_conversation = self.in_conversation.saturating_add(other.in_conversation);
        self.returns = self.returns.saturating_add(other.returns);
    }

    /// Returns the most used client programs.
    pub const fn programs(&self) -> &SpaceSaving<6> {
        &self.programs
    }

    /// Returns the share of the exchanges with a named conversation that return, within an hour, to one that another
    /// conversation had interrupted; `None` if none is named. Looks back over the last 32 exchanges.
    pub fn return_share(&self) -> Option<f64> {
        ratio(self.returns, self.in_conversation)
    }

    pub(super) fn is_valid(&self) -> bool {
        self.programs.is_valid() && self.returns <= self.in_conversation
    }
}
