//! The dispatcher, through which every API submits its work: one admission rule, one path to the scorer.

use std::sync::Arc;

use super::admission::{Admission, Priority};
use crate::domain::{Assessment, Exchange, Risk, Timestamp};
use crate::gateway::{Door, Unread};
use crate::server::clock;
use crate::server::limits::Limits;
use crate::server::metrics::arrivals::{Arrival, Shape};
use crate::server::metrics::{Metrics, Shed};
use crate::server::scorer::{AccountStatus, NotReady, Scorer};
use crate::server::services::Services;
use crate::server::status::Status;
use crate::wire::{Bounds, WireError};

/// The services behind admission control, one for the whole port.
pub(in crate::server) struct Dispatcher {
    services: Services,
    admission: Admission,
    metrics: Arc<Metrics>,
    bounds: Bounds,
    since: Timestamp,
}

impl Dispatcher {
    /// Creates a dispatcher to `services` within `limits`, counted in `metrics`.
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
            since: clock::now(),
        }
    }

    /// Returns the bounds on one exchange and one batch.
    pub(in crate::server) const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Scores one exchange on a worker.
    ///
    /// # Errors
    /// If the exchange is not admitted or not counted.
    pub(in crate::server) async fn score(
        &self,
        priority: Priority,
        exchange: Exchange,
    ) -> Result<Assessment, WireError> {
        let scorer = Arc::clone(&self.services.scorer);
        let shape = Shape::of(&exchange);
        let work = move || scorer.score(exchange);
        let assessment = self.admission.run(priority, work).await??;
        self.count(shape, &assessment);
        Ok(assessment)
    }

    /// Scores exchanges in order, on one worker. An exchange that could not be decoded keeps its error and its
    /// position.
    ///
    /// # Errors
    /// If the request is not admitted or the scorer panics.
    pub(in crate::server) async fn score_batch(
        &self,
        priority: Priority,
        decoded: Vec<Decoded>,
    ) -> Result<Vec<Scored>, WireError> {
        let scorer = Arc::clone(&self.services.scorer);
        let shapes: Vec<Option<Shape>> = decoded
            .iter()
            .map(|decoded| decoded.as_ref().ok().map(Shape::of))
            .collect();
        let work = move || score_decoded(&*scorer, decoded);
        let scored = self.admission.run(priority, work).await?;
        for (shape, scored) in shapes.into_iter().zip(&scored) {
            match (shape, scored) {
                (Some(shape), Ok(assessment)) => self.count(shape, assessment),
                (Some(_), Err(_)) => {}
                (None, _) => self.count_refused(),
            }
        }
        Ok(scored)
    }

    /// Counts an exchange that was refused before it could be scored.
    pub(in crate::server) fn count_refused(&self) {
        self.metrics.arrivals().count(Arrival::Refused);
    }

    /// Counts an exchange that was read and has no time of its own.
    pub(in crate::server) fn count_timeless(&self) {
        self.metrics.arrivals().count(Arrival::WithoutTime);
    }

    fn count(&self, shape: Shape, assessment: &Assessment) {
        self.metrics.count_assessment(assessment);
        self.metrics.arrivals().count_scored(shape, assessment);
    }

    /// Returns what has arrived since the start, and of whom. Walks all accounts, on a worker.
    ///
    /// # Errors
    /// If the work is not admitted.
    pub(in crate::server) async fn status(&self) -> Result<Status, WireError> {
        let accounts = Arc::clone(&self.services.accounts);
        let (known, histories) = self
            .ask(move || (accounts.count(), accounts.histories()))
            .await?;
        Ok(Status::new(
            self.metrics.arrivals(),
            self.since,
            known,
            histories,
        ))
    }

    /// Runs other work of a unary request on a worker.
    ///
    /// # Errors
    /// If the work is not admitted, or panics.
    pub(in crate::server) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WireError> {
        self.run(Priority::Unary, work).await
    }

    /// Runs other work on a worker.
    ///
    /// # Errors
    /// If the work is not admitted, or panics.
    pub(in crate::server) async fn run<T: Send + 'static>(
        &self,
        priority: Priority,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WireError> {
        self.admission.run(priority, work).await
    }

    /// Runs the self-test of the whole path on a worker.
    ///
    /// # Errors
    /// If the self-test fails; the error says what does not work.
    pub(in crate::server) async fn self_test(&self) -> Result<(), NotReady> {
        let scorer = Arc::clone(&self.services.scorer);
        let work = move || scorer.readiness();
        let tested = self.admission.run(Priority::Internal, work).await;
        tested.unwrap_or(Err(NotReady {
            waiting_for: "a scorer that does not fail",
        }))
    }

    /// Returns the text of `/metrics`.
    pub(in crate::server) fn metrics(&self, ready: bool) -> String {
        let Services {
            models, accounts, ..
        } = &self.services;
        self.metrics.text(models.active(), accounts.count(), ready)
    }

    /// Counts a background exchange that was dropped unscored.
    pub(in crate::server) fn record_drop(&self) {
        self.metrics.shed(Shed::Background);
    }

    /// Counts a call of a gateway of which not everything was read. Returns how many there were before it.
    pub(in crate::server) fn record_unread(&self, door: Door, reason: Unread) -> u64 {
        self.metrics.count_unread(door, reason)
    }

    /// Returns the name of the active bundle.
    pub(in crate::server) fn bundle(&self) -> String {
        self.services.models.active().name
    }

    /// Returns the status of an account without scoring; `None` if the account is unknown. Uses no worker: it is a
    /// lookup, and a gateway waits for it before a request passes.
    pub(in crate::server) fn account_status(&self, account: &str) -> Option<AccountStatus> {
        let account = self.services.pseudonymizer.account(account);
        self.services.scorer.account_status(account)
    }

    /// Returns the reference that may be given to the account holder.
    pub(in crate::server) fn reference(&self, account: &str) -> String {
        self.services.pseudonymizer.reference(account)
    }

    /// Returns the account identified by a credential.
    pub(in crate::server) fn credential(&self, secret: &[u8]) -> String {
        self.services.pseudonymizer.credential(secret)
    }

    /// Scores exchanges by their text alone, in order, on one worker.
    ///
    /// # Errors
    /// If the request is not admitted or an exchange cannot be scored.
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

/// A decoded exchange, or the reason why it could not be decoded.
pub(in crate::server) type Decoded = Result<Exchange, WireError>;

/// The assessment of an exchange, or the reason why it has none.
pub(in crate::server) type Scored = Result<Assessment, WireError>;

/// Scores all decoded exchanges in one call; errors keep their positions.
fn score_decoded(scorer: &dyn Scorer, decoded: Vec<Decoded>) -> Vec<Scored> {
    let mut exchanges = Vec::with_capacity(decoded.len());
    let errors: Vec<Option<WireError>> = decoded
        .into_iter()
        .map(|decoded| decoded.map(|exchange| exchanges.push(exchange)).err())
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
