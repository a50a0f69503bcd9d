//! How many different things an account asks, and how often it repeats one.
//!
//! A live service sees its popular questions again and again; a sweep over a dataset draws without replacement.
//! Counters per heavy template would have to be reset when the template is replaced, and resets do not merge. So
//! the block counts over all traffic, where everything merges exactly in any order: a [`HyperLogLog`] of skeletons, and
//! one bottom-k sample of contents, each with its exact multiplicity and its skeleton's tag, which also answers for any
//! single template (see [`BottomK`]).

use super::bottom_k::{BottomK, RepeatEstimate};
use super::hyper_log_log::HyperLogLog;
use crate::domain::{Digest, Observation};

/// Counts of distinct values and of repeats. Merges exactly, in every order. Update cost: four hashes, at most one
/// shift of 1 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinct {
    pub(super) skeletons: HyperLogLog<64>,
    pub(super) slot_sample: BottomK<64>,
}

impl Distinct {
    pub(super) const fn empty() -> Self {
        Self {
            skeletons: HyperLogLog::empty(),
            slot_sample: BottomK::empty(),
        }
    }

    pub(super) fn update(&mut self, observation: &Observation) {
        self.skeletons.update(observation.skeleton);
        self.slot_sample
            .update(observation.slots, tag(observation.skeleton));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.skeletons.merge(&other.skeletons);
        self.slot_sample.merge(&other.slot_sample);
    }

    /// Returns the estimated number of distinct skeletons, with a standard error of 13%.
    pub fn distinct_skeletons(&self) -> f64 {
        self.skeletons.estimate()
    }

    /// Returns the repeats among the contents of all traffic.
    pub fn repeats(&self) -> RepeatEstimate {
        self.slot_sample.estimate()
    }

    /// Returns the repeats among the contents under one skeleton: the ingredients of the without-replacement deficit.
    pub fn repeats_under(&self, skeleton: Digest) -> RepeatEstimate {
        self.slot_sample.estimate_tagged(tag(skeleton))
    }

    pub(super) fn is_valid(&self) -> bool {
        self.skeletons.is_valid() && self.slot_sample.is_valid()
    }
}

const fn tag(skeleton: Digest) -> u32 {
    skeleton.0 as u32
}
