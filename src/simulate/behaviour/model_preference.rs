//! The model an account sends to, and when it changes.

use super::population::Population;
use super::priors::{
    CONSUMER_MODELS, CONSUMER_SWITCHES_PERCENT, DEVELOPER_MODELS, DEVELOPER_NEW_MODEL_SHARE,
    DEVELOPER_SWITCHES_PERCENT,
};
use crate::domain::Timestamp;
use crate::simulate::permutation::Permutation;
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::Model;

const DAY_SECONDS: f64 = 86_400.0;

/// Share of the developers that adopt a new model by themselves (an assumption: a third of the traced clients saw no
/// release).
const DEVELOPERS_FOLLOW: f64 = 0.8;

/// Mean number of consecutive requests to the old or the new model while an account tries the new one.
const TRIAL_REQUESTS: f64 = 30.0;

/// An account's preference among models.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ModelPreference {
    /// Always one model, given by its position.
    Pinned(usize),
    /// The newest release, from `delay_seconds` after it came out.
    Newest { delay_seconds: f64 },
    /// The newest release until a guard appears, then the one before it.
    Retreating {
        guard: Timestamp,
        delay_seconds: f64,
    },
    /// Two models in turn, compared with each other.
    Compared { first: usize, second: usize },
    /// A few favourites; switches among them with probability `switch` at each request.
    Roaming {
        favourites: usize,
        switch: f64,
        seed: u64,
        adopts: Option<Adoption>,
    },
}

/// How an account with favourites adopts a new release.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Adoption {
    delay_seconds: f64,
    /// Share of the requests that go to the new model on its first day.
    share: f64,
}

impl ModelPreference {
    /// Returns a preference that moves to each release after an exponential delay with this mean, in seconds.
    pub(crate) fn released_within(mean_seconds: f64, rng: &mut SeededRng) -> Self {
        Self::Newest {
            delay_seconds: rng.exponential(mean_seconds),
        }
    }

    /// Returns a preference that moves to each release within hours, and back when a guard appears on it.
    pub(crate) fn retreating(guard: Timestamp, rng: &mut SeededRng) -> Self {
        Self::Retreating {
            guard,
            delay_seconds: rng.exponential(6.0 * 3_600.0),
        }
    }

    /// Returns a preference for one of the models that are out at `start`.
    pub(crate) fn pinned(models: &[Model], start: Timestamp, rng: &mut SeededRng) -> Self {
        Self::Pinned(rng.below(released(models, start)))
    }

    /// Draws the preference of a benign account: tenants pin a model, developers move on release day, consumers roam.
    pub(crate) fn benign(
        population: Population,
        models: &[Model],
        start: Timestamp,
        rng: &mut SeededRng,
    ) -> Self {
        match population {
            Population::Consumer
            | Population::Classroom
            | Population::Reseller
            | Population::Company
            | Population::Household => {
                // Accounts that switch often use many models: one draw for both, so that an account that never switches
                // has one model.
                let restless = rng.unit();
                Self::Roaming {
                    favourites: CONSUMER_MODELS.at(restless).round() as usize,
                    switch: CONSUMER_SWITCHES_PERCENT.at(restless) / 100.0,
                    seed: rng.seed(),
                    adopts: None,
                }
            }
            Population::Developer | Population::Heavy | Population::TwoMachines => {
                let restless = rng.unit();
                let models = DEVELOPER_MODELS.at(restless).round() as usize;
                let follows = models > 1 && rng.chance(DEVELOPERS_FOLLOW);
                Self::Roaming {
                    // The adopted release counts as one of its models.
                    favourites: models - usize::from(follows),
                    switch: DEVELOPER_SWITCHES_PERCENT.at(restless) / 100.0,
                    seed: rng.seed(),
                    adopts: follows.then(|| Adoption {
                        delay_seconds: rng.exponential(8.0 * 3_600.0),
                        share: DEVELOPER_NEW_MODEL_SHARE.draw(rng),
                    }),
                }
            }
            Population::Evaluator if rng.chance(0.5) => Self::Roaming {
                favourites: models.len(),
                switch: 0.05,
                seed: rng.seed(),
                adopts: None,
            },
            Population::Comparison => {
                // Only released models: at least two are, by the checks of a scenario.
                let count = released(models, start);
                let first = rng.below(count);
                let second = (first + rng.between(1, count.max(2) - 1)) % count;
                Self::Compared { first, second }
            }
            Population::Organisation | Population::Tenant if rng.chance(0.2) => Self::Newest {
                // An alias moves at once, a pinned version only after some tests.
                delay_seconds: if rng.chance(0.5) {
                    0.0
                } else {
                    rng.exponential(5.0 * DAY_SECONDS)
                },
            },
            _ => Self::pinned(models, start, rng),
        }
    }
}

