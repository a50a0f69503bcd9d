//! The rate limit of one key: requests per second with a burst, and concurrent requests.
//!
//! `governor` enforces the rate (GCRA: one request per period, and a burst after a pause). The clock is a parameter so
//! that a test can set the time.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use governor::Quota;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Rate limits of one key. As settings (section `rate`), those of every key whose line sets none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimit {
    /// Requests per second of one key; unlimited if not set.
    pub requests_per_second: Option<NonZeroU32>,
    /// Requests that a key may make at once after a pause; one second's worth if not set.
    pub burst: Option<NonZeroU32>,
    /// Maximum number of concurrent requests of one key; unlimited if not set.
    pub max_concurrent_requests: Option<NonZeroUsize>,
}

impl RateLimit {
    /// Returns this limit with absent values taken from `general`.
    #[must_use]
    pub fn or(self, general: Self) -> Self {
        Self {
            requests_per_second: self.requests_per_second.or(general.requests_per_second),
            // A burst belongs to its rate: a key with a rate of its own does not take the general burst.
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

/// Reason why a request exceeds the rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Refused {
    /// The rate is used up; holds the wait until the next request is allowed.
    Rate(Duration),
    /// The maximum number of concurrent requests is reached.
    Concurrency,
}

/// The state of one key's rate limit.
pub(in crate::server) struct RateLimiter<C: Clock = MonotonicClock> {
    limit: RateLimit,
    rate: Option<governor::RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<C::Instant>>>,
    calls: Option<Arc<Semaphore>>,
    clock: C,
}

impl RateLimiter {
    /// Creates the state of an unused key.
    pub(in crate::server) fn new(limit: RateLimit) -> Self {
        Self::with_clock(limit, MonotonicClock)
    }
}

impl<C: Clock + Clone> RateLimiter<C> {
    fn with_clock(limit: RateLimit, clock: C) -> Self {
        let rate = limit.requests_per_second.map(|per_second| {
            let quota = Quota::per_second(per_second);
            let quota = quota.allow_burst(limit.burst.unwrap_or(per_second));
            governor::RateLimiter::direct_with_clock(quota, clock.clone())
        });
        let calls = limit
            .max_concurrent_requests
            .map(|calls| Arc::new(Semaphore::new(calls.get().min(Semaphore::MAX_PERMITS))));
        Self {
            limit,
            rate,
            calls,
            clock,
        }
    }

    /// Returns the enforced limit.
    pub(in crate::server) const fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Counts one request against the rate. The permit counts as one concurrent request until it is dropped; it is
    /// `None` if concurrent requests are unlimited.
    ///
    /// # Errors
    /// If the request exceeds the rate or the number of concurrent requests.
    pub(in crate::server) fn enter(&self) -> Result<Option<OwnedSemaphorePermit>, Refused> {
        let permit = match &self.calls {
            Some(calls) => {
                let permit = Arc::clone(calls).try_acquire_owned();
                Some(permit.map_err(|_| Refused::Concurrency)?)
            }
            None => None,
        };
        if let Some(rate) = &self.rate {
            let wait = |refused: governor::NotUntil<C::Instant>| {
                Refused::Rate(refused.wait_time_from(self.clock.now()))
            };
            rate.check().map_err(wait)?;
        }
        Ok(permit)
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;
    use proptest::prelude::*;

    use super::*;

    fn limit(per_second: u32, burst: u32) -> RateLimit {
        RateLimit {
            requests_per_second: NonZeroU32::new(per_second),
            burst: NonZeroU32::new(burst),
            max_concurrent_requests: None,
        }
    }

    fn limiter(limit: RateLimit) -> (RateLimiter<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (RateLimiter::with_clock(limit, clock.clone()), clock)
    }

    proptest! {
        /// No window admits more requests than the burst plus the rate times its length.
        #[test]
        fn no_window_admits_more_than_burst_and_rate(
            per_second in 1_u32..50, burst in 1_u32..20, steps in proptest::collection::vec(0_u64..200, 1..300),
        ) {
            let (limiter, clock) = limiter(limit(per_second, burst));
            let mut now = 0;
            let mut entered = Vec::new();
            for step in steps {
                now += step;
                clock.advance(Duration::from_millis(step));
                if limiter.enter().is_ok() {
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

        /// A caller that waits exactly the returned time is admitted, however high the rate is, and not earlier.
        #[test]
        fn the_stated_wait_is_enough(
            per_second in prop_oneof![1_u32..1_000, Just(u32::MAX)], burst in 1_u32..50, start in 0_u64..10_000,
        ) {
            let (limiter, clock) = limiter(limit(per_second, burst));
            clock.advance(Duration::from_millis(start));
            for _ in 0..burst {
                prop_assert!(limiter.enter().is_ok());
            }
            let refused = limiter.enter();
            let Err(Refused::Rate(wait)) = refused else {
                return Err(TestCaseError::fail(format!("{refused:?}")));
            };
            clock.advance(wait.saturating_sub(Duration::from_nanos(1)));
            prop_assert!(limiter.enter().is_err());
            clock.advance(Duration::from_nanos(1));
            prop_assert!(limiter.enter().is_ok());
        }
    }

    #[test]
    fn a_permit_is_released_when_its_request_ends() {
        let (limiter, _) = limiter(RateLimit {
            max_concurrent_requests: NonZeroUsize::new(1),
            ..RateLimit::default()
        });
        let permit = limiter.enter().unwrap();
        assert_eq!(limiter.enter().err(), Some(Refused::Concurrency));
        drop(permit);
        assert!(limiter.enter().is_ok());
    }

    #[test]
    fn a_refusal_for_the_rate_takes_no_permit() {
        let (limiter, clock) = limiter(RateLimit {
            max_concurrent_requests: NonZeroUsize::new(1),
            ..limit(1, 1)
        });
        drop(limiter.enter().unwrap());
        assert!(matches!(limiter.enter(), Err(Refused::Rate(_))));
        clock.advance(Duration::from_secs(2));
        assert!(limiter.enter().is_ok());
    }
}
