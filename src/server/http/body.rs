//! Reading the body of a request, within a bound on its bytes and on the time that it takes to arrive.

use std::time::Duration;

use axum::body::{self, Body};
use axum::extract::Request;
use tokio::time;

use crate::server::limits::Limits;
use crate::wire::WireError;

/// The bounds on one request's body.
#[derive(Clone, Copy)]
pub(super) struct BodyLimits {
    /// Maximum bytes.
    pub(super) bytes_max: usize,
    timeout: Duration,
}

impl BodyLimits {
    /// Creates the bounds that `limits` configures.
    pub(super) const fn new(limits: &Limits) -> Self {
        Self {
            bytes_max: limits.body_bytes_max,
            timeout: limits.deadline_max,
        }
    }

    /// Returns `request` with its whole body in memory.
    ///
    /// # Errors
    /// [`WireError::BodyTooLarge`] or [`WireError::DeadlineExceeded`].
    pub(super) async fn read(&self, request: Request) -> Result<Request, WireError> {
        let (parts, body) = request.into_parts();
        let reading = body::to_bytes(body, self.bytes_max);
        let bytes = time::timeout(self.timeout, reading)
            .await
            .map_err(|_| WireError::DeadlineExceeded)?
            // A connection that breaks fails here too; its caller reads no answer.
            .map_err(|_| WireError::BodyTooLarge {
                bound: self.bytes_max,
            })?;
        Ok(Request::from_parts(parts, Body::from(bytes)))
    }
}
