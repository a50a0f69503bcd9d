//! The last 32 exchanges, by prompt digest and time, to detect the same prompt again within a minute.
//!
//! Sampling several answers to one prompt (n-best, rejection sampling) shows as the same prompt again within 60
//! seconds after it was answered. A retry after a failed call is benign, and so is asking again after a refusal or an
//! answer that was cut off: both exchanges of a repeat must have ended with a normal stop, or have an outcome that was
//! not logged. The ring also shows which conversation interrupted which, and which prompts moved to another model.

use super::moments::ratio;
use crate::domain::{DAY_MICROS, Observation, Outcome};

/// Number of exchanges that are remembered.
pub(crate) const RING_LENGTH: usize = 32;

const MINUTE_MICROS: u64 = 60_000_000;
const HOUR_MICROS: u64 = 3_600_000_000;
/// Time within which another model is asked in reaction to the answer of the first: ten minutes.
const SOON_MICROS: u64 = 600_000_000;

/// One remembered exchange. The order of the fields is the sort order of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Remembered {
    pub(super) time: i64,
    pub(super) prompt: u64,
    /// 32 bits of the conversation's digest; 0 if it has no name.
    pub(super) conversation: u32,
    /// 16 bits of the model's digest: few enough for the ring to stay small, enough for the few models of an account.
    pub(super) model: u16,
    pub(super) kind: u8,
}

/// Kinds of ring entry: vacant, or the outcome as far as it matters for repeats.
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

/// The relation of a new exchange to the named conversations of the last hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It begins a conversation, or none is named.
    First,
    /// It continues the latest conversation.
    Next,
    /// It returns to a conversation that another had interrupted.
    Return,
}

/// The place of a new exchange among those of its prompt within ten minutes, failed ones aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Soon {
    /// The prompt was not asked before.
    First,
    /// It was asked of one model, and now reaches another one.
    Moved {
        /// Whether it was refused when it was first asked.
        after_refusal: bool,
    },
    /// It was asked of this model or of several ones.
    Again,
}

/// The relation of a new exchange to the remembered ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RingMatch {
    /// Whether this prompt went to another model within a day, and reaches this one for the first time.
    pub(super) other_model: bool,
    /// Whether that other model had refused it.
    pub(super) refused_elsewhere: bool,
    /// Whether this model refused the same prompt within the hour before.
    pub(super) refused_here: bool,
    /// The place of this exchange among those of its prompt within ten minutes.
    pub(super) soon: Soon,
    /// Its relation to the remembered conversations.
    pub(super) turn: Turn,
}

/// The ring of exchanges and the count of repeats. The remembered exchanges merge exactly in every order; the count of
/// a merged profile is the sum of its members' counts (each account's own repeats), while [`RepeatRing::live_repeats`]
/// looks across members. Update cost: one scan of 32 entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatRing {
    /// Ascending; vacant entries first.
    pub(super) entries: [Remembered; RING_LENGTH],
    pub(super) exchanges: u64,
    pub(super) repeats: u64,
}

impl RepeatRing {
    pub(super) const fn empty() -> Self {
        Self {
            entries: [Remembered::NOTHING; RING_LENGTH],
            exchanges: 0,
            repeats: 0,
        }
    }

    pub(super) fn update(&mut self, observation: &Observation) -> RingMatch {
        let new = Remembered::of(observation);
        let (mut repeated, mut same_model, mut other_model) = (false, false, false);
        let (mut refused, mut continued, mut latest) = (false, false, 0);
        let (mut refused_here, mut soon) = (false, Soon::First);
        let mut first: Option<&Remembered> = None;
        for old in self.remembered() {
            let apart = new.time.abs_diff(old.time);
            if old.conversation != 0 && old.time <= new.time {
                latest = old.conversation;
                continued |=
                    latest == new.conversation && new.time.abs_diff(old.time) <= HOUR_MICROS;
            }
            if old.prompt == new.prompt {
                repeated |= is_repeat(old, &new);
                let compared =
                    apart <= DAY_MICROS as u64 && old.kind != FAILED && new.kind != FAILED;
                same_model |= compared && old.model == new.model;
                other_model |= compared && old.model != new.model;
                refused |= compared && old.model != new.model && old.kind == REFUSED;
                let earlier = compared && old.time <= new.time;
                refused_here |= earlier
                    && apart <= HOUR_MICROS
                    && old.kind == REFUSED
                    && old.model == new.model;
                if earlier && apart <= SOON_MICROS {
                    let first = first.get_or_insert(old);
                    soon = if old.model == first.model
                        && old.model != new.model
                        && soon != Soon::Again
                    {
                        Soon::Moved {
                            after_refusal: first.kind == REFUSED,
                        }
                    } else {
                        Soon::Again
                    };
                }
            }
        }
        self.exchanges = self.exchanges.saturating_add(1);
        self.repeats = self.repeats.saturating_add(u64::from(repeated));
        self.remember(new);
        RingMatch {
            other_model: other_model && !same_model,
            refused_elsewhere: refused && !same_model,
            refused_here,
            soon,
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

    /// Returns the share of exchanges that repeat an answered prompt of the last 32 exchanges within 60 seconds; `None`
    /// before the first.
    pub fn repeat_share(&self) -> Option<f64> {
        ratio(self.repeats, self.exchanges)
    }

    /// Returns the number of remembered exchanges that repeat another remembered one within 60 seconds; in a merged
    /// profile, also one of another member.
    pub fn live_repeats(&self) -> usize {
        let entries = self.remembered();
        (1..entries.len())
            .filter(|&i| entries[..i].iter().any(|old| is_repeat(old, &entries[i])))
            .count()
    }

    pub(super) fn is_valid(&self) -> bool {
        let remembered = self.remembered();
        let vacant = &self.entries[..RING_LENGTH - remembered.len()];
        self.entries.is_sorted()
            && vacant.iter().all(|entry| *entry == Remembered::NOTHING)
            && remembered
                .iter()
                .all(|old| (FAILED..=ANSWERED).contains(&old.kind))
            && remembered.len() as u64 <= self.exchanges
            && self.repeats <= self.exchanges
    }

    fn remembered(&self) -> &[Remembered] {
        // A real exchange at the earliest time sorts after the vacant entries, because its kind is larger.
        let vacant = self
            .entries
            .partition_point(|entry| *entry == Remembered::NOTHING);
        &self.entries[vacant..]
    }

    /// Inserts an exchange and keeps the latest 32 by time, then by the other fields.
    fn remember(&mut self, new: Remembered) {
        let at = self.entries.partition_point(|old| *old <= new);
        if at > 0 {
            self.entries[..at].rotate_left(1);
            self.entries[at - 1] = new;
        }
    }
}

const fn is_repeat(old: &Remembered, new: &Remembered) -> bool {
    old.prompt == new.prompt
        && old.kind == ANSWERED
        && new.kind == ANSWERED
        && new.time.abs_diff(old.time) <= MINUTE_MICROS
}
