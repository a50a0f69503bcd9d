//! Detection of a change in what an account asks, relative to its own past, such as a takeover.
//!
//! The detector keeps a bag of 64 earlier requests, each as the signs of 64 random projections ([`signs`]). A new
//! request joins the bag. Its nonconformity score is the sum of its distances to its sixteen nearest neighbours, and
//! its p-value the smoothed rank of that score among the scores of all in the bag (a transductive conformal p-value:
//! Vovk, Gammerman and Shafer, *Algorithmic Learning in a Random World*, 2005). Then one member of the bag, possibly
//! the new one, is removed at random. Because the draw depends on neither age nor rank, the p-values of an exchangeable
//! account are independent and uniform. A sample fixed once would not give that: it would stay atypical in its own way,
//! and the account would be blamed for it.
//!
//! Each p-value is a bet with wealth factor `e(p)`, of mean 1. The Shiryaev-Roberts sum over all starting points
//! `R <- (R + 1) e(p)` has mean `n` after `n` requests, so that its first time above a level has a mean of at least
//! the level (e-detectors: Shin, Ramdas and Rinaldo, *New England Journal of Statistics in Data Science* 2024). One sum
//! bets on requests being less similar to their past, one on their being more similar (a sweep that begins in a varied
//! account); their mean is an e-detector again.
//!
//! If conversations are named, only the first request of each joins: a session of similar turns counts as one request,
//! or every new session would be a change.
//!
//! A change is no proof of guilt. Benign accounts change their subject too, and without names sessions are not an
//! exchangeable stream. The detector looks back over some 64 requests and sees a change as long as about half of them
//! are from before it.

use super::random_features::{FEATURE_DIM, FREQUENCIES, Features};
use crate::domain::Digest;
use crate::statistics::splitmix::mix;

/// Number of earlier requests in the bag.
pub(crate) const PAST_LENGTH: usize = 64;

/// Lower bound on the mean number of compared requests between false alarms, for an account whose requests come in no
/// particular order. In simulation the mean is about 18,000.
pub(crate) const RUN_LENGTH: f64 = 5_000.0;

/// Number of requests in the bag before the first comparison.
const PAST_NEEDED: usize = 32;
/// Number of nearest neighbours whose distances count.
const NEIGHBOURS: u32 = 16;
/// Number of possible distances: one more than the number of signs.
const DISTANCES: usize = u64::BITS as usize + 1;

/// Evidence for one kind of change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evidence {
    /// The Shiryaev-Roberts sum.
    pub(super) sum: f64,
    /// The largest product in the sum, which shows where the change most likely began.
    pub(super) product: f64,
    /// The exchange at which that product begins.
    pub(super) since: u64,
}

impl Evidence {
    const NONE: Self = Self {
        sum: 0.0,
        product: 0.0,
        since: 0,
    };

    fn bet(&mut self, p: f64, exchange: u64) {
        let factor = wealth(p);
        self.sum = (self.sum + 1.0) * factor;
        if self.product <= 1.0 {
            (self.product, self.since) = (1.0, exchange);
        }
        self.product *= factor;
    }

    /// Keeps the stronger evidence of two members.
    fn merge(&mut self, other: &Self) {
        let key = |evidence: &Self| {
            (
                evidence.sum.to_bits(),
                evidence.product.to_bits(),
                evidence.since,
            )
        };
        // The bit patterns of nonnegative floats are ordered like the numbers.
        if key(other) > key(self) {
            *self = *other;
        }
    }

    fn is_valid(&self) -> bool {
        let number = |value: f64| value.is_finite() && value.is_sign_positive();
        number(self.sum) && number(self.product)
    }
}

/// The bag of earlier requests and the evidence of a change. In a merged profile the bag is a sample of both, and
/// evidence and change are those of the member that has more. This is exact in every order, but a merged profile is not
/// the profile of the joined streams, since it is undefined whose past that would be. Update cost: half of 65 times 64
/// differences of two words, some microseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeDetector {
    /// Sign patterns in ascending order of their hash; the rest is vacant.
    pub(super) bag: [u64; PAST_LENGTH],
    pub(super) length: u64,
    pub(super) dissimilar: Evidence,
    pub(super) similar: Evidence,
    /// The exchange at which the latest change began; 0 if there was none.
    pub(super) changed_at: u64,
}

impl ChangeDetector {
    pub(super) const fn empty() -> Self {
        Self {
            bag: [0; PAST_LENGTH],
            length: 0,
            dissimilar: Evidence::NONE,
            similar: Evidence::NONE,
            changed_at: 0,
        }
    }

