//! Bounds on the server's memory and time. Those an operator may set are settings of the section `server`.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hooks::settings::HookSettings;
use crate::wire::Bounds;

/// Bounds of the server. Request bodies take at most `max_concurrent_requests x body_bytes_max` of memory, those of
/// streams at most `scoring_streams_max x stream_ahead_max x body_bytes_max`.
///
/// Fields that are skipped are not settings: their defaults always hold, except in tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Limits {
    /// Bounds of one exchange and of one batch.
    #[serde(skip)]
    pub bounds: Bounds,
    /// Maximum size of a request body, in bytes.
    #[schemars(range(min = 1))]
    pub body_bytes_max: usize,
    /// Maximum number of open connections. Further ones wait in the kernel's queue.
    #[schemars(range(min = 1))]
    pub connections_max: usize,
    /// Maximum number of concurrent requests on one HTTP/2 connection.
    #[schemars(range(min = 1))]
    pub streams_max: u32,
    /// Maximum number of concurrent scoring requests over all connections, counted before their bodies are read. One
    /// more is refused as overloaded. Must be more than `workers` and `queue_depth_max` together.
    #[schemars(range(min = 1))]
    pub max_concurrent_requests: usize,
    /// Maximum number of open `ScoreStream` calls. One more is refused as overloaded.
    #[schemars(range(min = 1))]
    pub scoring_streams_max: usize,
    /// Maximum number of exchanges of one stream that are read ahead of their results.
    #[serde(skip)]
    pub stream_ahead_max: usize,
    /// Idle timeout of a stream, in milliseconds.
    #[serde(rename = "stream_idle_timeout_ms", with = "milliseconds")]
    #[schemars(with = "u64", range(min = 1))]
    pub stream_idle_timeout: Duration,
    /// Number of threads that score; one per processor core if not set.
    // The machine decides this default, so it is not printed as a default.
    #[serde(skip_serializing_if = "is_one_per_core")]
    pub workers: NonZeroUsize,
    /// Maximum number of admitted requests that wait for a worker. One more is refused as overloaded.
    pub queue_depth_max: usize,
    /// Time after which a caller refused as overloaded is asked to try again (`Retry-After`), in seconds.
    #[schemars(range(min = 1))]
    pub retry_after_seconds: u32,
    /// Deadline of a request whose caller sets none, in milliseconds.
    #[serde(rename = "deadline_default_ms", with = "milliseconds")]
    #[schemars(with = "u64", range(min = 1))]
    pub deadline_default: Duration,
    /// Longest deadline that a caller may set, in milliseconds.
    #[serde(rename = "deadline_max_ms", with = "milliseconds")]
    #[schemars(with = "u64", range(min = 1))]
    pub deadline_max: Duration,
    /// Longest wait for a connection's first byte, its TLS handshake or a request's headers, in milliseconds.
    #[serde(rename = "header_timeout_ms", with = "milliseconds")]
    #[schemars(with = "u64", range(min = 1))]
    pub header_timeout: Duration,
    /// How often a worker tries the whole path; readiness is lost when none has come to it for twelve times as long.
    #[serde(skip)]
    pub probe_period: Duration,
    /// Time for which the port stays open at shutdown while `/readyz` already fails, in milliseconds. Load balancers
    /// can stop sending requests meanwhile.
    #[serde(rename = "shutdown_delay_ms", with = "milliseconds")]
    #[schemars(with = "u64")]
    pub shutdown_delay: Duration,
    /// Time that requests in flight may take at shutdown after that delay, in milliseconds.
    #[serde(rename = "shutdown_grace_period_ms", with = "milliseconds")]
    #[schemars(with = "u64")]
    pub shutdown_grace_period: Duration,
    /// Settings and bounds of gateway hooks.
    #[serde(skip)]
    pub hooks: HookSettings,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bounds: Bounds::STANDARD,
            body_bytes_max: 8 * 1024 * 1024,
            connections_max: 1_024,
            streams_max: 128,
            max_concurrent_requests: 1_024,
            scoring_streams_max: 64,
            stream_ahead_max: 16,
            stream_idle_timeout: Duration::from_mins(5),
            workers: one_per_core(),
            queue_depth_max: 512,
            retry_after_seconds: 1,
            deadline_default: Duration::from_secs(10),
            deadline_max: Duration::from_mins(1),
            header_timeout: Duration::from_secs(10),
            probe_period: Duration::from_secs(5),
            shutdown_delay: Duration::ZERO,
            shutdown_grace_period: Duration::from_secs(20),
            hooks: HookSettings::default(),
        }
    }
}

/// Limits that contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// A caller who sets no deadline would get a longer one than any caller may set.
    #[error(
        "the default deadline ({default} ms) is longer than the longest that a caller may set ({max} ms)"
    )]
    Deadlines {
        /// The default, in milliseconds.
        default: u128,
        /// The longest, in milliseconds.
        max: u128,
    },
    /// The queue could never be full, so that no request would be refused for it.
    #[error(
        "max_concurrent_requests ({requests}) is not more than workers ({workers}) and queue_depth_max ({queue_depth}) \
         together"
    )]
    Concurrency {
        /// Maximum number of concurrent requests.
        requests: usize,
        /// Threads that score.
        workers: usize,
        /// Maximum depth of the queue.
        queue_depth: usize,
    },
}

impl Limits {
    /// Refuses limits that contradict each other.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn check(&self) -> Result<(), LimitsError> {
        if self.deadline_default > self.deadline_max {
            return Err(LimitsError::Deadlines {
                default: self.deadline_default.as_millis(),
                max: self.deadline_max.as_millis(),
            });
        }
        let (requests, queue_depth) = (self.max_concurrent_requests, self.queue_depth_max);
        let workers = self.workers.get();
        if requests <= workers + queue_depth {
            return Err(LimitsError::Concurrency {
                requests,
                workers,
                queue_depth,
            });
        }
        Ok(())
    }
}

fn one_per_core() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_one_per_core(workers: &NonZeroUsize) -> bool {
    *workers == one_per_core()
}

/// A duration as a whole number of milliseconds.
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (duration.as_millis() as u64).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