/// Applies a preference over time.
pub(crate) struct Chooser {
    preference: ModelPreference,
    /// The favourite currently in use.
    slot: usize,
    /// The newest known release and the time it became known.
    newest: Option<(usize, Timestamp)>,
    /// Requests left in the current phase of a trial, and whether that phase uses the new model.
    trial: (u32, bool),
    /// Number of times the account took its work to another model.
    moves: usize,
}

impl Chooser {
    pub(crate) const fn new(preference: ModelPreference) -> Self {
        Self {
            preference,
            slot: 0,
            newest: None,
            trial: (0, true),
            moves: 0,
        }
    }

    /// Returns the model that a request goes to which `model` refused: the next weaker one, or the next stronger one
    /// for the weakest.
    pub(crate) fn instead_of(model: usize, models: &[Model], now: Timestamp) -> usize {
        match model.checked_sub(1) {
            Some(weaker) => weaker,
            None => newest(models, now).min(1),
        }
    }

    /// Takes the work to another model from the next request on.
    pub(crate) const fn move_on(&mut self) {
        self.moves += 1;
    }

    /// Returns the position of the model to use at `now`.
    pub(crate) fn choose(
        &mut self,
        models: &[Model],
        now: Timestamp,
        rng: &mut SeededRng,
    ) -> usize {
        let preferred = self.preferred(models, now, rng);
        (preferred + self.moves) % released(models, now).max(preferred + 1)
    }

    fn preferred(&mut self, models: &[Model], now: Timestamp, rng: &mut SeededRng) -> usize {
        match self.preference {
            ModelPreference::Pinned(model) => model,
            ModelPreference::Compared { first, second } => {
                self.slot = 1 - self.slot;
                if self.slot == 1 { first } else { second }
            }
            ModelPreference::Newest { delay_seconds } => newest(models, before(now, delay_seconds)),
            ModelPreference::Retreating {
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
            ModelPreference::Roaming {
                favourites,
                switch,
                seed,
                adopts,
            } => {
                let delay_seconds = adopts.map_or(0.0, |a| a.delay_seconds);
                let known = newest(models, before(now, delay_seconds));
                let favourites = favourites.clamp(1, known + 1);
                if rng.chance(switch) {
                    // In turn: an account with ten requests and four models has used them all, as in the trace.
                    self.slot = (self.slot + 1) % favourites;
                }
                match adopts {
                    Some(adoption) => {
                        self.adopt(adoption, known, now, rng);
                        self.favourite(known)
                    }
                    None => Permutation::new(known + 1, seed).at(self.slot % favourites),
                }
            }
        }
    }

    /// Records a new release; the old model keeps its share of the requests for a day.
    fn adopt(&mut self, adoption: Adoption, known: usize, now: Timestamp, rng: &mut SeededRng) {
        match self.newest {
            Some((seen, since)) if seen == known => {
                let (left, _) = self.trial;
                if now.seconds_since(since) >= DAY_SECONDS || left == 0 {
                    let over = now.seconds_since(since) >= DAY_SECONDS;
                    let requests = rng.exponential(TRIAL_REQUESTS).ceil() as u32;
                    self.trial = (requests, over || rng.chance(adoption.share));
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

    /// Returns a favourite's position: the newest model first, then the one before it, and so on.
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

/// Returns the position of the newest model at `now`; the oldest model if none is out yet.
fn newest(models: &[Model], now: Timestamp) -> usize {
    released(models, now).max(1) - 1
}

/// Returns the number of models released by `now`; models are in order of release.
fn released(models: &[Model], now: Timestamp) -> usize {
    models.partition_point(|model| model.released <= now)
}
