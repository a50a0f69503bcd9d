//! Who may use a worker, and how many may wait for one.
//!
//! One rule for every unary call: it takes a place or is refused at once, then waits its turn for a worker in the order of
//! arrival. A stream was admitted when it was opened, and waits for each place. A call whose deadline passes while it waits,
//! or whose caller goes, leaves the queue unscored. A call that has a worker keeps it, and its place, to the end, even when
//! its caller has gone, so that the number of threads at work is the number stated.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::Limits;
use super::metrics::{Metrics, Shed};
use super::workers::Workers;
use crate::wire::WireError;

/// Places and workers.
pub(super) struct Admission {
    places: Arc<Semaphore>,
    workers: Workers,
    retry_after_seconds: u32,
    metrics: Arc<Metrics>,
}

/// A call in the queue, which leaves it when this is dropped.
struct Waiting<'a> {
    admission: &'a Admission,
    number: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.admission.workers.leave(self.number) {
            self.admission.metrics.queue_depth.dec();
            self.admission.metrics.shed(Shed::Left);
        }
    }
}

impl Admission {
    /// As many places and workers as `limits` says.
    pub(super) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        let places = limits.workers.get() + limits.queue_depth_max;
        Self {
            places: Arc::new(Semaphore::new(places)),
            workers: Workers::start(limits.workers),
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
        let (answer, answered) = oneshot::channel();
        let metrics = Arc::clone(&self.metrics);
        let arrived = Instant::now();
        metrics.queue_depth.inc();
        let number = self.workers.push(Box::new(move || {
            let _place = place;
            metrics.queue_depth.dec();
            metrics.waited(arrived.elapsed());
            let begun = Instant::now();
            let result = work();
            metrics.worked(begun.elapsed());
            // Its caller may have gone.
            let _ = answer.send(result);
        }));
        let _waiting = Waiting {
            admission: self,
            number,
        };
        answered.await.map_err(|_| WireError::Internal)
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
        let (answer, answered) = oneshot::channel();
        self.workers.push(Box::new(move || {
            let _ = answer.send(work());
        }));
        answered.await.map_err(|_| WireError::Internal)
    }
}
