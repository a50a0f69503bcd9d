//! The dispatcher: where every surface brings its exchanges; one admission rule, one way to the scorer.

use std::sync::Arc;

use super::admission::{Admission, Priority};
use crate::domain::{Assessment, Exchange, Risk};
use crate::server::limits::Limits;
use crate::server::metrics::{Metrics, Shed};
use crate::server::scorer::{AccountStatus, NotReady, Scorer};
use crate::server::services::Services;
use crate::wire::{Bounds, WireError};

/// The services behind their admission. One for the whole port.
pub(in crate::server) struct Dispatcher {
    services: Services,
    admission: Admission,
    metrics: Arc<Metrics>,
    bounds: Bounds,
}

impl Dispatcher {
    /// Dispatches to `services` within `limits`, counted by `metrics`.
    pub(in crate::server) fn new(
        services: Services,
        limits: &Limits,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            services,
            admission: Admission::new(limits, Arc::clone(&metrics)),
            metrics,
            bounds: limits.bounds,
        }
    }

    /// How large one exchange and one batch may be.
    pub(in crate::server) const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Scores one exchange on a worker.
    ///
    /// # Errors
    /// When it is not admitted or was not counted.
    pub(in crate::server) async fn score(
        &self,
        priority: Priority,
        exchange: Exchange,
    ) -> Result<Assessment, WireError> {
        let scorer = Arc::clone(&self.services.scorer);
        let work = move || scorer.score(exchange);
        let assessment = self.admission.run(priority, work).await??;
        self.metrics.scored(&assessment);
        Ok(assessment)
    }

    /// Scores exchanges in their order, on one worker. What could not be read keeps its error and its place.
    ///
    /// # Errors
    /// When the call is not admitted or the scorer panics.
    pub(in crate::server) async fn score_batch(
        &self,
        priority: Priority,
        read: Vec<Read>,
    ) -> Result<Vec<Scored>, WireError> {
        let scorer = Arc::clone(&self.services.scorer);
        let work = move || score_read(&*scorer, read);
        let scored = self.admission.run(priority, work).await?;
        for assessment in scored.iter().flatten() {
            self.metrics.scored(assessment);
        }
        Ok(scored)
    }

    /// Does the other work of a unary call on a worker.
    ///
    /// # Errors
    /// When it is not admitted.
    pub(in crate::server) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WireError> {
        self.run(Priority::Unary, work).await
    }

    /// Does other work on a worker.
    ///
    /// # Errors
    /// When it is not admitted.
    pub(in crate::server) async fn run<T: Send + 'static>(
        &self,
        priority: Priority,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WireError> {
        self.admission.run(priority, work).await
    }

    /// Lets a worker test the whole path.
    ///
    /// # Errors
    /// What does not work.
    pub(in crate::server) async fn self_test(&self) -> Result<(), NotReady> {
        let scorer = Arc::clone(&self.services.scorer);
        let work = move || scorer.readiness();
        let tested = self.admission.run(Priority::Internal, work).await;
        tested.unwrap_or(Err(NotReady {
            waiting_for: "a scorer that does not fail",
        }))
    }

    /// The text of `/metrics`.
    pub(in crate::server) fn metrics(&self, ready: bool) -> String {
        let Services {
            models, accounts, ..
        } = &self.services;
        self.metrics.text(models.active(), accounts.count(), ready)
    }

    /// Counts an exchange that nobody waited for and that was not scored.
    pub(in crate::server) fn record_drop(&self) {
        self.metrics.shed(Shed::Background);
    }

    /// The active bundle.
    pub(in crate::server) fn bundle(&self) -> String {
        self.services.models.active().name
    }

    /// The status of an account, without a new exchange; `None` for one that is not remembered. Takes no worker: it is a
    /// look-up, and a gateway waits for it before a request goes through.
    pub(in crate::server) fn account_status(&self, account: &str) -> Option<AccountStatus> {
        let account = self.services.pseudonymizer.account(account);
        self.services.scorer.account_status(account)
    }

    /// What the holder of an account may be told.
    pub(in crate::server) fn reference(&self, account: &str) -> String {
        self.services.pseudonymizer.reference(account)
    }

    /// The account that stands for a secret.
    pub(in crate::server) fn credential(&self, secret: &[u8]) -> String {
        self.services.pseudonymizer.credential(secret)
    }

    /// Risks of exchanges by their text alone, in their order, on one worker.
    ///
    /// # Errors
    /// When the call is not admitted or an exchange has no answer.
    pub(in crate::server) async fn conversation_risks(
        &self,
        exchanges: Vec<Exchange>,
    ) -> Result<Vec<Risk>, WireError> {
        let scorer = Arc::clone(&self.services.scorer);
        let risk = move |exchange: &Exchange| Ok(scorer.conversation_risk(exchange)?);
        let work = move || exchanges.iter().map(risk).collect();
        self.admission.run(Priority::Unary, work).await?
    }
}

/// An exchange as it was read, or why it could not be.
pub(in crate::server) type Read = Result<Exchange, WireError>;

/// What became of an exchange.
pub(in crate::server) type Scored = Result<Assessment, WireError>;

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
