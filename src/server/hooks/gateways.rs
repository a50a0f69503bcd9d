//! What all hooks share: how accounts stand, requests that wait for their answers, work that nobody waits for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time;

use super::Hooks;
use crate::domain::{Assessment, Exchange, Response};
use crate::gateway::{Context, Legs, Mark, Once, Verdict, size};
use crate::server::clock;
use crate::server::desk::Dispatcher;
use crate::wire::WireError;

/// How often it is asked which answers are whole.
const TICK: Duration = Duration::from_millis(250);
/// How long scores may take that are left when the server stops.
const FLUSH: Duration = Duration::from_secs(5);

/// The state behind the hooks. One for the whole port.
pub(in crate::server) struct Gateways {
    desk: Arc<Dispatcher>,
    hooks: Hooks,
    legs: Mutex<Legs>,
    once: Mutex<Once>,
    /// KiB of text that may still wait to be scored.
    backlog: Arc<Semaphore>,
    dropped: AtomicU64,
}

impl Gateways {
    pub(in crate::server) fn new(desk: Arc<Dispatcher>, hooks: &Hooks) -> Self {
        Self {
            desk,
            legs: Mutex::new(Legs::new(hooks.legs)),
            once: Mutex::new(Once::new(hooks.remembered)),
            backlog: Arc::new(Semaphore::new(hooks.backlog_kib_max as usize)),
            hooks: hooks.clone(),
            dropped: AtomicU64::new(0),
        }
    }

    pub(in crate::server) const fn desk(&self) -> &Arc<Dispatcher> {
        &self.desk
    }

    /// What translators must know.
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            received: clock::now(),
            bounds: self.desk.bounds(),
            accounts: &self.hooks.accounts,
        }
    }

    /// Whether a request of `account` goes on, by how the account stands.
    pub(super) fn verdict(&self, account: &str) -> Verdict {
        let Some(block_from) = self.hooks.block_from else {
            return Verdict::Pass;
        };
        match self.desk.account_status(account) {
            Some(status) if status.recommendation >= block_from => Verdict::Block {
                reference: self.desk.reference(account),
            },
            _ => Verdict::Pass,
        }
    }

    /// Scores an exchange with nobody waiting for it. At overload it is dropped and counted.
    pub(in crate::server) fn score_later(self: &Arc<Self>, exchange: Exchange) {
        let mark = Mark::of(&exchange);
        if !self.once().first(mark) {
            return;
        }
        let kib = u32::try_from(size(&exchange) / 1024 + 1).unwrap_or(u32::MAX);
        let Ok(place) = Arc::clone(&self.backlog).try_acquire_many_owned(kib) else {
            return self.record_drop(mark);
        };
        let gateways = Arc::clone(self);
        tokio::spawn(async move {
            if gateways.desk.score(exchange).await.is_err() {
                gateways.record_drop(mark);
            }
            drop(place);
        });
    }

    /// Scores what an exporter sent, those left out that came before; the exporter waits, and may send all of it again
    /// when it is refused.
    pub(super) async fn score_now(
        &self,
        mut exchanges: Vec<Exchange>,
    ) -> Result<Vec<Result<Assessment, WireError>>, WireError> {
        let mut marks = Vec::new();
        exchanges.retain(|exchange| {
            let mark = Mark::of(exchange);
            let first = self.once().first(mark);
            if first {
                marks.push(mark);
            }
            first
        });
        if exchanges.is_empty() {
            return Ok(Vec::new());
        }
        let exchanges = exchanges.into_iter().map(Ok).collect();
        let scored = self.desk.score_batch(exchanges).await;
        match &scored {
            Err(_) => marks.iter().for_each(|mark| self.once().forget(*mark)),
            Ok(results) => {
                let failed = marks
                    .iter()
                    .zip(results)
                    .filter(|(_, result)| result.is_err());
                failed.for_each(|(mark, _)| self.once().forget(*mark));
            }
        }
        scored
    }

    /// A request that waits for its answer.
    pub(super) fn request(self: &Arc<Self>, call: String, exchange: Exchange) {
        let pushed_out = self.legs().request(call, exchange, clock::now());
        self.score_each_later(pushed_out);
    }

    /// An answer, as far as it has come.
    pub(super) fn response(self: &Arc<Self>, call: &str, response: Response) {
        let pushed_out = self.legs().response(call, response, clock::now());
        self.score_each_later(pushed_out);
    }

    /// Scores what is complete, until the task is aborted.
    pub(in crate::server) fn keep_time(self: Arc<Self>) -> JoinHandle<()> {
        tokio::spawn(async move {
            let mut ticks = time::interval(TICK);
            ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let due = self.legs().due(clock::now());
                self.score_each_later(due);
            }
        })
    }

    /// Scores everything that waits, as the server stops; what is not done within [`FLUSH`] is lost.
    pub(in crate::server) async fn flush(self: &Arc<Self>) {
        let waiting = self.legs().drain();
        self.score_each_later(waiting);
        // All places are free once every score has ended.
        let idle = self.backlog.acquire_many(self.hooks.backlog_kib_max);
        if time::timeout(FLUSH, idle).await.is_err() {
            tracing::warn!("exchanges that waited for a score were lost at the drain's deadline");
        }
    }

    fn score_each_later(self: &Arc<Self>, exchanges: Vec<Exchange>) {
        for exchange in exchanges {
            self.score_later(exchange);
        }
    }

    /// Counts work that nobody waits for and that is not done; said at every doubling, as an overload drops thousands.
    pub(in crate::server) fn record_drop(&self, mark: Option<Mark>) {
        self.once().forget(mark);
        self.desk.record_drop();
        let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        if dropped.is_power_of_two() {
            tracing::warn!(
                dropped,
                "exchanges of gateways were not scored, as too many wait"
            );
        }
    }

    fn legs(&self) -> MutexGuard<'_, Legs> {
        // A panic inside can have lost one leg at worst.
        self.legs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn once(&self) -> MutexGuard<'_, Once> {
        self.once.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
