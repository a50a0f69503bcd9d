//! Reading of request bodies, limited in size and in the time they take to arrive.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Bytes;
use axum::body::{self, Body};
use axum::extract::Request;
use axum::http::header;
use axum::http::request::Parts;
use http_body_util::BodyExt;
use tokio::time;

use crate::json::{self, Gather};
use crate::server::limits::Limits;
use crate::wire::WireError;

/// How much larger than the limit a body may be that is shortened to it while it is read.
pub(super) const SHORTENED_FROM: usize = 16;

/// Marks a request whose body was over the limit and shortened to it.
#[derive(Clone, Copy)]
pub(in crate::server) struct Shortened;

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

    /// Reads the JSON body of `request` as [`Self::read`] does; one over the limit is shortened to it, and marked as
    /// [`Shortened`].
    ///
    /// # Errors
    /// [`WireError::BodyTooLarge`] if the body is over [`SHORTENED_FROM`] times the limit, or cannot be shortened;
    /// [`WireError::DeadlineExceeded`] if it arrives too slowly.
    pub(super) async fn read_shortened(&self, request: Request) -> Result<Request, WireError> {
        let (parts, mut body) = request.into_parts();
        let bound = self.bytes_max;
        let too_large = || WireError::BodyTooLarge { bound };
        let reading = async {
            let (mut gather, mut received) = (Gather::within(bound), 0);
            while let Some(frame) = body.frame().await {
                let piece = frame
                    .map_err(|_| too_large())?
                    .into_data()
                    .unwrap_or_default();
                received += piece.len();
                if received > bound.saturating_mul(SHORTENED_FROM) {
                    return Err(too_large());
                }
                gather.add(&piece);
            }
            Ok(gather)
        };
        let gather = time::timeout(self.timeout, reading).await;
        let gather = gather.map_err(|_| WireError::DeadlineExceeded)??;
        with_gathered(parts, gather).ok_or_else(too_large)
    }
}

/// Makes the JSON body of `request`, which is in memory already, strict where it can be: callers write what Python and
/// JavaScript do.
pub(super) async fn repaired(request: Request, bound: usize) -> Result<Request, WireError> {
    let (mut parts, body) = request.into_parts();
    let body = body::to_bytes(body, bound).await;
    let body = body.map_err(|_| WireError::BodyTooLarge { bound })?;
    let body = match json::repaired(&body) {
        // Borrowed, it may still be without a mark before it or NULs after it.
        Cow::Borrowed(same) if same.len() == body.len() => body,
        fixed => {
            parts.headers.remove(header::CONTENT_LENGTH);
            Bytes::from(fixed.into_owned())
        }
    };
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Builds a request from what was kept of its body; `None` if that is still too much.
pub(super) fn with_gathered(mut parts: Parts, gather: Gather) -> Option<Request> {
    if gather.is_shortened() {
        parts.extensions.insert(Shortened);
        parts.headers.remove(header::CONTENT_LENGTH);
    }
    let kept = Bytes::from(gather.finish()?);
    Some(Request::from_parts(parts, Body::from(kept)))
}
