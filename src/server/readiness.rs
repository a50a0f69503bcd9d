//! Whether calls are taken: one answer for `/readyz`, `grpc.health.v1` and the drain.

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
    SCORING_SERVICE_SERVICE_NAME,
};

/// How often watchers of `grpc.health.v1` learn of a change.
const PERIOD: Duration = Duration::from_secs(1);
/// How long the first try may take before the port opens all the same, unready.
const FIRST_PROBE: Duration = Duration::from_secs(10);
/// A success that is older than so many periods proves nothing any more: no worker has come to the next try.
const STALE_PERIODS: u32 = 12;

/// The last try of the whole path.
struct Probed {
    outcome: Result<(), NotReady>,
    at: Instant,
}

/// The scorer's readiness, until the drain begins.
pub(super) struct Readiness {
    dispatcher: Arc<Dispatcher>,
    probed: Mutex<Probed>,
    probe_period: Duration,
    /// What watchers are told; `None` once the drain has begun, which ends their streams.
    watched: Mutex<Option<watch::Sender<Status>>>,
}

impl Readiness {
    /// As ready as the scorer behind `dispatcher`, once a worker has tried it.
    pub(super) fn new(dispatcher: Arc<Dispatcher>, limits: &Limits) -> Self {
        Self {
            dispatcher,
            probed: Mutex::new(Probed {
                outcome: Err(NotReady {
                    waiting_for: "the first exchange to be scored",
                }),
                at: Instant::now(),
            }),
            probe_period: limits.probe_period,
            watched: Mutex::new(Some(watch::Sender::new(Status::Unknown))),
        }
    }

    /// Whether calls are taken now.
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

    /// The first try: the port opens when it has ended, or has taken too long.
    pub(super) async fn probe_first(&self) {
        if time::timeout(FIRST_PROBE, self.probe()).await.is_err() {
            tracing::warn!("the first exchange is not scored yet; the port opens unready");
        }
    }

    /// Lets a worker try the whole path every few seconds, until the task is aborted.
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
        let before = std::mem::replace(&mut *lock(&self.probed), Probed { outcome, at }).outcome;
        match (before, outcome) {
            (Err(_), Ok(())) => tracing::info!("ready"),
            (Ok(()), Err(reason)) => tracing::error!(%reason, "no longer ready"),
            _ => {}
        }
    }

    /// From now on nothing is ready, and watchers are told and sent away.
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
        // The sender goes with the drain.
        while watched.changed().await.is_ok() {}
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

/// The whole process, and each service; all are ready at once.
const NAMES: [&str; 5] = [
    "",
    SCORING_SERVICE_SERVICE_NAME,
    ACCOUNT_SERVICE_SERVICE_NAME,
    MODEL_SERVICE_SERVICE_NAME,
    LABEL_SERVICE_SERVICE_NAME,
];

/// `grpc.health.v1`: the whole process under the empty name, and each service under its own.
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
