//! Which models an account asks, and how it moves between them.
//!
//! Benign developers move most of their calls to a new model on the day of its release, so a move alone means
//! nothing. A comparison or an extraction sends the same prompt to several models within a day.

use super::moments::ratio;
use super::repeat_ring::{RingMatch, Soon};
use super::space_saving::SpaceSaving;
use crate::domain::{Observation, Outcome};

/// Refused prompts below which no reaction to refusals is known.
const REFUSALS_NEEDED: u32 = 3;

/// Prompts by the outcome of the first time that they were asked, and those of them that reached another model within
/// ten minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reaction {
    pub(super) prompts: u32,
    pub(super) moved: u32,
}

impl Reaction {
    const NONE: Self = Self {
        prompts: 0,
        moved: 0,
    };

    fn merge(&mut self, other: Self) {
        self.prompts = self.prompts.saturating_add(other.prompts);
        self.moved = self.moved.saturating_add(other.moved);
    }

    /// Returns the share of the prompts that moved; 0 if there are none.
    fn share(self) -> f64 {
        // A prompt that is asked for more than ten minutes moves once, but may count as asked under another outcome.
        ratio(u64::from(self.moved), u64::from(self.prompts)).map_or(0.0, |share| share.min(1.0))
    }
}

/// Counts of models, switches and shared prompts. Counts of models merge as [`SpaceSaving`] describes; the other counts
/// add, so a merged profile has the switches of its members and not those between them. Exchanges with exactly the same
/// time are taken in order of arrival. Update cost: one scan of 4 counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelMix {
    pub(super) models: SpaceSaving<4>,
    /// Time and model of the latest exchange.
    pub(super) latest: (i64, u64),
    pub(super) switches: u64,
    pub(super) prompts_moved: u64,
    pub(super) refusals_moved: u64,
    pub(super) after_refusal: Reaction,
    pub(super) after_answer: Reaction,
}

impl ModelMix {
    pub(super) const fn empty() -> Self {
        Self {
            models: SpaceSaving::empty(),
            latest: (i64::MIN, 0),
            switches: 0,
            prompts_moved: 0,
            refusals_moved: 0,
            after_refusal: Reaction::NONE,
            after_answer: Reaction::NONE,
        }
    }

    pub(super) fn update(&mut self, observation: &Observation, ring_match: RingMatch) {
        let new = (observation.time.as_micros(), observation.model.0);
        let follows = self.models.total() > 0 && new.0 >= self.latest.0;
        let switched = follows && new.1 != self.latest.1;
        self.switches = self.switches.saturating_add(u64::from(switched));
        self.prompts_moved = self
            .prompts_moved
            .saturating_add(u64::from(ring_match.other_model));
        self.refusals_moved = self
            .refusals_moved
            .saturating_add(u64::from(ring_match.refused_elsewhere));
        let (refused, counted) = match ring_match.soon {
            Soon::First => {
                let asked = Reaction {
                    prompts: 1,
                    moved: 0,
                };
                (observation.outcome == Outcome::Refused, asked)
            }
            Soon::Moved { after_refusal } => (
                after_refusal,
                Reaction {
                    prompts: 0,
                    moved: 1,
                },
            ),
            Soon::Again => (false, Reaction::NONE),
        };
        if refused {
            self.after_refusal.merge(counted);
        } else {
            self.after_answer.merge(counted);
        }
        if follows || self.models.total() == 0 {
            self.latest = new;
        }
        self.models.update(observation.model);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.models.merge(&other.models);
        self.latest = self.latest.max(other.latest);
        self.switches = self.switches.saturating_add(other.switches);
        self.prompts_moved = self.prompts_moved.saturating_add(other.prompts_moved);
        self.refusals_moved = self.refusals_moved.saturating_add(other.refusals_moved);
        self.after_refusal.merge(other.after_refusal);
        self.after_answer.merge(other.after_answer);
    }

    /// Returns the models asked most.
    pub const fn models(&self) -> &SpaceSaving<4> {
        &self.models
    }

    /// Returns the share of the exchanges whose model differs from the one before; `None` before the first.
    pub fn switch_share(&self) -> Option<f64> {
        ratio(self.switches, self.models.total())
    }

    /// Returns the share of the exchanges that sent a prompt to one more model within a day of asking another, ignoring
    /// failed calls; `None` before the first. Looks back over the last 32 exchanges.
    pub fn moved_share(&self) -> Option<f64> {
        ratio(self.prompts_moved, self.models.total())
    }

    /// Returns the share of the exchanges that send to another model, within a day, a prompt that one had refused;
    /// `None` before the first. Looks back over the last 32 exchanges.
    pub fn refusal_moved_share(&self) -> Option<f64> {
        ratio(self.refusals_moved, self.models.total())
    }

    /// Returns by how much more often a prompt goes to another model within ten minutes when the first one refused it
    /// than when it was answered, as a difference of two shares from 0 to 1; `None` for fewer than three refused
    /// prompts. Sending every prompt to several models side by side gives 0. Looks back over the last 32 exchanges.
    pub fn switched_after_refusal(&self) -> Option<f64> {
        let excess = self.after_refusal.share() - self.after_answer.share();
        (self.after_refusal.prompts >= REFUSALS_NEEDED).then(|| excess.max(0.0))
    }

    pub(super) fn is_valid(&self) -> bool {
        self.models.is_valid()
            && self.switches <= self.models.total()
            && self.prompts_moved <= self.models.total()
            && self.refusals_moved <= self.prompts_moved
    }
}
