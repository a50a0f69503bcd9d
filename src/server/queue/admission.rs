//! Admission control: who may use a worker, and how many requests may wait for one.
//!
//! A unary request takes a permit or is refused immediately, then waits for a worker in order of arrival. A stream was
//! admitted when it was opened, so its work waits for a permit. A request whose deadline passes while it waits, or
//! whose client disconnects, is removed from the queue unscored. A request that has a worker keeps it, and its permit,
//! to the end, even if its client has disconnected, so that the number of busy threads never exceeds the configured
//! number.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::workers::{Job, Workers};
use crate::server::limits::Limits;
use crate::server::metrics::{Metrics, Shed};
use crate::wire::WireError;

/// Admission rule of a unit of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Priority {
    /// Refused immediately if the queue is full: unary requests, and background work while the port is open.
    Unary,
    /// Waits for a permit, in order of arrival and ahead of later requests: streams, whose number is bounded elsewhere
    /// and whose clients are slowed by flow control, and background work at shutdown, when nobody else waits.
    InTurn,
    /// Needs no permit and is not counted: the server's own readiness probe, which must not fail because the queue is
    /// full.
    Internal,
}

/// The permits of the queue and the workers behind it.
pub(super) struct Admission {
    permits: Arc<Semaphore>,
    workers: Workers,
    retry_after_seconds: u32,
    metrics: Arc<Metrics>,
}

/// A request in the queue or on a worker.
struct Call<W, T> {
    work: W,
    answer: oneshot::Sender<T>,
    /// `None` for [`Priority::Internal`] work.
    admitted: Option<Admitted>,
}

/// State that an admitted request holds until its work is done. Records how it left the queue.
struct Admitted {
    _permit: OwnedSemaphorePermit,
    metrics: Arc<Metrics>,
    arrived: Instant,
    begun: bool,
}

impl Admitted {
    fn new(permit: OwnedSemaphorePermit, metrics: Arc<Metrics>) -> Self {
        metrics.queue_depth.inc();
        Self {
            _permit: permit,
            metrics,
            arrived: Instant::now(),
            begun: false,
        }
    }

    fn begin(&mut self) {
        self.begun = true;
        self.metrics.queue_depth.dec();
        self.metrics.observe_queue_wait(self.arrived.elapsed());
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if !self.begun {
            self.metrics.queue_depth.dec();
            self.metrics.shed(Shed::Cancelled);
        }
    }
}

impl<W, T> Job for Call<W, T>
where
    W: FnOnce() -> T + Send,
    T: Send,
{
    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    fn run(self: Box<Self>) {
        let Self {
            work,
            answer,
            mut admitted,
        } = *self;
        if answer.is_closed() {
            return;
        }
        if let Some(admitted) = &mut admitted {
            admitted.begin();
        }
        let begun = Instant::now();
        let result = work();
        if let Some(admitted) = &admitted {
            admitted.metrics.observe_work(begun.elapsed());
        }
        // The client may have disconnected.
        let _ = answer.send(result);
    }
}

/// A caller waiting for its answer. If it is dropped before the answer, its request is removed from the queue.
struct Waiting<'a, T> {
    workers: &'a Workers,
    answer: oneshot::Receiver<T>,
    answered: bool,
}

impl<T> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        if !self.answered {
            self.answer.close();
            self.workers.remove_abandoned();
        }
    }
}

impl Admission {
    /// Starts the workers and opens a queue of the configured depth.
    pub(super) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        let permits = limits.workers.get() + limits.queue_depth_max;
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            workers: Workers::start(limits.workers),
            retry_after_seconds: limits.retry_after_seconds,
            metrics,
        }
    }

    /// Runs blocking work on a worker.
    ///
    /// # Errors
    /// [`WireError::Overloaded`] if the queue is full and the work may not wait, [`WireError::Internal`] if the work
    /// panics.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        priority: Priority,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WireError> {
        let permit = match priority {
            Priority::Unary => Some(self.permit()?),
            Priority::InTurn => {
                let permits = Arc::clone(&self.permits);
                let permit = permits.acquire_owned().await;
                Some(permit.expect("the semaphore of the queue is never closed"))
            }
            Priority::Internal => None,
        };
        let (answer, answered) = oneshot::channel();
        self.workers.push(Box::new(Call {
            work,
            answer,
            admitted: permit.map(|permit| Admitted::new(permit, Arc::clone(&self.metrics))),
        }));
        let mut waiting = Waiting {
            workers: &self.workers,
            answer: answered,
            answered: false,
        };
        let answer = (&mut waiting.answer).await;
        waiting.answered = true;
        answer.map_err(|_| WireError::Internal)
    }

    fn permit(&self) -> Result<OwnedSemaphorePermit, WireError> {
        Arc::clone(&self.permits).try_acquire_owned().map_err(|_| {
            self.metrics.shed(Shed::Queue);
            WireError::Overloaded {
                retry_after_seconds: self.retry_after_seconds,
            }
        })
    }
}
