//! The most frequent digests of a stream, in constant memory.
//!
//! Space-Saving (Metwally, Agrawal and El Abbadi, ICDT 2005): a digest that is not tracked takes over the smallest
//! counter, inherits its count and records it as its error. Merging follows Agarwal et al., *Mergeable Summaries*
//! (PODS 2012), in the form that keeps upper bounds (Cafaro, Pulimeno and Tempesta 2016): counts of common digests are
//! added; a digest that only one side tracks may have occurred on the other side, unseen, up to that side's smallest
//! count, so that is added to its count and to its error; the `K` largest are kept.
//!
//! For any order of events and any tree of merges over `n` events: `count - error <= truth <= count`,
//! `error <= n / K`, and a digest that is not tracked occurred at most `n / K` times. Merging commutes exactly. As
//! long as no more than `K` digests were seen, everything is exact, associative and independent of order. Beyond
//! that the bounds hold, but another tree of merges may keep other rare digests.

use crate::domain::Digest;

/// One tracked digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hitter {
    /// The digest.
    pub digest: Digest,
    /// Upper bound on its number of occurrences.
    pub count: u32,
    /// Upper bound on the part of `count` that belongs to other digests.
    pub error: u32,
}

impl Hitter {
    const VACANT: Self = Self {
        digest: Digest(0),
        count: 0,
        error: 0,
    };

    /// Returns the number of occurrences that are certain.
    pub const fn certain(&self) -> u32 {
        self.count - self.error
    }

    /// Returns the sort key: most frequent first, ties by digest; vacant counters last.
    fn rank(&self) -> (std::cmp::Reverse<u32>, Digest) {
        (std::cmp::Reverse(self.count), self.digest)
    }
}

/// Up to `K` counters, most frequent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceSaving<const K: usize> {
    pub(super) total: u64,
    pub(super) hitters: [Hitter; K],
}

impl<const K: usize> SpaceSaving<K> {
    pub(super) const fn empty() -> Self {
        Self {
            total: 0,
            hitters: [Hitter::VACANT; K],
        }
    }

    /// Counts one occurrence. O(K).
    pub(super) fn update(&mut self, digest: Digest) {
        self.total = self.total.saturating_add(1);
        let mut at = self
            .hitters
            .iter()
            .position(|hitter| hitter.count > 0 && hitter.digest == digest)
            .unwrap_or(K - 1);
        let hitter = &mut self.hitters[at];
        if hitter.count == 0 || hitter.digest != digest {
            *hitter = Hitter {
                digest,
                count: hitter.count,
                error: hitter.count,
            };
        }
        hitter.count = hitter.count.saturating_add(1);
        while at > 0 && self.hitters[at].rank() < self.hitters[at - 1].rank() {
            self.hitters.swap(at, at - 1);
            at -= 1;
        }
    }

    /// Returns the effective number of digests: the inverse of the probability that two occurrences are of the same
    /// digest. Unlike the number ever seen, it does not grow with exposure. At most `K`; `None` before the first.
    pub fn effective_number(&self) -> Option<f64> {
        let counts = || self.tracked().iter().map(|hitter| f64::from(hitter.count));
        let total: f64 = counts().sum();
        let squares: f64 = counts().map(|count| count * count).sum();
        (squares > 0.0).then(|| total * total / squares)
    }

    pub(super) fn merge(&mut self, other: &Self) {
        let (own_floor, other_floor) = (self.floor(), other.floor());
        let mut union: Vec<Hitter> = Vec::with_capacity(2 * K);
        for own in self.tracked() {
            let twin = other.find(own.digest);
            union.push(Hitter {
                digest: own.digest,
                count: own
                    .count
                    .saturating_add(twin.map_or(other_floor, |twin| twin.count)),
                error: own
                    .error
                    .saturating_add(twin.map_or(other_floor, |twin| twin.error)),
            });
        }
        for other in other
            .tracked()
            .iter()
            .filter(|other| self.find(other.digest).is_none())
        {
            union.push(Hitter {
                count: other.count.saturating_add(own_floor),
                error: other.error.saturating_add(own_floor),
                ..*other
            });
        }
        union.sort_unstable_by_key(Hitter::rank);
        self.total = self.total.saturating_add(other.total);
        self.hitters = std::array::from_fn(|i| union.get(i).copied().unwrap_or(Hitter::VACANT));
    }

    /// Returns the total number of occurrences.
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Returns the tracked digests, most frequent first, ties by digest.
    pub fn tracked(&self) -> &[Hitter] {
        let used = self.hitters.partition_point(|hitter| hitter.count > 0);
        &self.hitters[..used]
    }

    /// Returns the counter of `digest`, if it is tracked.
    pub fn find(&self, digest: Digest) -> Option<&Hitter> {
        self.tracked().iter().find(|hitter| hitter.digest == digest)
    }

    /// Returns the maximum number of occurrences of a digest that is not tracked.
    pub fn floor(&self) -> u32 {
        self.hitters[K - 1].count
    }

    pub(super) fn is_valid(&self) -> bool {
        let used = self.tracked().len();
        let (tracked, vacant) = self.hitters.split_at(used);
        self.hitters.is_sorted_by_key(Hitter::rank)
            && tracked.iter().all(|hitter| hitter.error <= hitter.count)
            && vacant.iter().all(|hitter| *hitter == Hitter::VACANT)
            && tracked.iter().enumerate().all(|(i, hitter)| {
                tracked[..i]
                    .iter()
                    .all(|other| other.digest != hitter.digest)
            })
            && tracked
                .iter()
                .map(|hitter| u64::from(hitter.count))
                .sum::<u64>()
                <= self.total
    }
}
