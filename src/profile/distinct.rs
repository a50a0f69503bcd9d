//! How many different things were asked, and how often the same one again.
//!
//! A live service sees its popular questions again and again; a sweep over a dataset draws without replacement.
//! Counters per heavy template would have to be reset when the template is replaced, and resets do not merge. So
//! the block counts over all traffic, where everything merges exactly in any order: three of [`HyperLogLog`] (contents,
//! whole prompts, skeletons) for counts of any size, and one bottom-k sample of contents, each with its exact
//! multiplicity and its skeleton's tag, which answers for any one template as well (see [`BottomK`]).

use super::bottom_k::{BottomK, RepeatEstimate};
use super::hyper_log_log::HyperLogLog;
use crate::domain::{Digest, Observation};

/// Distinct counts and repeats. Merges exactly, in every order. Update cost: four hashes, at most one shift of 1 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    pub(super) slots: HyperLogLog<256>,
    pub(super) prompts: HyperLogLog<256>,
    pub(super) skeletons: HyperLogLog<64>,
    pub(super) slot_sample: BottomK<64>,
}

impl Distinct {
    pub(super) const fn empty() -> Self {
        Self {
            slots: HyperLogLog::empty(),
            prompts: HyperLogLog::empty(),
            skeletons: HyperLogLog::empty(),
            slot_sample: BottomK::empty(),
        }
    }

    pub(super) fn absorb(&mut self, observation: &Observation) {
        self.slots.absorb(observation.slots);
        self.prompts.absorb(observation.prompt);
        self.skeletons.absorb(observation.skeleton);
        self.slot_sample
            .absorb(observation.slots, tag(observation.skeleton));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.slots.merge(&other.slots);
        self.prompts.merge(&other.prompts);
        self.skeletons.merge(&other.skeletons);
        self.slot_sample.merge(&other.slot_sample);
    }

    /// Distinct contents of the last user message: exact below 64, then with a standard error of 6.5%.
    pub fn distinct_slots(&self) -> f64 {
        let sample = self.slot_sample.estimate();
        if sample.exact {
            sample.values
        } else {
            self.slots.estimate()
        }
    }

    /// Distinct whole prompts, with a standard error of 6.5%.
    pub fn distinct_prompts(&self) -> f64 {
        self.prompts.estimate()
    }

    /// Distinct skeletons, with a standard error of 13%.
    pub fn distinct_skeletons(&self) -> f64 {
        self.skeletons.estimate()
    }

    /// Repeats among the contents of all traffic.
    pub fn repeats(&self) -> RepeatEstimate {
        self.slot_sample.estimate()
    }

    /// Repeats among the contents under one skeleton: the ingredients of the without-replacement deficit.
    pub fn repeats_under(&self, skeleton: Digest) -> RepeatEstimate {
        self.slot_sample.estimate_tagged(tag(skeleton))
    }

    pub(super) fn is_sound(&self) -> bool {
        self.slots.is_sound()
            && self.prompts.is_sound()
            && self.skeletons.is_sound()
            && self.slot_sample.is_sound()
    }
}

const fn tag(skeleton: Digest) -> u32 {
    skeleton.0 as u32
}
