//! Counts every call of a surface, and logs it at debug: surface, method, code, duration, nothing of its caller.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
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
    call.code = match code(response.status(), response.headers()) {
        // No such procedure, rather than nothing of that name.
        "not_found" if call.method == OTHER => "unimplemented",
        code => code,
    };
    // Over gRPC only the trailers say how a call ended, and over gRPC-Web they are the last part of the body.
    let web = is_grpc_web(response.headers());
    if !web && response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            // The whole call moves in here, to be dropped with the body.
            let call = &mut call;
            let data = frame.data_ref().filter(|_| web);
            let told = match frame.trailers_ref() {
                Some(trailers) => grpc_code(trailers),
                None => data.and_then(|data| web_code(data)),
            };
            call.code = told.unwrap_or(call.code);
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
        404 => "not_found",
        405 => "unimplemented",
        412 => "failed_precondition",
        413 | 429 => "resource_exhausted",
        499 => "canceled",
        500 => "internal",
        502 | 503 => "unavailable",
        504 => "deadline_exceeded",
        _ => "unknown",
    }
}

fn is_grpc_web(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc-web"))
}

/// The name of `grpc-status`, when there is one.
fn grpc_code(headers: &HeaderMap) -> Option<&'static str> {
    headers.get("grpc-status")?.to_str().ok().map(code_of)
}

/// The same in the trailers of gRPC-Web, when they are in this part of the body: frames of a flag, four bytes of length
/// and a payload, of which the one with the highest bit of the flag has lines of `name: value`.
fn web_code(mut data: &[u8]) -> Option<&'static str> {
    while let Some((head, rest)) = data.split_first_chunk::<5>() {
        let [flag, length @ ..] = head;
        let (payload, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        if flag & 0x80 != 0 {
            let mut lines = std::str::from_utf8(payload).ok()?.lines();
            return lines.find_map(|line| {
                line.strip_prefix("grpc-status:")
                    .map(|code| code_of(code.trim()))
            });
        }
        data = rest;
    }
    None
}

fn code_of(number: &str) -> &'static str {
    let name = match number {
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
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever a body's part is, reading it harms nobody; whatever messages stand before them, trailers are found.
        #[test]
        fn trailers_are_found_behind_any_messages(
            noise: Vec<u8>, messages in proptest::collection::vec(any::<Vec<u8>>(), 0..4), cut in 0_usize..64,
        ) {
            web_code(&noise);
            let mut body = Vec::new();
            for (flag, payload) in messages.iter().map(|message| (0, &message[..])).chain([(0x80, &b"a: b\r\ngrpc-status: 7\r\n"[..])]) {
                body.push(flag);
                body.extend_from_slice(&u32::try_from(payload.len())?.to_be_bytes());
                body.extend_from_slice(payload);
            }
            prop_assert_eq!(web_code(&body), Some("permission_denied"));
            prop_assert_eq!(web_code(&body[..body.len() - 1 - cut % body.len()]), None);
        }
    }
}
