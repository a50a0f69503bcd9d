//! `ScoreStream`: exchanges as they come, results in their order.
//!
//! What has arrived is scored together, up to a bound, on one worker; only then is more read. So a stream keeps the
//! order of its exchanges, holds one worker at most, and its caller is held back by the protocol's flow control.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connectrpc::{ConnectError, InboundStream, StreamMessage};
use futures_util::stream::{self, ReadyChunks, Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time;

use super::desk::{Dispatcher, Read};
use super::readiness::Readiness;
use super::{Limits, clock, discretion, scoring};
use crate::wire::contract::{self, ScoreResult};
use crate::wire::{WireError, exchange_from_contract};

/// How many streams may be open, and how much of each is read ahead.
pub(super) struct Streams {
    places: Arc<Semaphore>,
    readiness: Arc<Readiness>,
    ahead_max: usize,
    silence: Duration,
    body_bytes_max: usize,
    retry_after_seconds: u32,
}

/// What one message of a stream was read as.
type Message = Result<StreamMessage<contract::Exchange>, ConnectError>;

impl Streams {
    /// As `limits` says.
    pub(super) fn new(limits: &Limits, readiness: Arc<Readiness>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(limits.scoring_streams_max)),
            readiness,
            ahead_max: limits.stream_ahead_max,
            silence: limits.stream_silence,
            body_bytes_max: limits.body_bytes_max,
            retry_after_seconds: limits.retry_after_seconds,
        }
    }

    /// The results of `requests`, in their order, until the caller ends, something cannot be read, the deadline
    /// passes or the server drains.
    ///
    /// # Errors
    /// [`WireError::Overloaded`] when as many streams are open as may be.
    pub(super) fn open(
        self: &Arc<Self>,
        desk: &Arc<Dispatcher>,
        requests: InboundStream<contract::Exchange>,
        deadline: Option<Instant>,
    ) -> Result<impl Stream<Item = Result<ScoreResult, ConnectError>> + Send + 'static, WireError>
    {
        let place =
            Arc::clone(&self.places)
                .try_acquire_owned()
                .map_err(|_| WireError::Overloaded {
                    retry_after_seconds: self.retry_after_seconds,
                })?;
        let open = Open {
            streams: Arc::clone(self),
            desk: Arc::clone(desk),
            requests: requests.ready_chunks(self.ahead_max),
            deadline: deadline.map(time::Instant::from_std),
            results: VecDeque::new(),
            end: None,
            _place: place,
        };
        Ok(stream::unfold(open, |mut open| async move {
            let next = open.next().await?;
            Some((next, open))
        }))
    }
}

/// An open stream.
struct Open {
    streams: Arc<Streams>,
    desk: Arc<Dispatcher>,
    requests: ReadyChunks<InboundStream<contract::Exchange>>,
    deadline: Option<time::Instant>,
    /// Scored, not yet sent.
    results: VecDeque<ScoreResult>,
    /// Nothing more is read: why, once it has been sent `Ok`.
    end: Option<Result<(), WireError>>,
    _place: OwnedSemaphorePermit,
}

impl Open {
    async fn next(&mut self) -> Option<Result<ScoreResult, ConnectError>> {
        loop {
            if let Some(result) = self.results.pop_front() {
                return Some(Ok(result));
            }
            if let Some(end) = self.end.replace(Ok(())) {
                return end.err().map(|error| Err(error.to_connect()));
            }
            self.end = self.advance().await.err();
        }
    }

    /// Reads what has arrived and scores it.
    ///
    /// # Errors
    /// The end of the stream, which may be a good one.
    async fn advance(&mut self) -> Result<(), Result<(), WireError>> {
        let silent = time::Instant::now() + self.streams.silence;
        let until = self
            .deadline
            .map_or(silent, |deadline| deadline.min(silent));
        let messages = tokio::select! {
            biased;
            () = self.streams.readiness.drained() => {
                let waiting_for = "a restart; the server is stopping";
                return Err(Err(WireError::NotReady { waiting_for }));
            }
            () = time::sleep_until(until) => return Err(Err(WireError::DeadlineExceeded)),
            messages = self.requests.next() => messages.ok_or(Ok(()))?,
        };
        let (exchanges, unreadable) = self.read(messages);
        let scoring = self.desk.score_batch_in_turn(exchanges);
        let scored = match self.deadline {
            None => scoring.await,
            Some(deadline) => time::timeout_at(deadline, scoring)
                .await
                .unwrap_or(Err(WireError::DeadlineExceeded)),
        };
        let results = scored.map_err(Err)?.into_iter().map(scoring::result);
        self.results.extend(results);
        unreadable.map_or(Ok(()), |error| Err(Err(error)))
    }

    /// The exchanges before the first message that could not be decoded.
    fn read(&self, messages: Vec<Message>) -> (Vec<Read>, Option<WireError>) {
        let received = clock::now();
        let mut exchanges = Vec::with_capacity(messages.len());
        for message in messages {
            match message {
                Ok(message) => exchanges.push(exchange_from_contract(
                    message.view(),
                    received,
                    self.desk.bounds(),
                )),
                Err(error) => {
                    let bound = self.streams.body_bytes_max;
                    return (exchanges, Some(discretion::of_message(&error, bound)));
                }
            }
        }
        (exchanges, None)
    }
}
