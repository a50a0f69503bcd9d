//! When an account sends: honest clocks from production traces, and the published pace of harvesting machines.

use super::attack::Range;
use super::dice::Dice;
use super::population::Population;
use super::priors::{
    CONSUMER_GAP_SECONDS, CONSUMER_REST_SECONDS, CONSUMER_SESSION_REQUESTS,
    DEVELOPER_PROMPT_GAP_SECONDS, DEVELOPER_REST_SECONDS, DEVELOPER_SESSION_REQUESTS,
    DEVELOPER_TOOL_GAP_SECONDS, TENANT_ALWAYS_ON, TENANT_GAP_VARIATION, TENANT_PERIODIC,
};
use crate::domain::Timestamp;

const DAY_SECONDS: f64 = 86_400.0;

/// From light API customers (no trace has them: an assumption) to the median of the traced ones.
const TENANT_PER_DAY: (f64, f64) = (20.0, 38_000.0);

/// When an account sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rhythm {
    pace: Pace,
    /// Hours of the day that it works, from `wakes`; 24 for always.
    hours: f64,
    /// Hour of the day, UTC, at which it starts.
    wakes: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pace {
    /// Sessions of a person, the rests between them stretched by this factor.
    Consumer(f64),
    /// Sittings of a developer with an agent.
    Developer(f64),
    /// A program: exchanges per day while it works, and the variation of its gaps.
    Program { per_day: f64, variation: f64 },
}

impl Rhythm {
    /// The rhythm of an honest account that is awake at `start`.
    pub(super) fn honest(population: Population, start: Timestamp, dice: &mut Dice) -> Self {
        let (pace, hours) = match population {
            Population::Consumer | Population::Classroom => {
                (Pace::Consumer(dice.log_between(0.15, 1.0)), 16.0)
            }
            Population::Developer => (Pace::Developer(dice.log_between(0.3, 1.5)), 16.5),
            Population::Tenant | Population::Evaluator | Population::Organisation => {
                program(TENANT_PER_DAY, dice)
            }
        };
        Self::awake(pace, hours, start, dice)
    }

    /// The rhythm of a harvesting machine with a mean rate within `per_day`.
    pub(super) fn machine(per_day: Range, start: Timestamp, dice: &mut Dice) -> Self {
        let (pace, hours) = program((per_day.least, per_day.most), dice);
        Self::awake(pace, hours, start, dice)
    }

    /// The same pace at all hours.
    pub(super) const fn sleepless(self) -> Self {
        Self {
            hours: 24.0,
            ..self
        }
    }

    fn awake(pace: Pace, hours: f64, start: Timestamp, dice: &mut Dice) -> Self {
        let hour = (start.as_seconds() % DAY_SECONDS) / 3_600.0;
        Self {
            pace,
            hours,
            wakes: (hour - hours * dice.unit()).rem_euclid(24.0),
        }
    }
}

fn program((least, most): (f64, f64), dice: &mut Dice) -> (Pace, f64) {
    let variation = if dice.chance(TENANT_PERIODIC) {
        0.02
    } else {
        TENANT_GAP_VARIATION.draw(dice)
    };
    let per_day = dice.log_between(least, most);
    let hours = if dice.chance(TENANT_ALWAYS_ON) {
        24.0
    } else {
        8.0 + 10.0 * dice.unit()
    };
    (Pace::Program { per_day, variation }, hours)
}

/// Runs through an account's times.
pub(super) struct Clock {
    rhythm: Rhythm,
    seconds: f64,
    left_in_session: u32,
}