    /// Updates the detector with exchange number `seen`, given its [`signs`]. The keyed digest `prompt` seeds the
    /// random draw.
    pub(super) fn update(&mut self, signs: u64, prompt: Digest, seen: u64) {
        let lot = mix(prompt.0 ^ mix(seen));
        let before = self.length as usize;
        let mut bag = [0; PAST_LENGTH + 1];
        bag[..before].copy_from_slice(&self.bag[..before]);
        bag[before] = signs;
        if before >= PAST_NEEDED {
            self.compare(&bag[..=before], uniform(lot), seen);
        }
        if before < PAST_LENGTH {
            self.insert(signs);
        } else {
            self.replace(signs, (mix(lot) % (PAST_LENGTH as u64 + 1)) as usize);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        let mut both = [0; 2 * PAST_LENGTH];
        let (own, others) = (self.kept().len(), other.kept().len());
        both[..own].copy_from_slice(self.kept());
        both[own..own + others].copy_from_slice(other.kept());
        let both = &mut both[..own + others];
        both.sort_unstable_by_key(|signs| mix(*signs));
        let kept = both.len().min(PAST_LENGTH);
        self.bag[..kept].copy_from_slice(&both[..kept]);
        self.length = kept as u64;
        self.dissimilar.merge(&other.dissimilar);
        self.similar.merge(&other.similar);
        self.changed_at = self.changed_at.max(other.changed_at);
    }

    /// Returns the exchange from which on, as of the latest alarm, requests differed from the account's earlier ones;
    /// `None` if there was no alarm.
    pub fn changed_at(&self) -> Option<u64> {
        (self.changed_at > 0).then_some(self.changed_at)
    }

    /// Returns whether there is enough history to compare with.
    pub const fn is_known(&self) -> bool {
        self.length > PAST_NEEDED as u64
    }

    pub(super) fn is_valid(&self) -> bool {
        self.length <= PAST_LENGTH as u64
            && self.kept().is_sorted_by_key(|signs| mix(*signs))
            && self.bag[self.length as usize..]
                .iter()
                .all(|signs| *signs == 0)
            && self.dissimilar.is_valid()
            && self.similar.is_valid()
    }

    fn kept(&self) -> &[u64] {
        &self.bag[..self.length as usize]
    }

    /// Bets on the last element of `bag` among all of them, and raises the alarm if due.
    fn compare(&mut self, bag: &[u64], tie: f64, seen: u64) {
        let scores = nonconformity(bag);
        let newest = scores[bag.len() - 1];
        let (mut above, mut equal) = (0_u32, 0_u32);
        for other in &scores[..bag.len()] {
            above += u32::from(*other > newest);
            equal += u32::from(*other == newest);
        }
        if equal as usize == bag.len() {
            // The same request over and over: only the random tie-break would decide.
            return;
        }
        let p = (f64::from(above) + tie * f64::from(equal)) / bag.len() as f64;
        self.dissimilar.bet(p, seen);
        self.similar.bet(1.0 - p, seen);
        if f64::midpoint(self.dissimilar.sum, self.similar.sum) >= RUN_LENGTH {
            let strongest = if self.dissimilar.sum > self.similar.sum {
                self.dissimilar
            } else {
                self.similar
            };
            self.changed_at = strongest.since;
            (self.dissimilar, self.similar) = (Evidence::NONE, Evidence::NONE);
        }
    }

    fn insert(&mut self, signs: u64) {
        let length = self.length as usize;
        let at = self.kept().partition_point(|kept| mix(*kept) <= mix(signs));
        self.bag[at..=length].rotate_right(1);
        self.bag[at] = signs;
        self.length += 1;
    }

    /// Removes the element at index `leaving` from the full bag plus the new element, which has the last index.
    fn replace(&mut self, signs: u64, leaving: usize) {
        if leaving < PAST_LENGTH {
            self.bag[leaving..].rotate_left(1);
            self.length -= 1;
            self.insert(signs);
        }
    }
}

/// Returns the signs of a request's projections on the 64 frequencies of the wide kernel, taken from the sines: within
/// half a turn, where nearly all projections are, a sine has the sign of its angle. Two requests differ in a share of
/// about `angle / pi` of them (`SimHash`: Charikar, STOC 2002).
pub(super) fn signs(features: &Features) -> u64 {
    let wide = &features[FEATURE_DIM - FREQUENCIES / 2..];
    wide.iter()
        .fold(0, |signs, sine| signs << 1 | u64::from(*sine < 0.0))
}

/// Returns the nonconformity score of each element of the bag: the sum of its distances to its sixteen nearest
/// neighbours.
fn nonconformity(bag: &[u64]) -> [u32; PAST_LENGTH + 1] {
    let mut at_distance = [[0_u8; DISTANCES]; PAST_LENGTH + 1];
    for (index, signs) in bag.iter().enumerate() {
        for (other, others) in bag[..index].iter().enumerate() {
            let distance = (signs ^ others).count_ones() as usize;
            at_distance[index][distance] += 1;
            at_distance[other][distance] += 1;
        }
    }
    at_distance.map(|counts| nearest_sum(&counts))
}

fn nearest_sum(counts: &[u8; DISTANCES]) -> u32 {
    let (mut wanted, mut sum) = (NEIGHBOURS, 0);
    for (distance, count) in (0..).zip(counts) {
        let taken = wanted.min(u32::from(*count));
        sum += taken * distance;
        wanted -= taken;
        if wanted == 0 {
            break;
        }
    }
    sum
}

/// Returns the mean of `k p^(k - 1)` over `k` of 1/2 and 1/4: each has a mean of 1 over uniform `p`. It takes only
/// square roots, which are the same on every machine.
fn wealth(p: f64) -> f64 {
    // No rank is better than a ten-thousandth of one position: this keeps the factor finite.
    let root = p.max(1e-6).sqrt();
    f64::midpoint(0.5 / root, 0.25 / (root * root.sqrt()))
}

/// Returns a number in (0, 1), from the upper 52 bits of `lot`.
fn uniform(lot: u64) -> f64 {
    ((lot >> 12) as f64 + 0.5) / 4_503_599_627_370_496.0
}

#[cfg(test)]
mod tests;
