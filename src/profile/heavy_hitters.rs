//! Which templates carry the traffic: heavy hitters among skeletons, their heads, their tails, and system prompts.
//!
//! A head that is heavier than any whole skeleton is a template whose slot is at the end, a heavy tail one whose slot
//! is at the start. A single template is normal for an application: only with the repeats in
//! [`Distinct`](super::Distinct) and [`RepeatRing`](super::RepeatRing) does it say anything. Bounds and merging: see
//! [`SpaceSaving`].

use super::space_saving::SpaceSaving;
use crate::domain::Observation;

/// Four Space-Saving summaries. Update cost: four scans of at most 16 counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeavyHitters {
    pub(super) skeletons: SpaceSaving<16>,
    pub(super) heads: SpaceSaving<16>,
    pub(super) tails: SpaceSaving<16>,
    pub(super) systems: SpaceSaving<4>,
}

impl HeavyHitters {
    pub(super) const fn empty() -> Self {
        Self {
            skeletons: SpaceSaving::empty(),
            heads: SpaceSaving::empty(),
            tails: SpaceSaving::empty(),
            systems: SpaceSaving::empty(),
        }
    }

    pub(super) fn absorb(&mut self, observation: &Observation) {
        let time = observation.time;
        self.skeletons.absorb(observation.skeleton, time);
        self.heads.absorb(observation.head, time);
        self.tails.absorb(observation.tail, time);
        if let Some(system) = observation.system {
            self.systems.absorb(system, time);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.skeletons.merge(&other.skeletons);
        self.heads.merge(&other.heads);
        self.tails.merge(&other.tails);
        self.systems.merge(&other.systems);
    }

    /// Skeletons of the last user message.
    pub const fn skeletons(&self) -> &SpaceSaving<16> {
        &self.skeletons
    }

    /// First tokens of the skeletons.
    pub const fn heads(&self) -> &SpaceSaving<16> {
        &self.heads
    }

    /// Last tokens of the skeletons.
    pub const fn tails(&self) -> &SpaceSaving<16> {
        &self.tails
    }

    /// System prompts; its total counts the exchanges that had one.
    pub const fn systems(&self) -> &SpaceSaving<4> {
        &self.systems
    }

    /// Share of exchanges that certainly come from the account's tracked templates, by whichever of skeleton, head
    /// or tail explains most; `None` before the first exchange.
    pub fn template_mass(&self) -> Option<f64> {
        [&self.skeletons, &self.heads, &self.tails]
            .into_iter()
            .filter_map(SpaceSaving::certain_mass)
            .reduce(f64::max)
    }

    pub(super) fn is_sound(&self) -> bool {
        self.skeletons.is_sound()
            && self.heads.is_sound()
            && self.tails.is_sound()
            && self.systems.is_sound()
    }
}
