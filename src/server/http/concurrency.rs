//! The limit on concurrent calls, applied before their bodies take memory.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::server::limits::Limits;
use crate::server::metrics::{Metrics, Shed};
use crate::wire::WireError;

/// A limit on concurrent calls. One more is refused, not kept waiting.
#[derive(Clone)]
pub(super) struct ConcurrencyLimit {
    calls: Arc<Semaphore>,
    retry_after_seconds: u32,
    metrics: Arc<Metrics>,
}

impl ConcurrencyLimit {
    /// Creates the limit that `limits` configures.
    pub(super) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            calls: Arc::new(Semaphore::new(limits.max_concurrent_requests)),
            retry_after_seconds: limits.retry_after_seconds,
            metrics,
        }
    }

    /// Admits one call, until the permit is dropped.
    ///
    /// # Errors
    /// [`WireError::Overloaded`] when as many calls are running as may.
    pub(super) fn enter(&self) -> Result<OwnedSemaphorePermit, WireError> {
        Arc::clone(&self.calls).try_acquire_owned().map_err(|_| {
            self.metrics.shed(Shed::Concurrency);
            WireError::Overloaded {
                retry_after_seconds: self.retry_after_seconds,
            }
        })
    }
}
