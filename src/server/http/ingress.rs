//! The layers in front of the handlers: concurrency, method and content type, body.
//!
//! gRPC has its own framing, so its bodies are read and bounded by the RPC stack.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::body::BodyLimits;
use super::concurrency::ConcurrencyLimit;
use super::content_type::{ContentTypes, content_type, is_grpc};
use super::error_response::{self, plain};
use super::gunzip::gunzipped;
use crate::server::limits::Limits;
use crate::server::metrics::Metrics;
use crate::wire::WireError;

/// What all bounded routes share: the limit on concurrent calls and the bounds on bodies.
#[derive(Clone)]
pub(in crate::server) struct IngressLimits {
    concurrency: ConcurrencyLimit,
    body: BodyLimits,
}

impl IngressLimits {
    /// Creates the limits that `limits` configures; what they refuse is counted in `metrics`.
    pub(in crate::server) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            concurrency: ConcurrencyLimit::new(limits, metrics),
            body: BodyLimits::new(limits),
        }
    }
}

/// Layer of the unary procedures of our services.
pub(in crate::server) async fn unary(
    State(limits): State<IngressLimits>,
    request: Request,
    next: Next,
) -> Response {
    let _permit = match limits.concurrency.enter() {
        Ok(permit) => permit,
        Err(error) => return error_response::to_caller(&error, request.headers()),
    };
    if is_grpc(request.headers()) {
        return next.run(request).await;
    }
    match read(request, ContentTypes::UNARY, &limits.body).await {
        Ok(request) => answered(next.run(request).await, &limits.body),
        Err(error) => plain(&error),
    }
}

/// Layer of a plain alias: a unary procedure in JSON under a shorter path.
pub(in crate::server) async fn alias(
    State((limits, procedure)): State<(IngressLimits, Uri)>,
    request: Request,
    next: Next,
) -> Response {
    let _permit = match limits.concurrency.enter() {
        Ok(permit) => permit,
        Err(error) => return plain(&error),
    };
    match read(request, ContentTypes::JSON, &limits.body).await {
        Ok(mut request) => {
            *request.uri_mut() = procedure;
            answered(next.run(request).await, &limits.body)
        }
        Err(error) => plain(&error),
    }
}

/// Layer of gateway hooks and telemetry, whose bodies may be compressed.
pub(in crate::server) async fn hooks(
    State(limits): State<IngressLimits>,
    request: Request,
    next: Next,
) -> Response {
    let read = async {
        let permit = limits.concurrency.enter()?;
        let request = read(request, ContentTypes::HOOKS, &limits.body).await?;
        Ok((permit, gunzipped(request, limits.body.bytes_max).await?))
    };
    match read.await {
        Ok((_permit, request)) => next.run(request).await,
        Err(error) => error_response::to_gateway(&error),
    }
}

/// Layer of streams. They are bounded where they are opened, so only the method and the content type are checked.
pub(in crate::server) async fn streams(request: Request, next: Next) -> Response {
    if !is_grpc(request.headers())
        && let Err(error) = ContentTypes::STREAMING.check(&request)
    {
        return plain(&error);
    }
    next.run(request).await
}

/// Layer of health and reflection. JSON in streams is not read there, since only the RPC stack could say what is wrong with
/// it, and it would quote it.
pub(in crate::server) async fn without_json_streams(request: Request, next: Next) -> Response {
    let kind = content_type(request.headers());
    if kind != "application/json" && kind.ends_with("json") {
        let expected = "application/json for one message, protobuf for streams";
        return error_response::to_caller(
            &WireError::UnsupportedMediaType { expected },
            request.headers(),
        );
    }
    next.run(request).await
}

/// Layer of unknown paths: the RPC stack answers gRPC callers, this answers the others.
pub(in crate::server) async fn unknown(request: Request, next: Next) -> Response {
    if is_grpc(request.headers()) {
        return next.run(request).await;
    }
    plain(&WireError::UnknownRoute)
}

async fn read(
    request: Request,
    types: ContentTypes,
    limits: &BodyLimits,
) -> Result<Request, WireError> {
    types.check(&request)?;
    limits.read(request).await
}

/// The RPC stack's own errors as rows of the table: a body that is too large once it is decompressed (our refusals for load
/// say when to try again), and a deadline that has passed.
fn answered(response: Response, limits: &BodyLimits) -> Response {
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS if !response.headers().contains_key(header::RETRY_AFTER) => {
            plain(&WireError::BodyTooLarge {
                bound: limits.bytes_max,
            })
        }
        StatusCode::GATEWAY_TIMEOUT => plain(&WireError::DeadlineExceeded),
        _ => response,
    }
}
