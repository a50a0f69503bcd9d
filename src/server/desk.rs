//! Where every surface brings its exchanges: one admission rule, one way to the scorer.

use std::sync::Arc;

use super::admission::Admission;
use super::{Limits, Scorer, Standing};
use crate::domain::{Assessment, Exchange};
use crate::wire::{Bounds, WireError};

/// The scorer behind its admission. One for the whole port.
pub(super) struct Desk {
    scorer: Arc<dyn Scorer>,
    admission: Admission,
    bounds: Bounds,
}

impl Desk {
    /// The desk of `scorer` within `limits`.
    pub(super) fn new(scorer: Arc<dyn Scorer>, limits: &Limits) -> Self {
        Self {
            scorer,
            admission: Admission::new(limits),
            bounds: limits.bounds,
        }
    }

    /// How large one exchange and one batch may be.
    pub(super) const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Scores one exchange on a worker.
    ///
    /// # Errors
    /// When it is not admitted or was not counted.
    pub(super) async fn score(&self, exchange: Exchange) -> Result<Assessment, WireError> {
        let scorer = Arc::clone(&self.scorer);
        let scored = self.admission.run(move || scorer.score(exchange)).await?;
        Ok(scored?)
    }

    /// Scores exchanges in their order, on one worker. What could not be read keeps its error and its place.
    ///
    /// # Errors
    /// When the call is not admitted.
    pub(super) async fn score_all(&self, read: Vec<Read>) -> Result<Vec<Scored>, WireError> {
        let scorer = Arc::clone(&self.scorer);
        self.admission.run(move || score_read(&*scorer, read)).await
    }

    /// The same, but waits for a place: for streams.
    ///
    /// # Errors
    /// When the scorer panics.
    pub(super) async fn score_all_in_turn(
        &self,
        read: Vec<Read>,
    ) -> Result<Vec<Scored>, WireError> {
        let scorer = Arc::clone(&self.scorer);
        let work = move || score_read(&*scorer, read);
        self.admission.run_in_turn(work).await
    }

    /// Does other work on a worker, under the same rule.
    ///
    /// # Errors
    /// When it is not admitted.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WireError> {
        self.admission.run(work).await
    }

    /// How an account stands, without a new exchange; `None` for one that is not remembered. Takes no worker: it is a
    /// look-up, and a gateway waits for it before a request goes through.
    #[expect(
        dead_code,
        reason = "asked by the gateway hooks, which are mounted next"
    )]
    pub(super) fn standing(&self, account: &str) -> Option<Standing> {
        self.scorer.standing(account)
    }
}

/// An exchange as it was read, or why it could not be.
pub(super) type Read = Result<Exchange, WireError>;

/// What became of an exchange.
pub(super) type Scored = Result<Assessment, WireError>;

/// One call to the scorer for all that could be read; the errors keep their places.
fn score_read(scorer: &dyn Scorer, read: Vec<Read>) -> Vec<Scored> {
    let mut exchanges = Vec::with_capacity(read.len());
    let errors: Vec<Option<WireError>> = read
        .into_iter()
        .map(|read| read.map(|exchange| exchanges.push(exchange)).err())
        .collect();
    let mut scored = scorer.score_all(exchanges).into_iter();
    let errors = errors.into_iter();
    errors
        .map(|error| match error {
            Some(error) => Err(error),
            None => Ok(scored.next().ok_or(WireError::Internal)??),
        })
        .collect()
}
