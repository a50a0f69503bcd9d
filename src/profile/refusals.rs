//! What an account tries after a refusal: the same in other words, or something that reads as an extraction.
//!
//! A share of refusals alone accuses the curious and those whose benign subject triggers a filter. Probing shows in
//! what was refused and in what came next: an extraction, by the provider's word for it or else by its text; in many
//! phrasings; then nearly the same request in another wording.

use super::moments::{FixedSum, count_if};
use super::small_count::SmallCount;
use crate::domain::{Observation, Outcome, RefusalCategory};

/// Number of refused requests that are remembered.
pub(super) const REFUSED_LENGTH: usize = 4;

const HOUR_MICROS: u64 = 3_600_000_000;

/// Maximum number of the 64 signs that may differ between requests that are nearly the same: a cosine of about 0.8.
const SIGNS_APART_MAX: u32 = 13;

/// Probability of the strongest intent from which a refused request is an extraction if no category is given.
const INTENT_MIN: f32 = 0.5;

/// One refused request. The order of the fields is the sort order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Refused {
    pub(super) time: i64,
    pub(super) signs: u64,
    pub(super) skeleton: u64,
}

impl Refused {
    const NOTHING: Self = Self {
        time: i64::MIN,
        signs: 0,
        skeleton: 0,
    };
}

/// The latest refused requests and sums over all. Everything but two counts merges exactly in every order; rewordings
/// and retries are counted in each account's own order and add. Update cost: four comparisons and a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals {
    /// Ascending; vacant entries first.
    pub(super) latest: [Refused; REFUSED_LENGTH],
    pub(super) reworded: u64,
    /// Sum of the strongest intent over refused requests.
    pub(super) intent: FixedSum,
    /// Refused exchanges with a category, and those of them that are extractions by it.
    pub(super) categorised: u32,
    pub(super) named_extraction: u32,
    /// Refused exchanges that are extractions by their category or, without one, by their text; and their skeletons.
    pub(super) extraction: u32,
    pub(super) phrasings: SmallCount,
    pub(super) retried: u32,
}

impl Refusals {
    pub(super) const fn empty() -> Self {
        Self {
            latest: [Refused::NOTHING; REFUSED_LENGTH],
            reworded: 0,
            intent: FixedSum::ZERO,
            categorised: 0,
            named_extraction: 0,
            extraction: 0,
            phrasings: SmallCount::ZERO,
            retried: 0,
        }
    }

    /// Updates the counts with one exchange; `signs` is `None` if it has no text, and `retried` tells whether its model
    /// refused the same prompt within the hour before.
    pub(super) fn update(&mut self, observation: &Observation, signs: Option<u64>, retried: bool) {
        count_if(&mut self.retried, retried);
        let refused = observation.outcome == Outcome::Refused;
        if refused {
            self.classify(observation);
        }
        let Some(signs) = signs else { return };
        let new = Refused {
            time: observation.time.as_micros(),
            signs,
            skeleton: observation.skeleton.0,
        };
        let reworded = self.latest.iter().any(|old| is_reworded(old, &new));
        self.reworded = self.reworded.saturating_add(u64::from(reworded));
        if refused {
            self.remember(new);
        }
    }

    fn classify(&mut self, observation: &Observation) {
        let (_, intent) = observation.cues.strongest_intent();
        self.intent.add(f64::from(intent));
        let category = observation.origin.refusal_category;
        let named = category == Some(RefusalCategory::Extraction);
        count_if(&mut self.categorised, category.is_some());
        count_if(&mut self.named_extraction, named);
        if named || (category.is_none() && intent >= INTENT_MIN) {
            count_if(&mut self.extraction, true);
            self.phrasings.insert(observation.skeleton);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (own, other) in [
            (&mut self.categorised, other.categorised),
            (&mut self.named_extraction, other.named_extraction),
            (&mut self.extraction, other.extraction),
            (&mut self.retried, other.retried),
        ] {
            *own = own.saturating_add(other);
        }
        self.phrasings.merge(other.phrasings);
        self.reworded = self.reworded.saturating_add(other.reworded);
        self.intent.merge(other.intent);
        for old in other.latest {
            self.remember(old);
        }
    }

    /// Returns the number of exchanges within an hour of a refused one that are similar to it in another wording. A
    /// refill of one template is not another wording.
    pub const fn reworded(&self) -> u64 {
        self.reworded
    }

    /// Returns the sum over refused exchanges of the probability of their strongest intent.
    pub fn intent(&self) -> f64 {
        self.intent.value()
    }

    /// Returns the number of refused exchanges that the provider's category calls extractions; `None` if no refusal has
    /// a category.
    pub fn named_extraction(&self) -> Option<u32> {
        (self.categorised > 0).then_some(self.named_extraction)
    }

    /// Returns the number of refused exchanges that are extractions by their category or, without one, by their text.
    pub const fn extraction(&self) -> u32 {
        self.extraction
    }

    /// Returns the estimated number of different skeletons among [`Refusals::extraction`].
    pub fn phrasings(&self) -> f64 {
        self.phrasings.estimate()
    }

    /// Returns the number of exchanges that ask a model again, within an hour, what it had refused in the same words.
    /// Looks back over the last 32 exchanges.
    pub const fn retried(&self) -> u32 {
        self.retried
    }

    pub(super) fn is_valid(&self) -> bool {
        self.latest.is_sorted()
            && self.intent.0 >= 0
            && self.named_extraction <= self.categorised
            && self.named_extraction <= self.extraction
    }

    /// Inserts a refused request and drops the oldest.
    fn remember(&mut self, new: Refused) {
        let at = self.latest.partition_point(|old| *old <= new);
        if at > 0 {
            self.latest[..at].rotate_left(1);
            self.latest[at - 1] = new;
        }
    }
}

/// Returns whether `new` rewords `old`. A vacant entry is too old to be reworded by any but the earliest times, which
/// no log has.
const fn is_reworded(old: &Refused, new: &Refused) -> bool {
    old.skeleton != new.skeleton
        && new.time.abs_diff(old.time) <= HOUR_MICROS
        && (old.signs ^ new.signs).count_ones() <= SIGNS_APART_MAX
}
