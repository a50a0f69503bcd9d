//! Readiness: one state behind `/readyz`, `grpc.health.v1` and the drain.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use connectrpc::ConnectError;
use connectrpc_health::{Checker, Status, StatusStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time;

use super::limits::Limits;
use super::queue::dispatcher::Dispatcher;
use super::scorer::NotReady;
use crate::wire::contract::{
    ACCOUNT_SERVICE_SERVICE_NAME, LABEL_SERVICE_SERVICE_NAME, MODEL_SERVICE_SERVICE_NAME,
    REVIEW_SERVICE_SERVICE_NAME, SCORING_SERVICE_SERVICE_NAME,
};

/// Interval at which watchers of `grpc.health.v1` are notified of a change.
const PERIOD: Duration = Duration::from_secs(1);
/// Time limit of the first probe; after it the port opens unready.
const FIRST_PROBE: Duration = Duration::from_secs(10);
/// Number of probe periods after which a success is stale: no worker has run the next probe.
const STALE_PERIODS: u32 = 12;

/// Result of the last probe of the whole path.
struct ProbeResult {
    outcome: Result<(), NotReady>,
    at: Instant,
}

/// The scorer's readiness until the drain begins, and unready from then on.
pub(super) struct Readiness {
    dispatcher: Arc<Dispatcher>,
    probed: Mutex<ProbeResult>,
    probe_period: Duration,
    /// Status sent to watchers; `None` once the drain has begun, which ends their streams.
    watched: Mutex<Option<watch::Sender<Status>>>,
}

impl Readiness {
    /// Creates the readiness of the scorer behind `dispatcher`: unready until a worker has probed it.
    pub(super) fn new(dispatcher: Arc<Dispatcher>, limits: &Limits) -> Self {
        Self {
            dispatcher,
            probed: Mutex::new(ProbeResult {
                outcome: Err(NotReady {
                    waiting_for: "the first exchange to be scored",
                }),
                at: Instant::now(),
            }),
            probe_period: limits.probe_period,
            watched: Mutex::new(Some(watch::Sender::new(Status::Unknown))),
        }
    }

    /// Returns whether the server is ready now, and otherwise why not.
    pub(super) fn check(&self) -> Result<(), NotReady> {
        if self.watched().is_none() {
            return Err(NotReady {
                waiting_for: "a restart; the server is stopping",
            });
        }
        let probed = lock(&self.probed);
        probed.outcome?;
        if probed.at.elapsed() > self.probe_period * STALE_PERIODS {
            return Err(NotReady {
                waiting_for: "a worker",
            });
        }
        Ok(())
    }

    /// Runs the first probe. Returns when it has finished or timed out; the port then opens.
    pub(super) async fn probe_first(&self) {
        if time::timeout(FIRST_PROBE, self.probe()).await.is_err() {
            tracing::warn!("the first probe timed out; the port opens unready");
        }
    }

    /// Spawns a task that probes the whole path on a worker every few seconds, until it is aborted.
    pub(super) fn keep_probing(self: Arc<Self>) -> JoinHandle<()> {
        tokio::spawn(async move {
            loop {
                time::sleep(self.probe_period).await;
                self.probe().await;
            }
        })
    }

    async fn probe(&self) {
        let outcome = self.dispatcher.self_test().await;
        let at = Instant::now();
        let before =
            std::mem::replace(&mut *lock(&self.probed), ProbeResult { outcome, at }).outcome;
        match (before, outcome) {
            (Err(_), Ok(())) => tracing::info!("ready"),
            (Ok(()), Err(reason)) => tracing::error!(%reason, "no longer ready"),
            _ => {}
        }
    }

    /// Begins the drain: turns unready, notifies watchers and ends their streams.
    pub(super) fn drain(&self) {
        if let Some(watched) = self.watched().take() {
            watched.send_replace(Status::NotServing);
        }
    }

    /// Resolves when the drain begins.
    pub(super) async fn drained(&self) {
        let Some(mut watched) = self.watched().as_ref().map(watch::Sender::subscribe) else {
            return;
        };
        // The drain drops the sender.
        while watched.changed().await.is_ok() {}
    }

    /// Spawns a task that notifies gRPC watchers, until it is aborted.
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
        if let Some(watched) = &*self.watched() {
            watched.send_if_modified(|known| std::mem::replace(known, status) != status);
        }
    }

    fn watched(&self) -> MutexGuard<'_, Option<watch::Sender<Status>>> {
        lock(&self.watched)
    }

    fn now(&self) -> Status {
        match self.check() {
            Ok(()) => Status::Serving,
            Err(_) => Status::NotServing,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that could panic runs under the locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The names of the whole process and of each service; all share one status.
const NAMES: [&str; 6] = [
    "",
    SCORING_SERVICE_SERVICE_NAME,
    ACCOUNT_SERVICE_SERVICE_NAME,
    MODEL_SERVICE_SERVICE_NAME,
    LABEL_SERVICE_SERVICE_NAME,
    REVIEW_SERVICE_SERVICE_NAME,
];

/// The service `grpc.health.v1`: reports the whole process under the empty name, and each service under its own.
pub(super) struct Health(pub(super) Arc<Readiness>);

impl Health {
    fn known(service: &str) -> Result<(), ConnectError> {
        if NAMES.contains(&service) {
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
        let receiver = match &*self.0.watched() {
            Some(watched) => watched.subscribe(),
            None => watch::channel(Status::NotServing).1,
        };
        Ok(StatusStream::from_watch(receiver))
    }
}
