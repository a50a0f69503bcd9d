//! What bounds the server's memory and time.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use super::hooks::settings::Hooks;
use crate::wire::Bounds;

/// Every bound of the server. Bodies of calls take at most `calls_max x body_bytes_max` of memory, those of streams
/// at most `scoring_streams_max x stream_ahead_max x body_bytes_max`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// What one exchange and one batch may hold.
    pub bounds: Bounds,
    /// Bytes of one request's body.
    pub body_bytes_max: usize,
    /// Connections at once; more wait in the kernel's queue.
    pub connections_max: usize,
    /// Calls at once on one HTTP/2 connection.
    pub streams_max: u32,
    /// Scoring calls inside at once, over all connections, their bodies still arriving or not; one more is
    /// refused as overloaded. More than `workers + waiting_max`, or the queue is never full.
    pub calls_max: usize,
    /// Open `ScoreStream` calls at once; one more is refused as overloaded.
    pub scoring_streams_max: usize,
    /// Exchanges of one stream that are read ahead of their results; beyond that the stream is not read.
    pub stream_ahead_max: usize,
    /// How long nothing may be sent on a stream.
    pub stream_silence: Duration,
    /// Threads that score.
    pub workers: NonZeroUsize,
    /// Admitted calls that wait for a worker; one more is refused as overloaded.
    pub waiting_max: usize,
    /// What a refused caller is told to wait before it tries again.
    pub retry_after_seconds: u32,
    /// Deadline of a call whose caller set none.
    pub deadline_default: Duration,
    /// The longest deadline that a caller may set.
    pub deadline_max: Duration,
    /// The longest wait for a connection's first byte and for HTTP/1.1 headers.
    pub header_timeout: Duration,
    /// How often a worker tries the whole path; readiness is lost when none has come to it for twelve times as long.
    pub probe_period: Duration,
    /// How long the port stays open at shutdown while readiness is already false, so that whoever spreads the load
    /// can turn away first.
    pub drain_delay: Duration,
    /// How long calls in flight may take at shutdown after that.
    pub drain: Duration,
    /// What gateway hooks answer and what they may hold.
    pub hooks: Hooks,
}

/// Two limits that cannot both be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// A caller who sets no deadline would have a longer one than any caller may set.
    #[error("the default deadline ({default} ms) is longer than the longest ({max} ms)")]
    Deadlines {
        /// The default, in milliseconds.
        default: u128,
        /// The longest, in milliseconds.
        max: u128,
    },
    /// The queue could never be full, so that nobody would be refused for it.
    #[error(
        "{calls} calls inside at once are fewer than the {workers} workers and {waiting} places of the queue, \
         and one more"
    )]
    Calls {
        /// Calls inside at once.
        calls: usize,
        /// Threads that score.
        workers: usize,
        /// Places of the queue.
        waiting: usize,
    },
}

impl Limits {
    /// The limits that the documentation states, with one worker a core.
    pub fn standard() -> Self {
        Self {
            bounds: Bounds::STANDARD,
            body_bytes_max: 8 * 1024 * 1024,
            connections_max: 1_024,
            streams_max: 128,
            calls_max: 1_024,
            scoring_streams_max: 64,
            stream_ahead_max: 16,
            stream_silence: Duration::from_secs(300),
            workers: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            waiting_max: 512,
            retry_after_seconds: 1,
            deadline_default: Duration::from_secs(10),
            deadline_max: Duration::from_secs(60),
            header_timeout: Duration::from_secs(10),
            probe_period: Duration::from_secs(5),
            drain_delay: Duration::ZERO,
            drain: Duration::from_secs(20),
            hooks: Hooks::standard(),
        }
    }

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
        let (calls, workers, waiting) = (self.calls_max, self.workers.get(), self.waiting_max);
        if calls <= workers + waiting {
            return Err(LimitsError::Calls {
                calls,
                workers,
                waiting,
            });
        }
        Ok(())
    }
}
