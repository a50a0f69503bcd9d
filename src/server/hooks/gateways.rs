//! What all hooks share: account status, requests that wait for their responses, scoring in the background.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{self, Instant};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::settings::HookSettings;
use crate::domain::{Assessment, Exchange, Response};
use crate::gateway::{AccountOrder, Context, PendingRequests, Verdict, size};
use crate::server::clock;
use crate::server::queue::admission::Priority;
use crate::server::queue::dispatcher::Dispatcher;
use crate::wire::WireError;

/// How often responses are checked for completeness.
const TICK: Duration = Duration::from_millis(250);

/// The state behind the hooks. One for the whole port.
pub(in crate::server) struct Gateways {
    dispatcher: Arc<Dispatcher>,
    hooks: HookSettings,
    accounts: AccountOrder,
    pending: Mutex<PendingRequests>,
    /// KiB of text that may still wait to be scored.
    backlog: Arc<Semaphore>,
    /// Everything that ends in a score with nobody waiting for it. Closed when the server stops.
    tasks: TaskTracker,
    dropped: AtomicU64,
}

impl Gateways {
    /// Creates the state for `hooks`, which scores by `dispatcher`.
    pub(in crate::server) fn new(dispatcher: Arc<Dispatcher>, hooks: &HookSettings) -> Self {
        Self {
            dispatcher,
            pending: Mutex::new(PendingRequests::new(hooks.pending)),
            backlog: Arc::new(Semaphore::new(hooks.backlog_kib_max as usize)),
            tasks: TaskTracker::new(),
            accounts: AccountOrder::beginning_with(hooks.account),
            hooks: hooks.clone(),
            dropped: AtomicU64::new(0),
        }
    }

    /// Returns the way to the scorer.
    pub(in crate::server) const fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.dispatcher
    }

    /// Returns what translators need.
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            received: clock::now(),
            bounds: self.dispatcher.bounds(),
            accounts: &self.accounts,
        }
    }

    /// Decides by the status of `account` whether its request goes on.
    pub(super) fn verdict(&self, account: &str) -> Verdict {
        let Some(block_from) = self.hooks.block_from.recommendation() else {
            return Verdict::Pass;
        };
        match self.dispatcher.account_status(account) {
            Some(status) if status.recommendation >= block_from => Verdict::Block {
                reference: self.dispatcher.reference(account),
            },
            _ => Verdict::Pass,
        }
    }

    /// Scores an exchange in the background. At overload it is dropped and counted; once the server stops, it waits.
    pub(in crate::server) fn score_later(self: &Arc<Self>, exchange: Exchange) {
        let permit = if self.tasks.is_closed() {
            // Whatever is left at the end was in memory before.
            None
        } else {
            let kib = u32::try_from(size(&exchange) / 1024 + 1).unwrap_or(u32::MAX);
            let Ok(permit) = Arc::clone(&self.backlog).try_acquire_many_owned(kib) else {
                return self.record_drop();
            };
            Some(permit)
        };
        let gateways = Arc::clone(self);
        self.tasks.spawn(async move {
            let scored = gateways
                .dispatcher
                .score(gateways.priority(), exchange)
                .await;
            if scored.is_err() {
                gateways.record_drop();
            }
            drop(permit);
        });
    }

    /// Reads an exchange on a worker, where what reading takes in memory is bounded by their number, and scores it in the
    /// background like [`Self::score_later`].
    pub(super) fn read_later(
        self: &Arc<Self>,
        read: impl FnOnce() -> Option<Exchange> + Send + 'static,
    ) {
        let gateways = Arc::clone(self);
        self.tasks.spawn(async move {
            match gateways.dispatcher.run(gateways.priority(), read).await {
                Ok(Some(exchange)) => gateways.score_later(exchange),
                _ => gateways.record_drop(),
            }
        });
    }

    /// Makes [`Self::flush`] wait until the token is dropped, for what may still end in a score.
    pub(super) fn track(&self) -> TaskTrackerToken {
        self.tasks.token()
    }

    /// While the port is open, places in the queue belong to those who wait for an answer; afterwards nobody else waits.
    fn priority(&self) -> Priority {
        if self.tasks.is_closed() {
            Priority::InTurn
        } else {
            Priority::Unary
        }
    }

    /// Scores what an exporter sent; the exporter waits, and may send all of it again when it is refused.
    pub(super) async fn score_now(
        &self,
        exchanges: Vec<Exchange>,
    ) -> Result<Vec<Result<Assessment, WireError>>, WireError> {
        if exchanges.is_empty() {
            return Ok(Vec::new());
        }
        let exchanges = exchanges.into_iter().map(Ok).collect();
        self.dispatcher
            .score_batch(Priority::Unary, exchanges)
            .await
    }

    /// Keeps a request until its response is complete.
    pub(super) fn request(self: &Arc<Self>, call: String, exchange: Exchange) {
        let pushed_out = self.pending().request(call, exchange, clock::now());
        self.score_each_later(pushed_out);
    }

    /// Adds a response, as far as it has arrived, to its request.
    pub(super) fn response(self: &Arc<Self>, call: &str, response: Response) {
        let pushed_out = self.pending().response(call, response, clock::now());
        self.score_each_later(pushed_out);
    }

    /// Scores requests whose responses are complete, until the task is aborted.
    pub(in crate::server) fn keep_scoring_due(self: Arc<Self>) -> JoinHandle<()> {
        tokio::spawn(async move {
            let mut ticks = time::interval(TICK);
            ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let due = self.pending().due(clock::now());
                self.score_each_later(due);
            }
        })
    }

    /// Tells that no caller waits for an answer any more: from now on background scores wait for a place in the queue.
    pub(in crate::server) fn close(&self) {
        self.tasks.close();
    }

    /// Scores everything that is left, after [`Self::close`]. What is not done at `deadline` is dropped and counted.
    pub(in crate::server) async fn flush(self: &Arc<Self>, deadline: Instant) {
        let pending = self.pending().drain();
        self.score_each_later(pending);
        if time::timeout_at(deadline, self.tasks.wait()).await.is_err() {
            let dropped = self.tasks.len();
            (0..dropped).for_each(|_| self.dispatcher.record_drop());
            tracing::warn!(
                dropped,
                "exchanges of gateways were not scored before the end of the shutdown grace period"
            );
        }
    }

    fn score_each_later(self: &Arc<Self>, exchanges: Vec<Exchange>) {
        for exchange in exchanges {
            self.score_later(exchange);
        }
    }

    /// Counts an exchange that is dropped. Logged at every doubling, as an overload drops thousands.
    pub(in crate::server) fn record_drop(&self) {
        self.dispatcher.record_drop();
        let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        if dropped.is_power_of_two() {
            tracing::warn!(
                dropped,
                "exchanges of gateways were not scored, as too many wait"
            );
        }
    }

    fn pending(&self) -> MutexGuard<'_, PendingRequests> {
        // A panic inside can have lost one request at worst.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
