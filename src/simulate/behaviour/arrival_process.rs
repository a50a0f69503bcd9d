//! Arrival times of an account's requests: benign clocks fitted to production traces, and the published pace of
//! machine-driven extraction.

use super::population::Population;
use super::priors::{
    CONSUMER_GAP_SECONDS, CONSUMER_GAP_VARIATION, CONSUMER_PER_DAY, CONSUMER_REST_SECONDS,
    DEVELOPER_NIGHT_HOURS, DEVELOPER_PER_DAY, DEVELOPER_PROMPT_GAP_SECONDS, DEVELOPER_REST_SECONDS,
    DEVELOPER_SITTINGS, DEVELOPER_TOOL_GAP_SECONDS, DEVELOPER_WORKING_DAYS, HEAVY_GAP_FACTOR,
    HEAVY_PER_DAY, TENANT_ALWAYS_ON, TENANT_GAP_VARIATION, TENANT_HOURS,
};
use crate::domain::Timestamp;
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::Range;

const DAY_SECONDS: f64 = 86_400.0;
const HOUR_SECONDS: f64 = 3_600.0;

/// Gap in seconds after which another session begins; the definition used by the traces.
const SESSION_GAP_SECONDS: f64 = 1_800.0;

/// Length in hours of the part of the day in which a consumer can be active.
const CONSUMER_HOURS: f64 = 16.0;

/// Coefficient of variation of a consumer's requests between days (the busiest day has 1.85 times the mean in the
/// trace).
const CONSUMER_DAY_VARIATION: f64 = 0.7;

/// Share of days on which a consumer with more than one active day is active; follows from the rests in the trace.
const CONSUMER_ACTIVE_DAYS: f64 = 0.4;

/// Range of the delay in seconds between typed turns that a relay passes on. The published default is 0.2, and their
/// users set more.
const SERIALISED_FLOOR_SECONDS: (f64, f64) = (0.2, 5.0);

/// Mean seconds until a relay passes on a turn that a tool's result caused.
const PASSED_ON_SECONDS: f64 = 1.5;

/// Maximum number of draws in the search for a rate at which the account can finish.
const TRIES: usize = 64;

/// The arrival process of one account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ArrivalProcess {
    pace: Pace,
    /// Length of the working day in hours, counted from `wakes`; 24 for an account that is always active.
    hours: f64,
    /// Hour of the day (UTC) at which the working day starts.
    wakes: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Pace {
    /// A person in a chat window: requests on an active day, and mean (seconds) and coefficient of variation of the
    /// gaps within a session.
    Consumer {
        per_day: f64,
        gap: f64,
        variation: f64,
    },
    /// A developer with a coding agent: sittings per working day; each day's requests are drawn separately.
    Developer { sittings: f64 },
    /// A developer whose agents run in parallel all day.
    Heavy,
    /// A program: exchanges per day and coefficient of variation of its gaps.
    Program { per_day: f64, variation: f64 },
    /// A relay that passes its users' typed turns on one by one, at least `floor` seconds apart; the turns that tools
    /// cause are passed on at once.
    Serialised {
        per_day: f64,
        variation: f64,
        floor: f64,
    },
}

impl ArrivalProcess {
    /// Draws the arrival process of a benign account that is active at `start`. Where the population's rates allow, the
    /// account is one that sends `least` exchanges by `end`: an account observed with a long history is not a light
    /// user.
    pub(crate) fn benign(
        population: Population,
        rates: Range,
        start: Timestamp,
        (least, end): (f64, Timestamp),
        rng: &mut SeededRng,
    ) -> Self {
        let (pace, hours) = match population {
            Population::Consumer | Population::Classroom | Population::Household => {
                let days = (end.seconds_since(start) / DAY_SECONDS).max(1.0);
                let needed = least / (days * CONSUMER_ACTIVE_DAYS).max(1.0);
                (consumer(needed, rng), CONSUMER_HOURS)
            }
            Population::Developer | Population::TwoMachines => {
                let sittings = DEVELOPER_SITTINGS.draw(rng);
                let hours = 24.0 - DEVELOPER_NIGHT_HOURS.draw(rng);
                (Pace::Developer { sittings }, hours)
            }
            Population::Heavy => (Pace::Heavy, 20.0),
            Population::Tenant
            | Population::Evaluator
            | Population::Organisation
            | Population::Reseller
            | Population::Batch
            | Population::Researcher
            | Population::Comparison => program(rates, rng),
            Population::ChunkedExtraction => program(Range::CHUNKS, rng),
            Population::Company => program(Range::SHARED_KEYS, rng),
        };
        Self::awake(pace, hours, start, rng)
    }

