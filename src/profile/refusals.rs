//! What an account tries after a refusal: the same in other words, or something that reads as an extraction.
//!
//! A share of refusals alone accuses the curious and those whose benign subject triggers a filter. Probing shows in
//! what was refused and in what came next: an extraction by its text, then nearly the same request in another wording.

use super::moments::FixedSum;
use crate::domain::{Observation, Outcome};

/// Number of refused requests that are remembered.
pub(super) const REFUSED_LENGTH: usize = 4;

const HOUR_MICROS: u64 = 3_600_000_000;

/// Maximum number of the 64 signs that may differ between requests that are nearly the same: a cosine of about 0.8.
const SIGNS_APART_MAX: u32 = 13;

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

/// The latest refused requests and two sums. The requests and the intent merge exactly in every order; rewordings are
/// counted in each account's own order and add. Update cost: four comparisons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals {
    /// Ascending; vacant entries first.
    pub(super) latest: [Refused; REFUSED_LENGTH],
    pub(super) reworded: u64,
    /// Sum of the strongest intent over refused requests.
    pub(super) intent: FixedSum,
}

impl Refusals {
    pub(super) const fn empty() -> Self {
        Self {
            latest: [Refused::NOTHING; REFUSED_LENGTH],
            reworded: 0,
            intent: FixedSum::ZERO,
        }
    }

    /// Updates the counts with one exchange; `signs` is `None` if it has no text.
    pub(super) fn update(&mut self, observation: &Observation, signs: Option<u64>) {
        let refused = observation.outcome == Outcome::Refused;
        if refused {
            let (_, intent) = observation.cues.strongest_intent();
            self.intent.add(f64::from(intent));
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

    pub(super) fn merge(&mut self, other: &Self) {
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

    pub(super) fn is_valid(&self) -> bool {
        self.latest.is_sorted() && self.intent.0 >= 0
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
