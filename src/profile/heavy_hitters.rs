//! Which templates carry an account's traffic: heavy hitters among skeletons, their heads and their tails.
//!
//! A head that is heavier than any whole skeleton is a template whose slot is at the end, a heavy tail one whose slot
//! is at the start. A single template is normal for an application: it is evidence only together with the repeats in
//! [`Distinct`](super::Distinct) and [`RepeatRing`](super::RepeatRing). For bounds and merging see [`SpaceSaving`].

use super::space_saving::SpaceSaving;
use crate::domain::Observation;

/// Three Space-Saving summaries. Update cost: three scans of 16 counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeavyHitters {
    pub(super) skeletons: SpaceSaving<16>,
    pub(super) heads: SpaceSaving<16>,
    pub(super) tails: SpaceSaving<16>,
}

impl HeavyHitters {
    pub(super) const fn empty() -> Self {
        Self {
            skeletons: SpaceSaving::empty(),
            heads: SpaceSaving::empty(),
            tails: SpaceSaving::empty(),
        }
    }

    pub(super) fn update(&mut self, observation: &Observation) {
        self.skeletons.update(observation.skeleton);
        self.heads.update(observation.head);
        self.tails.update(observation.tail);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.skeletons.merge(&other.skeletons);
        self.heads.merge(&other.heads);
        self.tails.merge(&other.tails);
    }

    /// Returns the skeletons of the last user messages.
    pub const fn skeletons(&self) -> &SpaceSaving<16> {
        &self.skeletons
    }

    /// Returns the first tokens of the skeletons.
    pub const fn heads(&self) -> &SpaceSaving<16> {
        &self.heads
    }

    /// Returns the last tokens of the skeletons.
    pub const fn tails(&self) -> &SpaceSaving<16> {
        &self.tails
    }

    pub(super) fn is_valid(&self) -> bool {
        self.skeletons.is_valid() && self.heads.is_valid() && self.tails.is_valid()
    }
}
