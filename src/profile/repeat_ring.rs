//! The last 32 exchanges, by prompt digest and time: the same prompt again within a minute.
//!
//! Sampling several answers to one prompt (n-best, rejection sampling) shows as the same prompt again within 60
//! seconds after it was answered. A retry after a failed call is benign, and so is asking again after a refusal or an
//! answer that was cut off: both ends of a repeat must have come to a normal stop, or have an outcome that was not
//! logged. The ring also tells which conversation was interrupted by which, and what moved on to another model.

use super::moments::ratio;
use crate::domain::{Observation, Outcome};

/// How many exchanges are remembered.
pub const RING_LENGTH: usize = 32;

const MINUTE_MICROS: u64 = 60_000_000;
const HOUR_MICROS: u64 = 3_600_000_000;
const DAY_MICROS: u64 = 86_400_000_000;

/// One remembered exchange. The order of the fields is the order in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Remembered {
    pub(super) time: i64,
    pub(super) prompt: u64,
    /// 32 bits of the conversation's digest; 0 where it has no name.
    pub(super) conversation: u32,
    /// 16 bits of the model's digest: few enough for the ring to stay small, enough for the few models of an account.
    pub(super) model: u16,
    pub(super) kind: u8,
}

/// What became of a remembered exchange, as far as repeats care.
const VACANT: u8 = 0;
const FAILED: u8 = 1;
const REFUSED: u8 = 2;
const CUT: u8 = 3;
const ANSWERED: u8 = 4;

impl Remembered {
    const NOTHING: Self = Self {
        time: i64::MIN,
        prompt: 0,
        conversation: 0,
        model: 0,
        kind: VACANT,
    };

    fn of(observation: &Observation) -> Self {
        Self {
            time: observation.time.as_micros(),
            prompt: observation.prompt.0,
            conversation: observation.conversation.map_or(0, |name| name.0 as u32),
            model: observation.model.0 as u16,
            kind: match observation.outcome {
                Outcome::Failed => FAILED,
                Outcome::Refused => REFUSED,
                Outcome::Truncated => CUT,
                Outcome::Unknown | Outcome::Answered => ANSWERED,
            },
        }
    }
}

/// How a new exchange stands to the conversations of the last hour, as far as they are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It begins one, or none is named.
    First,
    /// It goes on with the latest.
    Next,
    /// It goes back to one that another had interrupted.
    Return,
}

/// How a new exchange relates to the remembered ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Echo {
    /// Whether this prompt went to another model within a day, and comes to this one for the first time.
    pub(super) other_model: bool,
    /// Whether that other model had refused it.
    pub(super) refused_elsewhere: bool,
    /// How it stands to the remembered conversations.
    pub(super) turn: Turn,
}

/// The ring and its count. The remembered exchanges merge exactly in every order; the count of a merged profile is
/// the sum of its parts' (each account's own repeats), while [`RepeatRing::live_repeats`] looks across members.
/// Update cost: one scan of 32 places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatRing {
    /// Ascending; vacant places first.
    pub(super) places: [Remembered; RING_LENGTH],
    pub(super) exchanges: u64,
    pub(super) repeats: u64,
}

impl RepeatRing {
    pub(super) const fn empty() -> Self {
        Self {
            places: [Remembered::NOTHING; RING_LENGTH],
            exchanges: 0,
            repeats: 0,
        }
    }

    pub(super) fn update(&mut self, observation: &Observation) -> Echo {
        let new = Remembered::of(observation);
        let (mut repeated, mut same_model, mut other_model) = (false, false, false);
        let (mut refused, mut continued, mut latest) = (false, false, 0);
        for old in self.remembered() {
            let apart = new.time.abs_diff(old.time);
            if old.conversation != 0 && old.time <= new.time {
                latest = old.conversation;
                continued |=
                    latest == new.conversation && new.time.abs_diff(old.time) <= HOUR_MICROS;
            }
            if old.prompt == new.prompt {
                repeated |= is_repeat(old, &new);
                let compared = apart <= DAY_MICROS && old.kind != FAILED && new.kind != FAILED;
                same_model |= compared && old.model == new.model;
                other_model |= compared && old.model != new.model;
                refused |= compared && old.model != new.model && old.kind == REFUSED;
            }
        }
        self.exchanges = self.exchanges.saturating_add(1);
        self.repeats = self.repeats.saturating_add(u64::from(repeated));
        self.remember(new);
        Echo {
            other_model: other_model && !same_model,
            refused_elsewhere: refused && !same_model,
            turn: match (continued, latest == new.conversation) {
                (false, _) => Turn::First,
                (true, true) => Turn::Next,
                (true, false) => Turn::Return,
            },
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.exchanges = self.exchanges.saturating_add(other.exchanges);
        self.repeats = self.repeats.saturating_add(other.repeats);
        for &old in other.remembered() {
            self.remember(old);
        }
    }

    /// Share of exchanges that repeat an answered prompt of the last 32 exchanges within 60 seconds; `None` before the
    /// first.
    pub fn repeat_share(&self) -> Option<f64> {
        ratio(self.repeats, self.exchanges)
    }

    /// Remembered exchanges that repeat another remembered one within 60 seconds: in a merged profile, also one of
    /// another member.
    pub fn live_repeats(&self) -> usize {
        let places = self.remembered();
        (1..places.len())
            .filter(|&i| places[..i].iter().any(|old| is_repeat(old, &places[i])))
            .count()
    }

    pub(super) fn is_valid(&self) -> bool {
        let remembered = self.remembered();
        let vacant = &self.places[..RING_LENGTH - remembered.len()];
        self.places.is_sorted()
            && vacant.iter().all(|place| *place == Remembered::NOTHING)
            && remembered
                .iter()
                .all(|old| (FAILED..=ANSWERED).contains(&old.kind))
            && remembered.len() as u64 <= self.exchanges
            && self.repeats <= self.exchanges
    }

    fn remembered(&self) -> &[Remembered] {
        // A real exchange at the earliest time sorts after the vacant places: its kind is larger.
        let vacant = self
            .places
            .partition_point(|place| *place == Remembered::NOTHING);
        &self.places[vacant..]
    }

    /// Keeps the latest 32 by time, then by the other fields.
    fn remember(&mut self, new: Remembered) {
        let at = self.places.partition_point(|old| *old <= new);
        if at > 0 {
            self.places[..at].rotate_left(1);
            self.places[at - 1] = new;
        }
    }
}

const fn is_repeat(old: &Remembered, new: &Remembered) -> bool {
    old.prompt == new.prompt
        && old.kind == ANSWERED
        && new.kind == ANSWERED
        && new.time.abs_diff(old.time) <= MINUTE_MICROS
}
