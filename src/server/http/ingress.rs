//! The layers in front of the handlers: concurrency limit, method and content type checks, body limits.
//!
//! gRPC has its own framing, so the RPC stack reads and bounds its bodies.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use super::body::{BodyLimits, Shortened, repaired};
use super::concurrency::ConcurrencyLimit;
use super::content_type::{ContentTypes, content_type, is_grpc};
use super::error_response::{self, plain};
use super::gunzip::gunzipped;
use crate::gateway::{Door, Unread};
use crate::server::limits::Limits;
use crate::server::metrics::Metrics;
use crate::wire::WireError;

/// Limits shared by all bounded routes: the limit on concurrent requests and the limits on bodies.
#[derive(Clone)]
pub(in crate::server) struct IngressLimits {
    concurrency: ConcurrencyLimit,
    body: BodyLimits,
    metrics: Arc<Metrics>,
}

impl IngressLimits {
    /// Creates the limits from the configuration; refused requests are counted in `metrics`.
    pub(in crate::server) fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            concurrency: ConcurrencyLimit::new(limits, Arc::clone(&metrics)),
            body: BodyLimits::new(limits),
            metrics,
        }
    }
}

/// Layer of unary RPC methods.
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

/// Layer of a plain alias: a unary method in JSON under a shorter path.
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

/// Layer of gateway hooks and telemetry, whose bodies may be compressed. Neither can be told to send less, so JSON over
/// the limit is shortened.
pub(in crate::server) async fn hooks(
    State(limits): State<IngressLimits>,
    request: Request,
    next: Next,
) -> Response {
    let door = door(request.uri().path());
    let read = async {
        let permit = limits.concurrency.enter()?;
        ContentTypes::HOOKS.check(&request)?;
        let headers = request.headers();
        let packed = headers.contains_key(header::CONTENT_ENCODING);
        let request = if packed || content_type(headers) == "application/x-protobuf" {
            limits.body.read(request).await?
        } else {
            limits.body.read_shortened(request).await?
        };
        Ok((permit, gunzipped(request, limits.body.bytes_max).await?))
    };
    match read.await {
        Ok((_permit, request)) => next.run(request).await,
        Err(error) => {
            let reason = match error {
                WireError::BodyTooLarge { .. } => Some(Unread::TooLarge),
                WireError::MalformedBody { .. } => Some(Unread::Malformed),
                _ => None,
            };
            if let Some((door, reason)) = door.zip(reason) {
                limits.metrics.count_unread(door, reason);
                let (door, reason): (&str, &str) = (door.into(), reason.into());
                tracing::warn!(door, reason, "body of a gateway not read");
            }
            error_response::to_gateway(&error)
        }
    }
}

/// Returns the integration that calls a path; `None` for one whose calls are not counted.
fn door(path: &str) -> Option<Door> {
    match path {
        "/beta/litellm_basic_guardrail_api" => Some(Door::LitellmGuardrail),
        "/v1/ingest/litellm" => Some(Door::LitellmLog),
        "/portkey/webhook" => Some(Door::Portkey),
        "/agentgateway/request" => Some(Door::Agentgateway),
        _ if path.ends_with("/v1/traces") || path.ends_with("/v1/logs") => Some(Door::Otlp),
        _ => None,
    }
}

/// Layer of streams. Their number is bounded when they are opened, so only the method and the content type are checked
/// here.
pub(in crate::server) async fn streams(request: Request, next: Next) -> Response {
    if !is_grpc(request.headers())
        && let Err(error) = ContentTypes::STREAMING.check(&request)
    {
        return plain(&error);
    }
    next.run(request).await
}

/// Layer of health and reflection. Rejects JSON in streams: only the RPC stack could report what is wrong with it, and
/// its message would quote the input.
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

/// Layer of unknown paths: the RPC stack answers gRPC callers, this layer answers all others.
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
    let request = limits.read(request).await?;
    if content_type(request.headers()) != "application/json" {
        return Ok(request);
    }
    let packed = request.headers().get(header::CONTENT_ENCODING);
    let request = match packed
        .map(|value| value.as_bytes().to_ascii_lowercase())
        .as_deref()
    {
        None | Some(b"" | b"identity") => request,
        Some(b"gzip" | b"x-gzip") => gunzipped(request, limits.bytes_max).await?,
        // The RPC stack says which encodings it takes.
        Some(_) => return Ok(request),
    };
    // A caller who waits for an answer can send less; what is left out without a word would be a surprise.
    if request.extensions().get::<Shortened>().is_some() {
        let bound = limits.bytes_max;
        return Err(WireError::BodyTooLarge { bound });
    }
    repaired(request, limits.bytes_max).await
}

/// Maps the RPC stack's own errors to rows of the error table: a body that is too large once decompressed (recognized
/// by the missing `retry-after`, which our overload responses have), and an exceeded deadline.
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
