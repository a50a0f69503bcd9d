//! Counts every call of a surface, and logs it at debug: surface, method, code, duration, nothing of its caller.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;

use super::Surface;
use super::metrics::{CODES, Metrics, OTHER};

/// Counts of one surface.
#[derive(Clone)]
pub(super) struct Meter {
    pub(super) metrics: Arc<Metrics>,
    pub(super) surface: Surface,
}

/// One call, counted when it is dropped: when its answer is there, after the last frame of a stream, or when its
/// caller goes.
struct Call {
    meter: Meter,
    method: &'static str,
    begun: Instant,
    code: &'static str,
}

impl Drop for Call {
    fn drop(&mut self) {
        let (surface, took) = (self.meter.surface, self.begun.elapsed());
        let metrics = &self.meter.metrics;
        metrics.answered(surface, self.method, self.code, took);
        tracing::debug!(
            surface = surface.name(),
            method = self.method,
            code = self.code,
            milliseconds = took.as_secs_f64() * 1e3,
            "answered"
        );
    }
}

/// The middleware.
pub(super) async fn meter(State(meter): State<Meter>, request: Request, next: Next) -> Response {
    let mut call = Call {
        method: method(meter.surface, request.uri().path()),
        meter,
        begun: Instant::now(),
        code: "canceled",
    };
    let response = next.run(request).await;
    call.code = code(response.status(), response.headers());
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    // Over gRPC a stream says only in its trailers how it ended.
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            // The whole call moves in here, to be dropped with the body.
            let call = &mut call;
            if let Some(code) = frame.trailers_ref().and_then(grpc_code) {
                call.code = code;
            }
            frame
        }))
    })
}

fn method(surface: Surface, path: &str) -> &'static str {
    let last = path.rsplit('/').next().unwrap_or_default();
    let mut methods = surface.methods().iter();
    methods.find(|method| **method == last).unwrap_or(&OTHER)
}

fn code(status: StatusCode, headers: &HeaderMap) -> &'static str {
    if let Some(code) = grpc_code(headers) {
        return code;
    }
    match status.as_u16() {
        200..=299 => "ok",
        400 | 415 | 422 => "invalid_argument",
        401 => "unauthenticated",
        403 => "permission_denied",
        404 | 405 => "unimplemented",
        412 => "failed_precondition",
        413 | 429 => "resource_exhausted",
        499 => "canceled",
        500 => "internal",
        502 | 503 => "unavailable",
        504 => "deadline_exceeded",
        _ => "unknown",
    }
}

/// The name of `grpc-status`, when there is one.
fn grpc_code(headers: &HeaderMap) -> Option<&'static str> {
    let name = match headers.get("grpc-status")?.to_str().ok()? {
        "0" => "ok",
        "1" => "canceled",
        "3" => "invalid_argument",
        "4" => "deadline_exceeded",
        "5" => "not_found",
        "7" => "permission_denied",
        "8" => "resource_exhausted",
        "9" => "failed_precondition",
        "12" => "unimplemented",
        "13" => "internal",
        "14" => "unavailable",
        "16" => "unauthenticated",
        _ => "unknown",
    };
    debug_assert!(CODES.contains(&name));
    Some(name)
}
