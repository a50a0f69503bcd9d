//! Who may use a worker, and how many may wait for one.
//!
//! One rule for every unary call: it takes a place or is refused at once, then waits its turn for a worker in the order of
//! arrival. A stream was admitted when it was opened, and waits for each place. A call whose deadline passes while it waits,
//! or whose caller goes, leaves the queue unscored. A call that has a worker keeps it to the end, even when its caller has
//! gone, so that the number of threads
//! at work is the number stated.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;

use super::Limits;
use super::metrics::{Metrics, Shed};
use crate::wire::WireError;

/// Places and workers.
pub(super) struct Admission {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    retry_after_seconds: u32,
    metrics: Arc<Metrics>,
}

/// A call in the queue, counted as long as it is there.
struct Waiting<'a> {
    metrics: &'a Metrics,
    begun: Instant,
    served: bool,
}

impl<'a> Waiting<'a> {
    fn new(metrics: &'a Metrics) -> Self {
        metrics.queue_depth.inc();
        Self {
            metrics,
            begun: Instant::now(),
            served: false,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.metrics.queue_depth.dec();
        if self.served {
            self.metrics.waited(self.begun.elapsed());
        } else {
            self.metrics.shed(Shed::Left);
        }
    }
}

impl Admission {
    /// As many places and workers as `limits` says.
    pub(super) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        let workers = limits.workers.get();
        Self {
            places: Arc::new(Semaphore::new(workers + limits.waiting_max)),
            workers: Arc::new(Semaphore::new(workers)),
            retry_after_seconds: limits.retry_after_seconds,
            metrics,
        }
    }

    /// Runs blocking work on a worker.
    ///
    /// # Errors
    /// [`WireError::Overloaded`] when every place is taken, [`WireError::Internal`] when the work panics.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WireError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            self.metrics.shed(Shed::Queue);
            WireError::Overloaded {
                retry_after_seconds: self.retry_after_seconds,
            }
        })?;
        self.run_at(place, work).await
    }

    /// The same, but waits for a place, in the order of arrival and before later calls: for streams, whose number is
    /// bounded elsewhere and whose callers are held back by flow control.
    ///
    /// # Errors
    /// [`WireError::Internal`] when the work panics.
    pub(super) async fn run_in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WireError> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .expect("the semaphore of places is never closed");
        self.run_at(place, work).await
    }

    async fn run_at<T: Send + 'static>(
        &self,
        place: OwnedSemaphorePermit,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WireError> {
        let mut waiting = Waiting::new(&self.metrics);
        let worker = self.worker().await;
        waiting.served = true;
        drop(waiting);
        let metrics = Arc::clone(&self.metrics);
        let done = task::spawn_blocking(move || {
            let begun = Instant::now();
            let result = work();
            metrics.worked(begun.elapsed());
            drop((worker, place));
            result
        });
        done.await.map_err(|_| WireError::Internal)
    }

    /// Runs the server's own work on a worker: it waits its turn as calls do, but needs no place, so that a full queue
    /// does not make it fail, and it is not counted.
    ///
    /// # Errors
    /// [`WireError::Internal`] when the work panics.
    pub(super) async fn run_own<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WireError> {
        let worker = self.worker().await;
        let done = task::spawn_blocking(move || {
            let result = work();
            drop(worker);
            result
        });
        done.await.map_err(|_| WireError::Internal)
    }

    async fn worker(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.workers)
            .acquire_owned()
            .await
            .expect("the semaphore of workers is never closed")
    }
}