    /// Draws the arrival process of a machine-paced extracting account with a mean rate within `per_day`.
    pub(crate) fn machine(per_day: Range, start: Timestamp, rng: &mut SeededRng) -> Self {
        let (pace, hours) = program(per_day, rng);
        Self::awake(pace, hours, start, rng)
    }

    /// Draws the arrival process of a relay that serialises the typed turns of all its users, around the clock.
    pub(crate) fn serialised(per_day: Range, start: Timestamp, rng: &mut SeededRng) -> Self {
        let pace = Pace::Serialised {
            per_day: per_day.draw(rng),
            variation: TENANT_GAP_VARIATION.draw(rng),
            floor: rng.log_between(SERIALISED_FLOOR_SECONDS.0, SERIALISED_FLOOR_SECONDS.1),
        };
        Self::awake(pace, 24.0, start, rng)
    }

    /// Returns the same pace around the clock.
    pub(crate) const fn sleepless(self) -> Self {
        Self {
            hours: 24.0,
            ..self
        }
    }

    fn awake(pace: Pace, hours: f64, start: Timestamp, rng: &mut SeededRng) -> Self {
        let hour = (start.as_seconds() % DAY_SECONDS) / HOUR_SECONDS;
        Self {
            pace,
            hours,
            wakes: (hour - hours * rng.unit()).rem_euclid(24.0),
        }
    }
}

/// Draws a consumer with at least `needed` requests on an active day.
fn consumer(needed: f64, rng: &mut SeededRng) -> Pace {
    let most = CONSUMER_PER_DAY.at(0.99);
    let mut draws = (0..TRIES).map(|_| CONSUMER_PER_DAY.draw(rng));
    let per_day = draws.find(|rate| *rate >= needed).unwrap_or(most);
    Pace::Consumer {
        per_day,
        // The median of an exponential gap is its mean times ln 2.
        gap: CONSUMER_GAP_SECONDS.draw(rng) / std::f64::consts::LN_2,
        variation: CONSUMER_GAP_VARIATION.draw(rng),
    }
}

fn program(rates: Range, rng: &mut SeededRng) -> (Pace, f64) {
    let pace = Pace::Program {
        per_day: rates.draw(rng),
        variation: TENANT_GAP_VARIATION.draw(rng),
    };
    let awake = rng.unit();
    let hours = if awake > 1.0 - TENANT_ALWAYS_ON.share {
        24.0
    } else {
        TENANT_HOURS.at(awake)
    };
    (pace, hours)
}

/// Generates the request times of one account.
pub(crate) struct Clock {
    arrivals: ArrivalProcess,
    seconds: f64,
    left_today: u32,
    left_in_sitting: u32,
    /// Requests per sitting on the current day.
    sitting: u32,
    /// Time of the last typed turn.
    typed: f64,
}

impl Clock {
    /// Creates a clock whose first session starts at `start`.
    pub(crate) fn new(arrivals: ArrivalProcess, start: Timestamp, rng: &mut SeededRng) -> Self {
        let mut clock = Self {
            arrivals,
            seconds: start.as_seconds(),
            left_today: 0,
            left_in_sitting: 0,
            sitting: 1,
            typed: start.as_seconds(),
        };
        clock.plan_day(rng);
        clock.count();
        clock
    }

