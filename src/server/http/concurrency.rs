//! The limit on concurrent requests, applied before their bodies take memory.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::server::limits::Limits;
use crate::server::metrics::{Metrics, Shed};
use crate::wire::WireError;

/// A limit on concurrent requests. Excess requests are refused, not queued.
#[derive(Clone)]
pub(super) struct ConcurrencyLimit {
    calls: Arc<Semaphore>,
    retry_after_seconds: u32,
    metrics: Arc<Metrics>,
}

impl ConcurrencyLimit {
    /// Creates the limit from the configuration.
    pub(super) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            calls: Arc::new(Semaphore::new(limits.max_concurrent_requests)),
            retry_after_seconds: limits.retry_after_seconds,
            metrics,
        }
    }

    /// Admits one request, which counts until the permit is dropped.
    ///
    /// # Errors
    /// [`WireError::Overloaded`] if the maximum number of concurrent requests is reached.
    pub(super) fn enter(&self) -> Result<OwnedSemaphorePermit, WireError> {
        Arc::clone(&self.calls).try_acquire_owned().map_err(|_| {
            self.metrics.shed(Shed::Concurrency);
            WireError::Overloaded {
                retry_after_seconds: self.retry_after_seconds,
            }
        })
    }
}
