//! Whether calls are taken: one answer for `/readyz`, `grpc.health.v1` and the drain.

use std::sync::Arc;
use std::time::Duration;

use connectrpc::ConnectError;
use connectrpc_health::{Checker, Status, StatusStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time;

use super::{NotReady, Scorer};
use crate::wire::contract::SCORING_SERVICE_SERVICE_NAME;

/// How often watchers of `grpc.health.v1` learn of a change.
const PERIOD: Duration = Duration::from_secs(1);

/// The scorer's readiness, until the drain begins.
pub(super) struct Readiness {
    scorer: Arc<dyn Scorer>,
    draining: watch::Sender<bool>,
    status: watch::Sender<Status>,
}

impl Readiness {
    /// As ready as `scorer`.
    pub(super) fn new(scorer: Arc<dyn Scorer>) -> Self {
        Self {
            scorer,
            draining: watch::Sender::new(false),
            status: watch::Sender::new(Status::Unknown),
        }
    }

    /// Whether calls are taken now.
    pub(super) fn check(&self) -> Result<(), NotReady> {
        if *self.draining.borrow() {
            return Err(NotReady {
                waiting_for: "shutdown",
            });
        }
        self.scorer.ready()
    }

    /// From now on nothing is ready.
    pub(super) fn drain(&self) {
        self.draining.send_replace(true);
        self.publish();
    }

    /// Keeps those informed who watch over gRPC, until the task is aborted.
    pub(super) fn keep_watching(self: Arc<Self>) -> JoinHandle<()> {
        tokio::spawn(async move {
            let mut ticks = time::interval(PERIOD);
            loop {
                ticks.tick().await;
                self.publish();
            }
        })
    }

    fn publish(&self) {
        let status = self.now();
        self.status.send_if_modified(|known| {
            let changed = *known != status;
            *known = status;
            changed
        });
    }

    fn now(&self) -> Status {
        match self.check() {
            Ok(()) => Status::Serving,
            Err(_) => Status::NotServing,
        }
    }
}

/// `grpc.health.v1`: the whole process under the empty name, and the scoring service under its own.
pub(super) struct Health(pub(super) Arc<Readiness>);

impl Health {
    fn known(service: &str) -> Result<(), ConnectError> {
        if service.is_empty() || service == SCORING_SERVICE_SERVICE_NAME {
            return Ok(());
        }
        Err(ConnectError::not_found("no such service"))
    }
}

impl Checker for Health {
    async fn check(&self, service: &str) -> Result<Status, ConnectError> {
        Self::known(service)?;
        Ok(self.0.now())
    }

    async fn watch(&self, service: &str) -> Result<StatusStream, ConnectError> {
        Self::known(service)?;
        self.0.publish();
        Ok(StatusStream::from_watch(self.0.status.subscribe()))
    }
}
