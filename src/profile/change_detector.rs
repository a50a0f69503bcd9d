//! Whether the account still asks what it used to ask: a change against its own past, such as a takeover.
//!
//! A bag of 64 earlier requests, each as 64 signs of random projections ([`signs`]). A new request joins the bag; its
//! strangeness is the sum of its distances to its sixteen nearest, and its p-value the smoothed rank of that among the
//! same sums of all in the bag (a transductive conformal p-value: Vovk, Gammerman and Shafer, *Algorithmic Learning in
//! a Random World*, 2005). Then one of the bag, the new one included, leaves by lot. Because the lot knows neither age
//! nor rank, the p-values of an exchangeable account are independent and uniform, which a sample fixed once would not
//! give: it would be strange in its own way for ever, and an account be blamed for that.
//!
//! Each p-value is a bet with wealth factor `e(p)`, of mean 1. Shiryaev and Roberts' sum over all starting points
//! `R <- (R + 1) e(p)` has mean `n` after `n` requests, so that its first time above a level has a mean of at least
//! the level (e-detectors: Shin, Ramdas and Rinaldo, *New England Journal of Statistics in Data Science* 2024). One sum
//! bets on requests being stranger than their past, one on their being more alike (a sweep that begins in a varied
//! account); their mean is an e-detector again.
//!
//! Where conversations are named, only the first request of each joins: a session of like turns is one request, or
//! every new session would be a change.
//!
//! What it is not: guilt. Benign accounts change their subject too, and without names sessions are no exchangeable
//! stream. It looks back over some 64 requests and sees a change as long as about half of them are from before.

use super::random_features::{FEATURE_DIM, FREQUENCIES, Features};
use crate::domain::Digest;
use crate::statistics::splitmix::mix;

/// Requests that are compared with.
pub const PAST_LENGTH: usize = 64;

/// The mean number of requests compared to an alarm, of an account whose requests come in no particular order, is at
/// least this. In simulation it is about 18,000.
pub const RUN_LENGTH: f64 = 5_000.0;

/// Requests in the bag before the first comparison.
const PAST_NEEDED: usize = 32;
/// Neighbours whose distance counts.
const NEIGHBOURS: u32 = 16;
/// Places that sign patterns can differ in, and one: the number of distances.
const DISTANCES: usize = u64::BITS as usize + 1;

/// Evidence for one kind of change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evidence {
    /// Shiryaev and Roberts' sum.
    pub(super) sum: f64,
    /// The largest of its products, which says where the change most likely began.
    pub(super) product: f64,
    /// The exchange that product begins at.
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

    /// The stronger of two members.
    fn merge(&mut self, other: &Self) {
        let key = |evidence: &Self| {
            (
                evidence.sum.to_bits(),
                evidence.product.to_bits(),
                evidence.since,
            )
        };
        // Bits of numbers that are not negative are in the order of the numbers.
        if key(other) > key(self) {
            *self = *other;
        }
    }

    fn is_valid(&self) -> bool {
        let number = |value: f64| value.is_finite() && value.is_sign_positive();
        number(self.sum) && number(self.product)
    }
}

/// Bag and evidence. Of merged profiles the bag is a sample of both, evidence and change are those of the member that
/// has more: exact in every order, but a merged profile is not the profile of the streams joined, for whose past would
/// it be? Update cost: half of 65 times 64 differences of two words, some microseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeDetector {
    /// Sign patterns in ascending order of their hash, the rest vacant.
    pub(super) bag: [u64; PAST_LENGTH],
    pub(super) length: u64,
    pub(super) stranger: Evidence,
    pub(super) more_alike: Evidence,
    /// The exchange that the latest change began at; 0 for none.
    pub(super) changed_at: u64,
}

impl ChangeDetector {
    pub(super) const fn empty() -> Self {
        Self {
            bag: [0; PAST_LENGTH],
            length: 0,
            stranger: Evidence::NONE,
            more_alike: Evidence::NONE,
            changed_at: 0,
        }
    }

