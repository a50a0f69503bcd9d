//! Reading of request bodies, limited in size and in the time they take to arrive.

use std::time::Duration;

use axum::body::{self, Body};
use axum::extract::Request;
use tokio::time;

use crate::server::limits::Limits;
use crate::wire::WireError;

/// The limits on one request body.
#[derive(Clone, Copy)]
pub(super) struct BodyLimits {
    /// Maximum size, in bytes.
    pub(super) bytes_max: usize,
    timeout: Duration,
}

impl BodyLimits {
    /// Creates the limits from the configuration.
    pub(super) const fn new(limits: &Limits) -> Self {
        Self {
            bytes_max: limits.body_bytes_max,
            timeout: limits.deadline_max,
        }
    }

    /// Reads the body of `request` and returns the request with its whole body in memory.
    ///
    /// # Errors
    /// [`WireError::BodyTooLarge`] if the body exceeds the limit, [`WireError::DeadlineExceeded`] if it arrives too
    /// slowly.
    pub(super) async fn read(&self, request: Request) -> Result<Request, WireError> {
        let (parts, body) = request.into_parts();
        let reading = body::to_bytes(body, self.bytes_max);
        let bytes = time::timeout(self.timeout, reading)
            .await
            .map_err(|_| WireError::DeadlineExceeded)?
            // A broken connection fails here too; its caller reads no answer.
            .map_err(|_| WireError::BodyTooLarge {
                bound: self.bytes_max,
            })?;
        Ok(Request::from_parts(parts, Body::from(bytes)))
    }
}
