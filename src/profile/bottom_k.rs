//! A uniform sample of the distinct values of a stream, with the exact number of occurrences of each.
//!
//! The `K` smallest hashes (bottom-k, KMV: Bar-Yossef et al. 2002; Beyer et al. 2007) are a simple random sample of the
//! distinct values. A value that is in the sample now has been in it since its first occurrence, because the largest
//! kept hash only falls, so its count is exact. The union of two samples, with counts added and the `K` smallest kept,
//! is exact in every order. Up to `K` distinct values the sample is the whole stream, and every figure below is exact.
//! This distinguishes a sweep without repeats from an application at 10 to 500 requests, where the 6% error of a
//! `HyperLogLog` would drown the answer.
//!
//! Each value carries a tag (32 bits of its skeleton's digest), so that the sample also answers for each template
//! alone: the values with one tag are a uniform sample of that template's values.

use crate::domain::Digest;
use crate::statistics::splitmix::mix;

/// One sampled value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sampled {
    pub(super) hash: u64,
    pub(super) tag: u32,
    /// 0 marks a vacant entry.
    pub(super) count: u32,
}

impl Sampled {
    const VACANT: Self = Self {
        hash: u64::MAX,
        tag: u32::MAX,
        count: 0,
    };
}

/// The `K` distinct values with the smallest hashes, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BottomK<const K: usize> {
    pub(super) sample: [Sampled; K],
}

/// Estimates of repeats from a sample of distinct values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RepeatEstimate {
    /// Number of distinct values in the sample.
    pub sampled_values: u32,
    /// Number of occurrences of the sampled values.
    pub sampled_occurrences: u64,
    /// Number of sampled values that occurred once.
    pub sampled_singletons: u32,
    /// Estimated number of distinct values in the stream; exact if `exact`.
    pub values: f64,
    /// Whether the sample is the whole stream.
    pub exact: bool,
}

impl RepeatEstimate {
    /// Returns the estimated number of occurrences beyond the first of each value.
    pub fn repeats(&self) -> f64 {
        if self.sampled_values == 0 {
            return 0.0;
        }
        let beyond_first = self.sampled_occurrences - u64::from(self.sampled_values);
        self.values * beyond_first as f64 / f64::from(self.sampled_values)
    }

    /// Returns the share of occurrences that repeat an earlier value; `None` if the sample is empty.
    pub fn repeat_share(&self) -> Option<f64> {
        (self.sampled_occurrences > 0)
            .then(|| 1.0 - f64::from(self.sampled_values) / self.sampled_occurrences as f64)
    }

    /// Returns the Good-Turing probability that the next occurrence is a new value: singletons over occurrences (Good
    /// 1953).
    ///
    /// Stays at 1 for a sweep, falls for an application. `None` if the sample is empty.
    pub fn novelty(&self) -> Option<f64> {
        (self.sampled_occurrences > 0)
            .then(|| f64::from(self.sampled_singletons) / self.sampled_occurrences as f64)
    }
}

impl<const K: usize> BottomK<K> {
    pub(super) const fn empty() -> Self {
        Self {
            sample: [Sampled::VACANT; K],
        }
    }

    /// Counts one occurrence. O(log K) if the value is not kept, else O(K).
    pub(super) fn update(&mut self, value: Digest, tag: u32) {
        self.insert(Sampled {
            // The largest hash marks a vacant entry; giving it up costs one value in 2^64.
            hash: mix(value.0).min(u64::MAX - 1),
            tag,
            count: 1,
        });
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for &sampled in other.kept() {
            self.insert(sampled);
        }
    }

    /// Returns the estimates for the whole stream.
    pub(crate) fn estimate(&self) -> RepeatEstimate {
        self.estimate_of(|_| true)
    }

    /// Returns the estimates for the values whose tag is `tag`.
    pub(crate) fn estimate_tagged(&self, tag: u32) -> RepeatEstimate {
        self.estimate_of(|sampled| sampled.tag == tag)
    }

    pub(super) fn is_valid(&self) -> bool {
        let kept = self.kept();
        kept.is_sorted_by(|a, b| a.hash < b.hash)
            && kept.iter().all(|sampled| sampled.hash < u64::MAX)
            && self.sample[kept.len()..]
                .iter()
                .all(|sampled| *sampled == Sampled::VACANT)
    }

    fn insert(&mut self, new: Sampled) {
        match self
            .sample
            .binary_search_by_key(&new.hash, |sampled| sampled.hash)
        {
            Ok(at) => {
                let sampled = &mut self.sample[at];
                sampled.count = sampled.count.saturating_add(new.count);
                // One value cannot have two templates; if it did, both orders of merging would keep the same tag.
                sampled.tag = sampled.tag.min(new.tag);
            }
            Err(at) if at < K => {
                self.sample[at..].rotate_right(1);
                self.sample[at] = new;
            }
            Err(_) => {}
        }
    }

    fn kept(&self) -> &[Sampled] {
        &self.sample[..self.sample.partition_point(|sampled| sampled.count > 0)]
    }

    fn estimate_of(&self, belongs: impl Fn(&Sampled) -> bool) -> RepeatEstimate {
        let kept = self.kept();
        let exact = kept.len() < K;
        // The K-th smallest of D uniform hashes is near K/(D+1) of their range: an unbiased estimate of D is
        // (K-1)/that.
        let values_per_sampled = if exact {
            1.0
        } else {
            let bar = (self.sample[K - 1].hash as f64 + 1.0) / 2.0_f64.powi(64);
            ((K - 1) as f64 / bar / K as f64).max(1.0)
        };
        let mut estimate = RepeatEstimate {
            sampled_values: 0,
            sampled_occurrences: 0,
            sampled_singletons: 0,
            values: 0.0,
            exact,
        };
        for sampled in kept.iter().filter(|sampled| belongs(sampled)) {
            estimate.sampled_values += 1;
            estimate.sampled_occurrences += u64::from(sampled.count);
            estimate.sampled_singletons += u32::from(sampled.count == 1);
        }
        estimate.values = f64::from(estimate.sampled_values) * values_per_sampled;
        estimate
    }
}