    /// Takes in exchange number `seen`, with its [`signs`]. Its `prompt`, a keyed digest, draws the lots.
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
        self.stranger.merge(&other.stranger);
        self.more_alike.merge(&other.more_alike);
        self.changed_at = self.changed_at.max(other.changed_at);
    }

    /// The exchange from which on requests were unlike the account's earlier ones, at the latest alarm; `None` where
    /// there was none.
    pub fn changed_at(&self) -> Option<u64> {
        (self.changed_at > 0).then_some(self.changed_at)
    }

    /// Whether there is a past to compare with.
    pub const fn is_known(&self) -> bool {
        self.length > PAST_NEEDED as u64
    }

    pub(super) fn is_valid(&self) -> bool {
        self.length <= PAST_LENGTH as u64
            && self.kept().is_sorted_by_key(|signs| mix(*signs))
            && self.bag[self.length as usize..]
                .iter()
                .all(|signs| *signs == 0)
            && self.stranger.is_valid()
            && self.more_alike.is_valid()
    }

    fn kept(&self) -> &[u64] {
        &self.bag[..self.length as usize]
    }

    /// Bets on the last of `bag` among all of it, and raises the alarm.
    fn compare(&mut self, bag: &[u64], tie: f64, seen: u64) {
        let strange = strangeness(bag);
        let newest = strange[bag.len() - 1];
        let (mut above, mut equal) = (0_u32, 0_u32);
        for other in &strange[..bag.len()] {
            above += u32::from(*other > newest);
            equal += u32::from(*other == newest);
        }
        if equal as usize == bag.len() {
            // The same request over and over: the lot alone would speak.
            return;
        }
        let p = (f64::from(above) + tie * f64::from(equal)) / bag.len() as f64;
        self.stranger.bet(p, seen);
        self.more_alike.bet(1.0 - p, seen);
        if f64::midpoint(self.stranger.sum, self.more_alike.sum) >= RUN_LENGTH {
            let strongest = if self.stranger.sum > self.more_alike.sum {
                self.stranger
            } else {
                self.more_alike
            };
            self.changed_at = strongest.since;
            (self.stranger, self.more_alike) = (Evidence::NONE, Evidence::NONE);
        }
    }

    fn insert(&mut self, signs: u64) {
        let length = self.length as usize;
        let at = self.kept().partition_point(|kept| mix(*kept) <= mix(signs));
        self.bag[at..=length].rotate_right(1);
        self.bag[at] = signs;
        self.length += 1;
    }

    /// Of the full bag and one more, the one at place `leaving` goes; the last place is the new one.
    fn replace(&mut self, signs: u64, leaving: usize) {
        if leaving < PAST_LENGTH {
            self.bag[leaving..].rotate_left(1);
            self.length -= 1;
            self.insert(signs);
        }
    }
}

/// The signs of a request's projections on the 64 frequencies of the wide kernel, as the sines have them: within half a
/// turn, where nearly all projections are, a sine has the sign of its angle. Two requests differ in about the share
/// `angle / pi` of them (`SimHash`: Charikar, STOC 2002).
pub(super) fn signs(features: &Features) -> u64 {
    let wide = &features[FEATURE_DIM - FREQUENCIES / 2..];
    wide.iter()
        .fold(0, |signs, sine| signs << 1 | u64::from(*sine < 0.0))
}

/// Of each in the bag, the sum of its distances to its sixteen nearest others.
fn strangeness(bag: &[u64]) -> [u32; PAST_LENGTH + 1] {
    let mut at_distance = [[0_u8; DISTANCES]; PAST_LENGTH + 1];
    for (place, signs) in bag.iter().enumerate() {
        for (other, others) in bag[..place].iter().enumerate() {
            let distance = (signs ^ others).count_ones() as usize;
            at_distance[place][distance] += 1;
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

/// The mean of `k p^(k - 1)` over `k` of 1/2 and 1/4: each has a mean of 1 over uniform `p`. Only square roots, which
/// are the same on every machine.
fn wealth(p: f64) -> f64 {
    // No rank is better than a ten-thousandth of a place: keeps the factor finite.
    let root = p.max(1e-6).sqrt();
    f64::midpoint(0.5 / root, 0.25 / (root * root.sqrt()))
}

/// In (0, 1), from the upper 52 bits.
fn uniform(lot: u64) -> f64 {
    ((lot >> 12) as f64 + 0.5) / 4_503_599_627_370_496.0
}

#[cfg(test)]
mod tests;
