//! Who may use a worker, and how many may wait for one.
//!
//! One rule for every unary call: it takes a place or is refused at once, then waits its turn for a worker in
//! the order of arrival. A stream was admitted when it was opened, and waits for each place. A call whose deadline passes while it waits leaves the queue unscored. A
//! call that has a worker keeps it to the end, even when its caller has gone, so that the number of threads
//! at work is the number stated.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;

use super::Limits;
use crate::wire::WireError;

/// Places and workers.
pub(super) struct Admission {
    places: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    retry_after_seconds: u32,
}

impl Admission {
    /// As many places and workers as `limits` says.
    pub(super) fn new(limits: &Limits) -> Self {
        let workers = limits.workers.get();
        Self {
            places: Arc::new(Semaphore::new(workers + limits.waiting_max)),
            workers: Arc::new(Semaphore::new(workers)),
            retry_after_seconds: limits.retry_after_seconds,
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
        let place =
            Arc::clone(&self.places)
                .try_acquire_owned()
                .map_err(|_| WireError::Overloaded {
                    retry_after_seconds: self.retry_after_seconds,
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
        let worker = Arc::clone(&self.workers)
            .acquire_owned()
            .await
            .expect("the semaphore of workers is never closed");
        let done = task::spawn_blocking(move || {
            let result = work();
            drop((worker, place));
            result
        });
        done.await.map_err(|_| WireError::Internal)
    }
}
