//! `ScoreStream`: scores exchanges as they arrive and returns results in the same order.
//!
//! The exchanges that have arrived are scored together, up to a bound, on one worker; only then is more read. A stream
//! therefore keeps the order of its exchanges, holds at most one worker, and its caller is slowed by the protocol's
//! flow control.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connectrpc::{ConnectError, InboundStream, StreamMessage};
use futures_util::stream::{self, ReadyChunks, Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time;

use super::result::result;
use super::{received, redaction};
use crate::server::clock;
use crate::server::limits::Limits;
use crate::server::queue::admission::Priority;
use crate::server::queue::dispatcher::{Decoded, Dispatcher};
use crate::server::readiness::Readiness;
use crate::wire::WireError;
use crate::wire::contract::{self, ScoreResult};

/// Limits of streams: how many may be open, and how many exchanges of each are read ahead.
pub(in crate::server) struct Streams {
    permits: Arc<Semaphore>,
    readiness: Arc<Readiness>,
    ahead_max: usize,
    idle_timeout: Duration,
    body_bytes_max: usize,
    retry_after_seconds: u32,
}

/// One message of a stream, or the reason why it could not be decoded.
type Message = Result<StreamMessage<contract::Exchange>, ConnectError>;

impl Streams {
    /// Creates the limits from the configuration.
    pub(in crate::server) fn new(limits: &Limits, readiness: Arc<Readiness>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(limits.scoring_streams_max)),
            readiness,
            ahead_max: limits.stream_ahead_max,
            idle_timeout: limits.stream_idle_timeout,
            body_bytes_max: limits.body_bytes_max,
            retry_after_seconds: limits.retry_after_seconds,
        }
    }

    /// Opens a stream of the results of `requests`, in order. It ends when the caller ends it, a message cannot be
    /// decoded, the deadline passes or the server drains.
    ///
    /// # Errors
    /// [`WireError::Overloaded`] if the maximum number of streams is open.
    pub(in crate::server) fn open(
        self: &Arc<Self>,
        dispatcher: &Arc<Dispatcher>,
        requests: InboundStream<contract::Exchange>,
        deadline: Option<Instant>,
    ) -> Result<impl Stream<Item = Result<ScoreResult, ConnectError>> + Send + 'static, WireError>
    {
        let permit =
            Arc::clone(&self.permits)
                .try_acquire_owned()
                .map_err(|_| WireError::Overloaded {
                    retry_after_seconds: self.retry_after_seconds,
                })?;
        let open = Open {
            streams: Arc::clone(self),
            dispatcher: Arc::clone(dispatcher),
            requests: requests.ready_chunks(self.ahead_max),
            deadline: deadline.map(time::Instant::from_std),
            results: VecDeque::new(),
            end: None,
            _permit: permit,
        };
        Ok(stream::unfold(open, |mut open| async move {
            let next = open.next().await?;
            Some((next, open))
        }))
    }
}

/// How a stream ends.
enum StreamEnd {
    /// The caller has sent everything, and every result is sent.
    Complete,
    /// An error is sent after the results.
    Failed(WireError),
}

/// An open stream.
struct Open {
    streams: Arc<Streams>,
    dispatcher: Arc<Dispatcher>,
    requests: ReadyChunks<InboundStream<contract::Exchange>>,
    deadline: Option<time::Instant>,
    /// Results not yet sent.
    results: VecDeque<ScoreResult>,
    /// Set once no more messages are read.
    end: Option<StreamEnd>,
    _permit: OwnedSemaphorePermit,
}

impl Open {
    async fn next(&mut self) -> Option<Result<ScoreResult, ConnectError>> {
        loop {
            if let Some(result) = self.results.pop_front() {
                return Some(Ok(result));
            }
            match self.end.take() {
                Some(StreamEnd::Complete) => return None,
                Some(StreamEnd::Failed(error)) => {
                    self.end = Some(StreamEnd::Complete);
                    return Some(Err(error.to_connect()));
                }
                None => self.end = self.advance().await.err(),
            }
        }
    }

    /// Reads the messages that have arrived and scores them.
    ///
    /// # Errors
    /// At the end of the stream, whether complete or failed.
    async fn advance(&mut self) -> Result<(), StreamEnd> {
        let idle = time::Instant::now() + self.streams.idle_timeout;
        let until = self.deadline.map_or(idle, |deadline| deadline.min(idle));
        let messages = tokio::select! {
            biased;
            () = self.streams.readiness.drained() => {
                let waiting_for = "a restart; the server is stopping";
                return Err(StreamEnd::Failed(WireError::NotReady { waiting_for }));
            }
            () = time::sleep_until(until) => {
                return Err(StreamEnd::Failed(WireError::DeadlineExceeded));
            }
            messages = self.requests.next() => messages.ok_or(StreamEnd::Complete)?,
        };
        let (exchanges, unreadable) = self.read(messages);
        let scoring = self.dispatcher.score_batch(Priority::InTurn, exchanges);
        let scored = match self.deadline {
            None => scoring.await,
            Some(deadline) => time::timeout_at(deadline, scoring)
                .await
                .unwrap_or(Err(WireError::DeadlineExceeded)),
        };
        let scored = scored.map_err(StreamEnd::Failed)?;
        self.results.extend(scored.into_iter().map(result));
        unreadable.map_or(Ok(()), |error| Err(StreamEnd::Failed(error)))
    }

    /// Returns the exchanges before the first message that could not be decoded, and the error of that message.
    fn read(&self, messages: Vec<Message>) -> (Vec<Decoded>, Option<WireError>) {
        let now = clock::now();
        let mut exchanges = Vec::with_capacity(messages.len());
        for message in messages {
            match message {
                Ok(message) => exchanges.push(received::read(
                    message.to_owned_message(),
                    now,
                    &self.dispatcher,
                )),
                Err(error) => {
                    let bound = self.streams.body_bytes_max;
                    return (exchanges, Some(redaction::of_message(&error, bound)));
                }
            }
        }
        (exchanges, None)
    }
}