    /// The current time.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros((self.seconds * 1e6) as i64)
    }

    /// Advances to the account's next exchange, caused by a tool's result if `by_tool`, otherwise by a person.
    pub(crate) fn advance(&mut self, by_tool: bool, rng: &mut SeededRng) {
        let before = self.seconds;
        if let Pace::Program { per_day, variation } = self.arrivals.pace {
            let mean = self.arrivals.hours * HOUR_SECONDS / per_day;
            self.work(rng.gamma(mean, variation));
        } else if let Pace::Serialised {
            per_day,
            variation,
            floor,
        } = self.arrivals.pace
        {
            if by_tool {
                self.seconds += rng.exponential(PASSED_ON_SECONDS);
            } else {
                let drawn = self.seconds + rng.gamma(DAY_SECONDS / per_day, variation);
                self.seconds = drawn.max(self.typed + floor);
                self.typed = self.seconds;
            }
        } else if by_tool || self.left_in_sitting > 0 && self.is_awake() {
            self.seconds += self.gap(by_tool, rng);
        } else if self.left_today > 0 && self.is_awake() {
            self.seconds += self.pause(rng);
            self.left_in_sitting = self.sitting.min(self.left_today);
        } else {
            self.sleep(rng);
        }
        self.count();
        // No two exchanges of an account have the same time.
        self.seconds = self.seconds.max(before + 0.001);
    }

    fn count(&mut self) {
        self.left_today = self.left_today.saturating_sub(1);
        self.left_in_sitting = self.left_in_sitting.saturating_sub(1);
    }

    /// Returns the seconds since the start of the working day.
    fn since_waking(&self) -> f64 {
        let wakes = self.arrivals.wakes * HOUR_SECONDS;
        (self.seconds - wakes).rem_euclid(DAY_SECONDS)
    }

    fn is_awake(&self) -> bool {
        self.since_waking() <= self.arrivals.hours * HOUR_SECONDS
    }

    /// Advances by whole days, to the same hour.
    pub(crate) fn rest(&mut self, days: f64) {
        self.seconds += days.ceil() * DAY_SECONDS;
    }

    /// Advances by this many seconds.
    pub(crate) fn wait(&mut self, seconds: f64) {
        self.seconds += seconds;
        self.typed = self.seconds;
    }

    /// Advances by this many seconds of working time.
    fn work(&mut self, seconds: f64) {
        let hours = self.arrivals.hours * HOUR_SECONDS;
        let worked = self.since_waking().min(hours) + seconds;
        let days = (worked / hours).floor();
        self.seconds += days * DAY_SECONDS + (worked - days * hours) - self.since_waking();
    }

    /// Draws a person's gap within a session, in seconds.
    fn gap(&self, by_tool: bool, rng: &mut SeededRng) -> f64 {
        let developer = |rng: &mut SeededRng| {
            if by_tool {
                DEVELOPER_TOOL_GAP_SECONDS.draw(rng)
            } else {
                DEVELOPER_PROMPT_GAP_SECONDS.draw(rng)
            }
        };
        match self.arrivals.pace {
            Pace::Consumer { gap, variation, .. } => {
                rng.gamma(gap, variation).clamp(1.0, SESSION_GAP_SECONDS)
            }
            Pace::Heavy => HEAVY_GAP_FACTOR * developer(rng),
            Pace::Developer { .. } | Pace::Program { .. } | Pace::Serialised { .. } => {
                developer(rng)
            }
        }
    }

    /// Draws the pause between two sittings of a day, in seconds: the short end of the traced rests.
    fn pause(&self, rng: &mut SeededRng) -> f64 {
        let rests = match self.arrivals.pace {
            Pace::Consumer { .. } => &CONSUMER_REST_SECONDS,
            _ => &DEVELOPER_REST_SECONDS,
        };
        rests.at(0.4 * rng.unit())
    }

    /// Advances to some hour of the account's next active day.
    fn sleep(&mut self, rng: &mut SeededRng) {
        let days = match self.arrivals.pace {
            // The long end of the traced rests.
            Pace::Consumer { .. } => {
                let rest = CONSUMER_REST_SECONDS.at(0.4 + 0.6 * rng.unit());
                (rest / DAY_SECONDS).round().max(1.0)
            }
            Pace::Developer { .. } => {
                let rests = rng.unit().ln() / (1.0 - DEVELOPER_WORKING_DAYS).ln();
                1.0 + rests.floor()
            }
            _ => 1.0,
        };
        self.plan_day(rng);
        let needed = f64::from(self.left_today) * self.typical_gap();
        let free = (self.arrivals.hours * HOUR_SECONDS - needed).max(0.0);
        self.seconds += days * DAY_SECONDS - self.since_waking() + free * rng.unit();
    }

    /// Approximate mean gap of a person's day in seconds, pauses included.
    fn typical_gap(&self) -> f64 {
        match self.arrivals.pace {
            Pace::Consumer { gap, .. } => 2.0 * gap,
            Pace::Heavy => 15.0,
            _ => 60.0,
        }
    }

    /// Draws the number of requests of a new day and the number of sittings they come in.
    fn plan_day(&mut self, rng: &mut SeededRng) {
        let (requests, sittings) = match self.arrivals.pace {
            Pace::Consumer { per_day, .. } if per_day > 1.0 => {
                let more = rng.gamma(per_day - 1.0, CONSUMER_DAY_VARIATION);
                (1.0 + more, if rng.chance(0.08) { 2.0 } else { 1.0 })
            }
            Pace::Consumer { .. } | Pace::Program { .. } | Pace::Serialised { .. } => (1.0, 1.0),
            Pace::Developer { sittings } => (DEVELOPER_PER_DAY.draw(rng), sittings),
            Pace::Heavy => (HEAVY_PER_DAY.draw(rng), 3.0),
        };
        // Rounded up or down at random, so that the mean is preserved.
        self.left_today = (requests + rng.unit()).floor() as u32;
        let sittings = (sittings + rng.unit()).floor().max(1.0);
        self.sitting = (f64::from(self.left_today) / sittings).ceil() as u32;
        self.left_in_sitting = self.sitting;
    }
}

