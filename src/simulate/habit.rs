//! Which model an account asks, and when it changes.

use super::dice::Dice;
use super::permutation::Permutation;
use super::population::Population;
use super::priors::{
    CONSUMER_MODELS, CONSUMER_SWITCHES_PERCENT, DEVELOPER_MODELS, DEVELOPER_NEW_MODEL_SHARE,
    DEVELOPER_SWITCHES_PERCENT,
};
use super::scenario::Model;
use crate::domain::Timestamp;

const DAY_SECONDS: f64 = 86_400.0;

/// Share of the developers that move to a new model by themselves (an assumption: a third of the traced clients met
/// no release).
const DEVELOPERS_FOLLOW: f64 = 0.8;

/// Mean number of requests on one side while an account tries a new model beside the old one.
const TRIAL_REQUESTS: f64 = 30.0;

/// Which model an account asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Habit {
    /// One model, by position.
    Pinned(usize),
    /// The newest release, `delay_seconds` after it came out.
    Newest { delay_seconds: f64 },
    /// The newest release until a guard appears, then the one before it.
    Retreating {
        guard: Timestamp,
        delay_seconds: f64,
    },
    /// A few favourites; changes among them with this probability at each request.
    Roaming {
        favourites: usize,
        switch: f64,
        seed: u64,
        adopts: Option<Adoption>,
    },
}

/// How an account that has favourites takes up a new release.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Adoption {
    delay_seconds: f64,
    /// Share of its requests that the new model gets in the first day.
    share: f64,
}

impl Habit {
    /// Moves to each release after a delay with this mean.
    pub(super) fn released_within(mean_seconds: f64, dice: &mut Dice) -> Self {
        Self::Newest {
            delay_seconds: dice.exponential(mean_seconds),
        }
    }

    /// Moves to each release within hours, and back when a guard appears on it.
    pub(super) fn retreating(guard: Timestamp, dice: &mut Dice) -> Self {
        Self::Retreating {
            guard,
            delay_seconds: dice.exponential(6.0 * 3_600.0),
        }
    }

    /// The habit of an honest account: tenants pin, developers move on release day, consumers roam.
    pub(super) fn honest(
        population: Population,
        models: &[Model],
        start: Timestamp,
        dice: &mut Dice,
    ) -> Self {
        let pinned = |dice: &mut Dice| Self::Pinned(dice.below(released(models, start)));
        match population {
            Population::Consumer | Population::Classroom | Population::Reseller => {
                // Who switches often uses many models: one draw for both, so that who never switches has one.
                let restless = dice.unit();
                Self::Roaming {
                    favourites: CONSUMER_MODELS.at(restless).round() as usize,
                    switch: CONSUMER_SWITCHES_PERCENT.at(restless) / 100.0,
                    seed: dice.seed(),
                    adopts: None,
                }
            }
            Population::Developer | Population::Heavy => {
                let restless = dice.unit();
                let models = DEVELOPER_MODELS.at(restless).round() as usize;
                let follows = models > 1 && dice.chance(DEVELOPERS_FOLLOW);
                Self::Roaming {
                    // The release that it takes up is one of its models.
                    favourites: models - usize::from(follows),
                    switch: DEVELOPER_SWITCHES_PERCENT.at(restless) / 100.0,
                    seed: dice.seed(),
                    adopts: follows.then(|| Adoption {
                        delay_seconds: dice.exponential(8.0 * 3_600.0),
                        share: DEVELOPER_NEW_MODEL_SHARE.draw(dice),
                    }),
                }
            }
            Population::Evaluator if dice.chance(0.5) => Self::Roaming {
                favourites: models.len(),
                switch: 0.05,
                seed: dice.seed(),
                adopts: None,
            },
            Population::Organisation | Population::Tenant if dice.chance(0.2) => Self::Newest {
                // An alias moves at once, a pinned version after some tests.
                delay_seconds: if dice.chance(0.5) {
                    0.0
                } else {
                    dice.exponential(5.0 * DAY_SECONDS)
                },
            },
            _ => pinned(dice),
        }
    }
}

/// Follows a habit through time.
pub(super) struct Chooser {
    habit: Habit,
    /// Favourite in use.
    slot: usize,
    /// Newest release that is known, and since when.
    newest: Option<(usize, Timestamp)>,
    /// Requests left on one side of a trial, and whether that side is the new model.
    trial: (u32, bool),
}

impl Chooser {
    pub(super) const fn new(habit: Habit) -> Self {
        Self {
            habit,
            slot: 0,
            newest: None,
            trial: (0, true),
        }
    }

    /// Position of the model that is asked at `now`.
    pub(super) fn choose(&mut self, models: &[Model], now: Timestamp, dice: &mut Dice) -> usize {
        match self.habit {
            Habit::Pinned(model) => model,
            Habit::Newest { delay_seconds } => newest(models, before(now, delay_seconds)),
            Habit::Retreating {
                guard,
                delay_seconds,
            } => {
                let then = before(now, delay_seconds);
                if then < guard {
                    newest(models, then)
                } else {
                    newest(models, guard).saturating_sub(1)
                }
            }
            Habit::Roaming {
                favourites,
                switch,
                seed,
                adopts,
            } => {
                let delay_seconds = adopts.map_or(0.0, |a| a.delay_seconds);
                let known = newest(models, before(now, delay_seconds));
                let favourites = favourites.clamp(1, known + 1);
                if dice.chance(switch) {
                    // In turn: who has ten requests and four models has seen them all, as in the trace.
                    self.slot = (self.slot + 1) % favourites;
                }
                match adopts {
                    Some(adoption) => {
                        self.adopt(adoption, known, now, dice);
                        self.favourite(known)
                    }
                    None => Permutation::new(known + 1, seed).at(self.slot % favourites),
                }
            }
        }
    }

    /// Notes a new release; for a day the old model keeps its share.
    fn adopt(&mut self, adoption: Adoption, known: usize, now: Timestamp, dice: &mut Dice) {
        match self.newest {
            Some((seen, since)) if seen == known => {
                let (left, _) = self.trial;
                if now.seconds_since(since) >= DAY_SECONDS || left == 0 {
                    let over = now.seconds_since(since) >= DAY_SECONDS;
                    let requests = dice.exponential(TRIAL_REQUESTS).ceil() as u32;
                    self.trial = (requests, over || dice.chance(adoption.share));
                } else {
                    self.trial.0 -= 1;
                }
            }
            before => {
                let since = before.map_or(Timestamp::from_micros(0), |_| now);
                self.newest = Some((known, since));
                self.slot = 0;
                self.trial = (0, true);
            }
        }
    }

    /// The newest model first, then the one before it, and so on.
    fn favourite(&self, known: usize) -> usize {
        let (_, tries_new) = self.trial;
        let back = if self.slot == 0 && !tries_new {
            1
        } else {
            self.slot
        };
        known.saturating_sub(back)
    }
}

fn before(now: Timestamp, seconds: f64) -> Timestamp {
    Timestamp::from_micros(now.as_micros() - (seconds * 1e6) as i64)
}

/// Position of the newest model at `now`; the oldest when there is none.
fn newest(models: &[Model], now: Timestamp) -> usize {
    released(models, now).max(1) - 1
}

/// Number of models that are out at `now`; models are in order of release.
fn released(models: &[Model], now: Timestamp) -> usize {
    models.partition_point(|model| model.released <= now)
}
