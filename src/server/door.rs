//! What HTTP says of a scoring call, checked before anything is decoded.
//!
//! Connect and plain JSON callers get every error in one shape, `{"code","message","details"}`. gRPC has its
//! own framing, so its calls pass through and are bounded by the RPC stack.

use std::time::Duration;

use axum::body::{self, Body};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time;

use crate::wire::WireError;

/// Content types of unary Connect calls.
const RPC_TYPES: &[&str] = &["application/json", "application/proto"];
const JSON_TYPES: &[&str] = &["application/json"];

/// How much body is read, and for how long.
#[derive(Clone, Copy)]
pub(super) struct Door {
    /// Bytes of the body.
    pub(super) body_bytes_max: usize,
    /// Time until its last byte.
    pub(super) body_timeout: Duration,
}

/// The door of the procedures of the scoring service.
pub(super) async fn procedures(State(door): State<Door>, request: Request, next: Next) -> Response {
    if is_grpc(request.headers()) {
        return next.run(request).await;
    }
    let admitted = door
        .admit(request, RPC_TYPES, "application/json or application/proto")
        .await;
    pass(admitted, door.body_bytes_max, next).await
}

/// The door of `/v1/score`: `ScoreConversation` in JSON under a shorter name.
pub(super) async fn alias(
    State((door, procedure)): State<(Door, Uri)>,
    request: Request,
    next: Next,
) -> Response {
    let mut admitted = door.admit(request, JSON_TYPES, "application/json").await;
    if let Ok(request) = &mut admitted {
        *request.uri_mut() = procedure;
    }
    pass(admitted, door.body_bytes_max, next).await
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
    async fn admit(
        self,
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

async fn pass(admitted: Result<Request, WireError>, bound: usize, next: Next) -> Response {
    let request = match admitted {
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

/// `error` over plain HTTP.
pub(super) fn answer(error: &WireError) -> Response {
    let connect = error.to_connect();
    let headers = connect.response_headers().clone();
    let mut response = connect.into_response();
    response.headers_mut().extend(headers);
    if let WireError::MethodNotAllowed { allowed } = error {
        response
            .headers_mut()
            .insert(header::ALLOW, header::HeaderValue::from_static(allowed));
    }
    response
}

fn content_type(headers: &HeaderMap) -> &str {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

fn is_grpc(headers: &HeaderMap) -> bool {
    content_type(headers).starts_with("application/grpc")
}
