//! The dispatcher: where every surface brings its exchanges; one admission rule, one way to the scorer.

use std::sync::Arc;

use super::admission::Admission;
use super::metrics::{Metrics, Shed};
use super::{AccountStatus, Limits, NotReady, Scorer, Services};
use crate::domain::{Assessment, Exchange, Risk};
use crate::wire::{Bounds, WireError};

/// The services behind their admission. One for the whole port.
pub(super) struct Dispatcher {
    services: Services,
    admission: Admission,
    metrics: Arc<Metrics>,
    bounds: Bounds,
}

impl Dispatcher {
    /// Dispatches to `services` within `limits`, counted by `metrics`.
    pub(super) fn new(services: Services, limits: &Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            services,
            admission: Admission::new(limits, Arc::clone(&metrics)),
            metrics,
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
        let scorer = Arc::clone(&self.services.scorer);
        let assessment = self.admission.run(move || scorer.score(exchange)).await??;
        self.metrics.scored(&assessment);
        Ok(assessment)
    }

    /// Scores exchanges in their order, on one worker. What could not be read keeps its error and its place.
    ///
    /// # Errors
    /// When the call is not admitted.
    pub(super) async fn score_batch(&self, read: Vec<Read>) -> Result<Vec<Scored>, WireError> {
        let scorer = Arc::clone(&self.services.scorer);
        let scored = self
            .admission
            .run(move || score_read(&*scorer, read))
            .await?;
        Ok(self.counted(scored))
    }

    /// The same, but waits for a place: for streams.
    ///
    /// # Errors
    /// When the scorer panics.
    pub(super) async fn score_batch_in_turn(
        &self,
        read: Vec<Read>,
    ) -> Result<Vec<Scored>, WireError> {
        let scorer = Arc::clone(&self.services.scorer);
        let work = move || score_read(&*scorer, read);
        Ok(self.counted(self.admission.run_in_turn(work).await?))
    }

    fn counted(&self, scored: Vec<Scored>) -> Vec<Scored> {
        for assessment in scored.iter().flatten() {
            self.metrics.scored(assessment);
        }
        scored
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

    /// Lets a worker test the whole path.
    ///
    /// # Errors
    /// What does not work.
    pub(super) async fn self_test(&self) -> Result<(), NotReady> {
        let scorer = Arc::clone(&self.services.scorer);
        let tested = self.admission.run_own(move || scorer.readiness()).await;
        tested.unwrap_or(Err(NotReady {
            waiting_for: "a scorer that does not fail",
        }))
    }

    /// The text of `/metrics`.
    pub(super) fn metrics(&self, ready: bool) -> String {
        let (bundle, accounts) = (
            self.services.models.active(),
            self.services.accounts.count(),
        );
        self.metrics.text(bundle, accounts, ready)
    }

    /// Counts an exchange that nobody waited for and that was not scored.
    pub(super) fn record_drop(&self) {
        self.metrics.shed(Shed::Unawaited);
    }

    /// The active bundle.
    pub(super) fn bundle(&self) -> String {
        self.services.models.active().name
    }

    /// The status of an account, without a new exchange; `None` for one that is not remembered. Takes no worker: it is a
    /// look-up, and a gateway waits for it before a request goes through.
    pub(super) fn account_status(&self, account: &str) -> Option<AccountStatus> {
        let account = self.services.pseudonymizer.account(account);
        self.services.scorer.account_status(account)
    }

    /// What the holder of an account may be told.
    pub(super) fn reference(&self, account: &str) -> String {
        self.services.pseudonymizer.reference(account)
    }

    /// The account that stands for a secret.
    pub(super) fn credential(&self, secret: &[u8]) -> String {
        self.services.pseudonymizer.credential(secret)
    }

    /// Risks of exchanges by their text alone, in their order, on one worker.
    ///
    /// # Errors
    /// When the call is not admitted or an exchange has no answer.
    pub(super) async fn conversation_risks(
        &self,
        exchanges: Vec<Exchange>,
    ) -> Result<Vec<Risk>, WireError> {
        let scorer = Arc::clone(&self.services.scorer);
        let risk = move |exchange: &Exchange| Ok(scorer.conversation_risk(exchange)?);
        self.admission
            .run(move || exchanges.iter().map(risk).collect())
            .await?
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
    let mut scored = scorer.score_batch(exchanges).into_iter();
    let errors = errors.into_iter();
    errors
        .map(|error| match error {
            Some(error) => Err(error),
            None => Ok(scored.next().ok_or(WireError::Internal)??),
        })
        .collect()
}