#[cfg(test)]
mod tests {
    use super::{ArrivalProcess, Clock, Pace};
    use crate::domain::Timestamp;
    use crate::simulate::behaviour::population::Population;
    use crate::simulate::rng::SeededRng;
    use crate::simulate::scenario::Range;

    const START: Timestamp = Timestamp::from_micros(0);
    const END: Timestamp = Timestamp::from_micros(30 * 86_400_000_000);

    #[test]
    fn time_only_moves_forward() {
        for &population in Population::ALL {
            for seed in 0..40 {
                let mut rng = SeededRng::new(seed, population.name());
                let rates = Range::TENANTS;
                let arrivals =
                    ArrivalProcess::benign(population, rates, START, (45.0, END), &mut rng);
                let mut clock = Clock::new(arrivals, START, &mut rng);
                assert_eq!(clock.now(), START);
                for step in 0..500 {
                    let before = clock.now();
                    clock.advance(step % 3 == 0, &mut rng);
                    assert!(clock.now() > before, "{arrivals:?}");
                }
            }
        }
    }

    #[test]
    fn programs_keep_their_pace_and_their_hours() {
        let mut rng = SeededRng::new(9, "machines");
        for _ in 0..50 {
            let mut arrivals = ArrivalProcess::machine(Range::CAMPAIGNS, START, &mut rng);
            let Pace::Program { per_day, .. } = arrivals.pace else {
                panic!("a machine is a program");
            };
            assert!((Range::CAMPAIGNS.least..=Range::CAMPAIGNS.most).contains(&per_day));
            arrivals.pace = Pace::Program {
                per_day,
                variation: 1.0,
            };
            let mut clock = Clock::new(arrivals, START, &mut rng);
            for _ in 0..4_000 {
                clock.advance(false, &mut rng);
                // The smallest gap is a millisecond; it may exceed the end of a working day.
                assert!(clock.since_waking() <= arrivals.hours * 3_600.0 + 0.002);
            }
            let measured = 4_000.0 / (clock.now().as_seconds() / 86_400.0);
            // Gaps with a coefficient of variation of 1: five standard errors of their mean, and a day at either end.
            let days = 4_000.0 / per_day;
            let tolerance = 5.0 / 4_000_f64.sqrt() + 1.0 / days;
            let off = measured / per_day - 1.0;
            assert!(off.abs() < tolerance, "{measured} {per_day}");
        }
    }

    #[test]
    fn a_person_observed_with_a_long_history_is_not_a_light_user() {
        let mut rng = SeededRng::new(2, "histories");
        let mut sent = |least: f64| -> usize {
            let counts = (0..200).map(|_| {
                let horizon = (least, END);
                let population = Population::Consumer;
                let arrivals =
                    ArrivalProcess::benign(population, Range::TENANTS, START, horizon, &mut rng);
                let mut clock = Clock::new(arrivals, START, &mut rng);
                let mut count = 0;
                while clock.now() < END && count < 45 {
                    clock.advance(false, &mut rng);
                    count += 1;
                }
                usize::from(count == 45)
            });
            counts.sum()
        };
        let (any, long) = (sent(0.0), sent(45.0));
        assert!(any < 100 && long > 100, "{any} {long}");
    }
}
