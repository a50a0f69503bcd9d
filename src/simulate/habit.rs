//! Which model an account asks, and when it changes.

use super::dice::Dice;
use super::population::Population;
use super::priors::CONSUMER_SWITCHES_PERCENT;
use super::scenario::Model;
use crate::domain::Timestamp;

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
    /// Any model that is out; changes with this probability at each request.
    Roaming { switch: f64 },
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
            Population::Consumer | Population::Classroom => Self::Roaming {
                // The trace offers dozens of models; with a handful, most of its switches are none.
                switch: CONSUMER_SWITCHES_PERCENT.draw(dice) / 100.0 * dice.unit(),
            },
            Population::Developer if dice.chance(0.8) => Self::released_within(8.0 * 3_600.0, dice),
            Population::Evaluator if dice.chance(0.5) => Self::Roaming { switch: 0.05 },
            Population::Organisation | Population::Tenant if dice.chance(0.2) => Self::Newest {
                // An alias moves at once, a pinned version after some tests.
                delay_seconds: if dice.chance(0.5) {
                    0.0
                } else {
                    dice.exponential(5.0 * 86_400.0)
                },
            },
            _ => pinned(dice),
        }
    }
}

/// Follows a habit through time.
pub(super) struct Chooser {
    habit: Habit,
    current: Option<usize>,
}

impl Chooser {
    pub(super) const fn new(habit: Habit) -> Self {
        Self {
            habit,
            current: None,
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
            Habit::Roaming { switch } => {
                let switches = dice.chance(switch);
                match self.current {
                    Some(current) if !switches => current,
                    _ => {
                        let chosen = dice.below(released(models, now).max(1));
                        self.current = Some(chosen);
                        chosen
                    }
                }
            }
        }
    }
}

fn before(now: Timestamp, seconds: f64) -> Timestamp {
    Timestamp::from_micros(now.as_micros() - (seconds * 1e6) as i64)
}

/// Position of the newest model at `now`.
fn newest(models: &[Model], now: Timestamp) -> usize {
    released(models, now).max(1) - 1
}

/// Number of models that are out at `now`; models are in order of release.
fn released(models: &[Model], now: Timestamp) -> usize {
    models.partition_point(|model| model.released <= now)
}