impl Clock {
    /// A clock whose first session starts at `start`.
    pub(super) fn new(rhythm: Rhythm, start: Timestamp, dice: &mut Dice) -> Self {
        let mut clock = Self {
            rhythm,
            seconds: start.as_seconds(),
            left_in_session: 0,
        };
        clock.left_in_session = clock.session(dice);
        clock
    }

    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_micros((self.seconds * 1e6) as i64)
    }

    /// Moves on to the account's next exchange, which a person or a tool's result causes.
    pub(super) fn advance(&mut self, by_tool: bool, dice: &mut Dice) {
        let same_session = self.left_in_session > 0 || by_tool;
        let gap = match self.rhythm.pace {
            Pace::Consumer(_) if same_session => CONSUMER_GAP_SECONDS.draw(dice),
            Pace::Consumer(stretch) => stretch * CONSUMER_REST_SECONDS.draw(dice),
            Pace::Developer(_) if by_tool => DEVELOPER_TOOL_GAP_SECONDS.draw(dice),
            Pace::Developer(_) if same_session => DEVELOPER_PROMPT_GAP_SECONDS.draw(dice),
            Pace::Developer(stretch) => stretch * DEVELOPER_REST_SECONDS.draw(dice),
            Pace::Program { per_day, variation } => {
                let mean = self.rhythm.hours / 24.0 * DAY_SECONDS / per_day;
                dice.log_normal(mean, variation)
            }
        };
        self.left_in_session = match self.left_in_session {
            0 if !by_tool => self.session(dice),
            left => left.saturating_sub(1),
        };
        // No two exchanges of an account share a moment.
        self.seconds += gap.max(0.001);
        self.rest(dice);
    }

    /// Sleeps until the working hours, when it is outside of them.
    fn rest(&mut self, dice: &mut Dice) {
        let Rhythm { hours, wakes, .. } = self.rhythm;
        let hour = (self.seconds % DAY_SECONDS) / 3_600.0;
        let since_waking = (hour - wakes).rem_euclid(24.0);
        if since_waking > hours {
            let slept = (24.0 - since_waking) * 3_600.0;
            self.seconds += slept + dice.exponential(900.0);
        }
    }

    /// Exchanges of a new session after its first.
    fn session(&self, dice: &mut Dice) -> u32 {
        let requests = match self.rhythm.pace {
            Pace::Consumer(_) => CONSUMER_SESSION_REQUESTS.draw(dice),
            Pace::Developer(_) => DEVELOPER_SESSION_REQUESTS.draw(dice),
            Pace::Program { .. } => 1.0,
        };
        requests.round() as u32 - 1
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, Pace, Rhythm};
    use crate::domain::Timestamp;
    use crate::simulate::attack::CAMPAIGN_PER_DAY;
    use crate::simulate::dice::Dice;
    use crate::simulate::population::Population;

    #[test]
    fn time_only_moves_forward() {
        for population in Population::ALL {
            let mut dice = Dice::new(5, population.name());
            let start = Timestamp::from_micros(0);
            let rhythm = Rhythm::honest(population, start, &mut dice);
            let mut clock = Clock::new(rhythm, start, &mut dice);
            for step in 0..500 {
                let before = clock.now();
                clock.advance(step % 3 == 0, &mut dice);
                assert!(clock.now() > before);
            }
        }
    }

    #[test]
    fn machines_keep_the_published_pace() {
        let mut dice = Dice::new(9, "machines");
        for _ in 0..50 {
            let start = Timestamp::from_micros(0);
            let mut rhythm = Rhythm::machine(CAMPAIGN_PER_DAY, start, &mut dice);
            let Pace::Program { per_day, .. } = rhythm.pace else {
                panic!("a machine is a program");
            };
            assert!((CAMPAIGN_PER_DAY.least..=CAMPAIGN_PER_DAY.most).contains(&per_day));
            rhythm.pace = Pace::Program {
                per_day,
                variation: 1.0,
            };
            let mut clock = Clock::new(rhythm, start, &mut dice);
            for _ in 0..4_000 {
                clock.advance(false, &mut dice);
            }
            let measured = 4_000.0 / (clock.now().as_seconds() / 86_400.0);
            // Working hours make a slow program a little slower than its pace.
            assert!(
                (0.5..1.3).contains(&(measured / per_day)),
                "{measured} {per_day}"
            );
        }
    }
}
