//! State shared by all hooks: account status, requests waiting for their responses, background scoring.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{self, Instant};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::settings::HookSettings;
use crate::domain::{Assessment, Exchange, Response};
use crate::gateway::{AccountOrder, Call, Context, Door, PendingRequests, Unread, Verdict, size};
use crate::server::clock;
use crate::server::http::body::Shortened;
use crate::server::http::error_response::to_gateway;
use crate::server::queue::admission::Priority;
use crate::server::queue::dispatcher::Dispatcher;
use crate::wire::WireError;

/// Interval at which responses are checked for completeness.
const TICK: Duration = Duration::from_millis(250);

/// The state of the hooks, one for the whole port.
pub(in crate::server) struct Gateways {
    dispatcher: Arc<Dispatcher>,
    hooks: HookSettings,
    accounts: AccountOrder,
    pending: Mutex<PendingRequests>,
    /// One permit per KiB of text that may still wait to be scored.
    backlog: Arc<Semaphore>,
    /// Tasks that end in a background score. Closed when the server stops.
    tasks: TaskTracker,
    dropped: AtomicU64,
}

impl Gateways {
    /// Creates the state for the settings `hooks`; scores through `dispatcher`.
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

    /// Returns the dispatcher.
    pub(in crate::server) const fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.dispatcher
    }

    /// Returns the context for parsing a request received now.
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            received: clock::now(),
            bounds: self.dispatcher.bounds(),
            accounts: &self.accounts,
            shortened: false,
        }
    }

    /// Returns the context for parsing a request received now, whose body may have been shortened.
    pub(super) fn context_of(&self, shortened: Option<&Extension<Shortened>>) -> Context<'_> {
        Context {
            shortened: shortened.is_some(),
            ..self.context()
        }
    }

    /// Decides from the status of `account` whether its request passes.
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

    /// Scores an exchange in the background. Under overload it is dropped and counted; during shutdown it waits for its
    /// turn.
    pub(in crate::server) fn score_later(self: &Arc<Self>, exchange: Exchange) {
        let permit = if self.tasks.is_closed() {
            // Exchanges left at shutdown are in memory already.
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

    /// Parses calls on a worker and scores them in the background like [`Self::score_later`]. The number of workers
    /// bounds the memory that parsing takes.
    pub(super) fn read_later(
        self: &Arc<Self>,
        read: impl FnOnce() -> (Door, Vec<Call>) + Send + 'static,
    ) {
        let gateways = Arc::clone(self);
        self.tasks.spawn(async move {
            let Ok((door, calls)) = gateways.dispatcher.run(gateways.priority(), read).await else {
                return gateways.record_drop();
            };
            for Call { exchange, unread } in calls {
                if let Some(reason) = unread {
                    gateways.record_unread(door, reason);
                }
                gateways.score_later(exchange);
            }
        });
    }

    /// Returns a token that [`Self::flush`] waits for, held by work that may still end in a score.
    pub(super) fn track(&self) -> TaskTrackerToken {
        self.tasks.token()
    }

    /// Returns the priority of background work. While the port is open, queue slots are for callers that wait for an
    /// answer; afterwards there are none.
    fn priority(&self) -> Priority {
        if self.tasks.is_closed() {
            Priority::InTurn
        } else {
            Priority::Unary
        }
    }

    /// Scores the exchanges of an exporter, which waits for the answer and may resend all of them if they are refused.
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

    /// Holds a request until its response is complete.
    pub(super) fn request(self: &Arc<Self>, call: String, exchange: Exchange) {
        let evicted = self.pending().request(call, exchange, clock::now());
        self.score_each_later(evicted);
    }

    /// Adds the received part of a response to its request.
    pub(super) fn response(self: &Arc<Self>, call: &str, response: Response) {
        let evicted = self.pending().response(call, response, clock::now());
        self.score_each_later(evicted);
    }

    /// Spawns a task that scores requests whose responses are complete, until it is aborted.
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

    /// Signals that no caller waits for an answer any more: from now on background scores wait for a queue slot.
    pub(in crate::server) fn close(&self) {
        self.tasks.close();
    }

    /// Scores everything that is left; call after [`Self::close`]. Exchanges not scored at `deadline` are dropped and
    /// counted.
    pub(in crate::server) async fn flush(self: &Arc<Self>, deadline: Instant) {
        let pending = self.pending().drain();
        self.score_each_later(pending);
        if time::timeout_at(deadline, self.tasks.wait()).await.is_err() {
            let dropped = self.tasks.len();
            (0..dropped).for_each(|_| self.dispatcher.record_drop());
            tracing::warn!(
                dropped,
                "gateway exchanges dropped: not scored before the end of the shutdown grace period"
            );
        }
    }

    fn score_each_later(self: &Arc<Self>, exchanges: Vec<Exchange>) {
        for exchange in exchanges {
            self.score_later(exchange);
        }
    }

    /// Counts a dropped exchange. Logged at every doubling, because an overload drops thousands.
    pub(in crate::server) fn record_drop(&self) {
        self.dispatcher.record_drop();
        let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        if dropped.is_power_of_two() {
            tracing::warn!(dropped, "gateway exchanges dropped: backlog full");
        }
    }

    /// Counts a call of which not everything was read, or which is not counted. Logged at every doubling, because one
    /// setting of a gateway makes thousands.
    pub(super) fn record_unread(&self, door: Door, reason: Unread) {
        let calls = self.dispatcher.record_unread(door, reason) + 1;
        if calls.is_power_of_two() {
            let (door, reason): (&str, &str) = (door.into(), reason.into());
            tracing::warn!(door, reason, calls, "calls not read, or not counted");
        }
    }

    /// Answers a hook call that cannot be used, and counts it: a body that is not JSON is refused, any other call
    /// passes.
    pub(super) fn unusable(
        &self,
        door: Door,
        error: &WireError,
        pass: impl FnOnce() -> Value,
    ) -> axum::response::Response {
        let reason = match error {
            WireError::MalformedBody { .. } => Unread::Malformed,
            WireError::MissingField { .. } => Unread::NoAccount,
            _ => Unread::Unusable,
        };
        self.record_unread(door, reason);
        if reason == Unread::Malformed {
            return to_gateway(error);
        }
        tracing::debug!(%error, "hook call not counted");
        Json(pass()).into_response()
    }

    fn pending(&self) -> MutexGuard<'_, PendingRequests> {
        // A panic under the lock can have lost one request at worst.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
