//! What HTTP says of a call, checked before anything is decoded.
//!
//! The number of calls inside is bounded here, before their bodies take memory. Connect and plain JSON callers
//! get every error in one shape, `{"code","message","details"}`. gRPC has its own framing, so its bodies are
//! read and bounded by the RPC stack.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{self, Body};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time;

use super::Limits;
use super::metrics::{Metrics, Shed};
use crate::wire::WireError;

/// Content types of unary Connect calls.
const RPC_TYPES: &[&str] = &["application/json", "application/proto"];
const JSON_TYPES: &[&str] = &["application/json"];
/// Content types of streaming Connect calls.
const STREAM_TYPES: &[&str] = &["application/connect+json", "application/connect+proto"];

/// How many calls are let in, how much body of each is read, and for how long.
#[derive(Clone)]
pub(super) struct Door {
    calls: Arc<Semaphore>,
    retry_after_seconds: u32,
    body_bytes_max: usize,
    body_timeout: Duration,
    metrics: Arc<Metrics>,
}

/// The door of the unary procedures of our services.
pub(super) async fn procedures(State(door): State<Door>, request: Request, next: Next) -> Response {
    let _call = match door.enter() {
        Ok(call) => call,
        Err(error) => return refuse(&error, request.headers()),
    };
    if is_grpc(request.headers()) {
        return next.run(request).await;
    }
    let read = door
        .read(request, RPC_TYPES, "application/json or application/proto")
        .await;
    pass(read, door.body_bytes_max, next).await
}

/// The door of streams: they bound themselves, so only the method and the content type are looked at here.
pub(super) async fn streams(request: Request, next: Next) -> Response {
    if is_grpc(request.headers()) {
        return next.run(request).await;
    }
    if request.method() != Method::POST {
        return answer(&WireError::MethodNotAllowed { allowed: "POST" });
    }
    if !STREAM_TYPES.contains(&content_type(request.headers())) {
        return answer(&WireError::UnsupportedMediaType {
            expected: "application/connect+json or application/connect+proto",
        });
    }
    next.run(request).await
}

/// The door of a plain alias: a procedure in JSON under a shorter name.
pub(super) async fn alias(
    State((door, procedure)): State<(Door, Uri)>,
    request: Request,
    next: Next,
) -> Response {
    let _call = match door.enter() {
        Ok(call) => call,
        Err(error) => return answer(&error),
    };
    let mut read = door.read(request, JSON_TYPES, "application/json").await;
    if let Ok(request) = &mut read {
        *request.uri_mut() = procedure;
    }
    pass(read, door.body_bytes_max, next).await
}

/// Health and reflection: JSON in streams is not read there, since only the RPC stack could say what is wrong with it, and
/// it would quote it.
pub(super) async fn without_json_streams(request: Request, next: Next) -> Response {
    let kind = content_type(request.headers());
    if kind != "application/json" && kind.ends_with("json") {
        let expected = "application/json for one message, protobuf for streams";
        return refuse(
            &WireError::UnsupportedMediaType { expected },
            request.headers(),
        );
    }
    next.run(request).await
}

/// What is no route at all: gRPC callers are told so by the RPC stack, others here.
pub(super) async fn unknown(request: Request, next: Next) -> Response {
    if is_grpc(request.headers()) {
        return next.run(request).await;
    }
    answer(&WireError::UnknownRoute)
}

/// The answer to a wrong method of a plain route.
pub(super) async fn method_not_allowed() -> Response {
    answer(&WireError::MethodNotAllowed { allowed: "GET" })
}

impl Door {
    /// The door that `limits` describes.
    pub(super) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            calls: Arc::new(Semaphore::new(limits.max_concurrent_requests)),
            retry_after_seconds: limits.retry_after_seconds,
            body_bytes_max: limits.body_bytes_max,
            body_timeout: limits.deadline_max,
            metrics,
        }
    }

    /// Bytes of a body that are read.
    pub(super) const fn body_bytes_max(&self) -> usize {
        self.body_bytes_max
    }

    /// A place for one call, until it is dropped.
    ///
    /// # Errors
    /// [`WireError::Overloaded`] when every place is taken.
    pub(super) fn enter(&self) -> Result<OwnedSemaphorePermit, WireError> {
        Arc::clone(&self.calls).try_acquire_owned().map_err(|_| {
            self.metrics.shed(Shed::Door);
            WireError::Overloaded {
                retry_after_seconds: self.retry_after_seconds,
            }
        })
    }

    /// `request` with its whole body, if it is a POST of one of `content_types`.
    ///
    /// # Errors
    /// What HTTP says of it that is not served.
    pub(super) async fn read(
        &self,
        request: Request,
        content_types: &[&str],
        expected: &'static str,
    ) -> Result<Request, WireError> {
        if request.method() != Method::POST {
            return Err(WireError::MethodNotAllowed { allowed: "POST" });
        }
        if !content_types.contains(&content_type(request.headers())) {
            return Err(WireError::UnsupportedMediaType { expected });
        }
        let (parts, body) = request.into_parts();
        let reading = body::to_bytes(body, self.body_bytes_max);
        let bytes = time::timeout(self.body_timeout, reading)
            .await
            .map_err(|_| WireError::DeadlineExceeded)?
            // A connection that breaks fails here too; its caller reads no answer.
            .map_err(|_| WireError::BodyTooLarge {
                bound: self.body_bytes_max,
            })?;
        Ok(Request::from_parts(parts, Body::from(bytes)))
    }
}

async fn pass(read: Result<Request, WireError>, bound: usize, next: Next) -> Response {
    let request = match read {
        Ok(request) => request,
        Err(error) => return answer(&error),
    };
    let response = next.run(request).await;
    match response.status() {
        // The RPC stack's own errors, in the words of the table: a body too large once it is unpacked (our
        // refusals for load say when to try again), and a deadline that has passed.
        StatusCode::TOO_MANY_REQUESTS if !response.headers().contains_key(header::RETRY_AFTER) => {
            answer(&WireError::BodyTooLarge { bound })
        }
        StatusCode::GATEWAY_TIMEOUT => answer(&WireError::DeadlineExceeded),
        _ => response,
    }
}

/// `error` in the protocol that the caller speaks.
pub(super) fn refuse(error: &WireError, request: &HeaderMap) -> Response {
    let content_type = content_type(request);
    let framed = ["application/grpc", "application/connect+"];
    if framed.iter().any(|start| content_type.starts_with(start)) {
        return error
            .to_connect()
            .into_http_response(request)
            .map(Body::new);
    }
    answer(error)
}

/// `error` over plain HTTP.
pub(super) fn answer(error: &WireError) -> Response {
    let connect = error.to_connect();
    let headers = connect.response_headers().clone();
    let mut response = connect.into_response();
    response.headers_mut().extend(headers);
    let (name, value) = match error {
        WireError::MethodNotAllowed { allowed } => (header::ALLOW, *allowed),
        WireError::Unauthenticated => (header::WWW_AUTHENTICATE, "Bearer"),
        _ => return response,
    };
    response
        .headers_mut()
        .insert(name, header::HeaderValue::from_static(value));
    response
}

pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

fn is_grpc(headers: &HeaderMap) -> bool {
    content_type(headers).starts_with("application/grpc")
}
