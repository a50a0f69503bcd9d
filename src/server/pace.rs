//! How much one key may call: a token bucket and a number of calls at once.
//!
//! Time is given, so that a test can have any.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Rate limits of one key. As settings (section `rate`), those of every key whose line sets none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PaceRule {
    /// Requests per second of one key; unlimited if not set.
    pub requests_per_second: Option<NonZeroU32>,
    /// Requests that a key may make at once after a pause; one second's worth if not set.
    pub burst: Option<NonZeroU32>,
    /// Maximum number of concurrent requests of one key; unlimited if not set.
    pub max_concurrent_requests: Option<NonZeroUsize>,
}

impl PaceRule {
    /// This rule, with what it leaves open as `general` says.
    #[must_use]
    pub fn or(self, general: Self) -> Self {
        Self {
            requests_per_second: self.requests_per_second.or(general.requests_per_second),
            // A burst belongs to its rate: a key with a rate of its own has nobody else's burst.
            burst: match self.requests_per_second {
                Some(_) => self.burst,
                None => self.burst.or(general.burst),
            },
            max_concurrent_requests: self
                .max_concurrent_requests
                .or(general.max_concurrent_requests),
        }
    }
}

/// Why a key may not call now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Its bucket is empty; so long until there is a token.
    Rate(Duration),
    /// As many of its calls are inside as may be.
    AtOnce,
}

/// The state of one key.
pub(super) struct Pace {
    rule: PaceRule,
    bucket: Option<Mutex<Bucket>>,
    places: Option<Arc<Semaphore>>,
}

struct Bucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    at: Duration,
}

impl Pace {
    /// A full bucket, nobody inside.
    pub(super) fn new(rule: PaceRule) -> Self {
        let bucket = rule.requests_per_second.map(|per_second| {
            let burst = f64::from(rule.burst.unwrap_or(per_second).get());
            Mutex::new(Bucket {
                per_second: f64::from(per_second.get()),
                burst,
                tokens: burst,
                at: Duration::ZERO,
            })
        });
        let places = rule
            .max_concurrent_requests
            .map(|places| Arc::new(Semaphore::new(places.get().min(Semaphore::MAX_PERMITS))));
        Self {
            rule,
            bucket,
            places,
        }
    }

    /// The rule that it keeps.
    pub(super) const fn rule(&self) -> PaceRule {
        self.rule
    }

    /// Takes a place and a token at the time `now`, counted from any fixed moment. The place is held until the permit
    /// is dropped; there is none where calls at once are unlimited.
    pub(super) fn enter(&self, now: Duration) -> Result<Option<OwnedSemaphorePermit>, Refused> {
        let place = match &self.places {
            Some(places) => {
                let place = Arc::clone(places).try_acquire_owned();
                Some(place.map_err(|_| Refused::AtOnce)?)
            }
            None => None,
        };
        if let Some(bucket) = &self.bucket {
            // Nothing that could panic runs under the lock.
            let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
            bucket.take(now).map_err(Refused::Rate)?;
        }
        Ok(place)
    }
}

impl Bucket {
    fn take(&mut self, now: Duration) -> Result<(), Duration> {
        // Callers on several threads may bring their times out of order; time that goes back adds nothing.
        let since = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        self.tokens = (self.tokens + since.as_secs_f64() * self.per_second).min(self.burst);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64(
            (1.0 - self.tokens) / self.per_second,
        ))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(per_second: u32, burst: u32) -> PaceRule {
        PaceRule {
            requests_per_second: NonZeroU32::new(per_second),
            burst: NonZeroU32::new(burst),
            max_concurrent_requests: None,
        }
    }

    proptest! {
        /// In no window do more calls enter than the burst and what the rate gives in that window.
        #[test]
        fn no_window_lets_more_in_than_burst_and_rate(
            per_second in 1_u32..50, burst in 1_u32..20, steps in proptest::collection::vec(0_u64..200, 1..300),
        ) {
            let pace = Pace::new(rule(per_second, burst));
            let mut now = 0;
            let mut entered = Vec::new();
            for step in steps {
                now += step;
                if pace.enter(Duration::from_millis(now)).is_ok() {
                    entered.push(now);
                }
            }
            for (first, begin) in entered.iter().enumerate() {
                for (last, end) in entered.iter().enumerate().skip(first) {
                    let most = f64::from(burst) + f64::from(per_second) * (end - begin) as f64 / 1e3;
                    prop_assert!((last - first + 1) as f64 <= most + 1e-6);
                }
            }
        }

        /// Whoever waits as long as was said is let in, and time that goes back lets nobody in.
        #[test]
        fn the_wait_that_is_told_is_enough(per_second in 1_u32..1_000, burst in 1_u32..50, start in 0_u64..10_000) {
            let pace = Pace::new(rule(per_second, burst));
            let start = Duration::from_millis(start);
            for _ in 0..burst {
                prop_assert!(pace.enter(start).is_ok());
            }
            let refused = pace.enter(start);
            let Err(Refused::Rate(wait)) = refused else {
                return Err(TestCaseError::fail(format!("{refused:?}")));
            };
            prop_assert!(pace.enter(Duration::ZERO).is_err());
            prop_assert!(pace.enter(start + wait + Duration::from_nanos(10)).is_ok());
        }
    }

    #[test]
    fn a_place_comes_back_when_its_call_ends() {
        let pace = Pace::new(PaceRule {
            max_concurrent_requests: NonZeroUsize::new(1),
            ..PaceRule::default()
        });
        let place = pace.enter(Duration::ZERO).unwrap();
        assert_eq!(pace.enter(Duration::ZERO).err(), Some(Refused::AtOnce));
        drop(place);
        assert!(pace.enter(Duration::ZERO).is_ok());
    }

    #[test]
    fn a_refusal_for_the_rate_takes_no_place() {
        let pace = Pace::new(PaceRule {
            max_concurrent_requests: NonZeroUsize::new(1),
            ..rule(1, 1)
        });
        drop(pace.enter(Duration::ZERO).unwrap());
        assert!(matches!(pace.enter(Duration::ZERO), Err(Refused::Rate(_))));
        assert!(pace.enter(Duration::from_secs(2)).is_ok());
    }
}
