//! Counts every request and logs it at debug level: group of routes, method, code, duration, nothing about the caller.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use connectrpc::ErrorCode;
use http_body_util::BodyExt;

use super::api_routes::{MethodNames, OTHER};
use crate::server::auth::api_scope::ApiScope;
use crate::server::metrics::{Metrics, code_name};

/// Counts the requests of one group of routes.
#[derive(Clone)]
pub(in crate::server) struct Meter {
    metrics: Arc<Metrics>,
    api: ApiScope,
    names: Arc<MethodNames>,
}

impl Meter {
    /// Creates the meter of a group and all of its time series.
    pub(in crate::server) fn new(metrics: Arc<Metrics>, api: ApiScope, names: MethodNames) -> Self {
        for method in names.all() {
            metrics.start_calls(api, method);
        }
        Self {
            metrics,
            api,
            names: Arc::new(names),
        }
    }
}

/// One request. It is counted when this is dropped: once it is answered, after the last frame of a stream, or when the
/// client disconnects.
struct Call {
    meter: Meter,
    method: Arc<str>,
    begun: Instant,
    /// `None` on success.
    code: Option<ErrorCode>,
}

impl Drop for Call {
    fn drop(&mut self) {
        let (api, took) = (self.meter.api, self.begun.elapsed());
        let metrics = &self.meter.metrics;
        metrics.count_request(api, &self.method, self.code, took);
        tracing::debug!(
            surface = api.name(),
            method = &*self.method,
            code = code_name(self.code),
            milliseconds = took.as_secs_f64() * 1e3,
            "answered"
        );
    }
}

/// Middleware that counts each request.
pub(in crate::server) async fn meter(
    State(meter): State<Meter>,
    request: Request,
    next: Next,
) -> Response {
    let mut call = Call {
        method: Arc::clone(meter.names.of(request.uri().path())),
        meter,
        begun: Instant::now(),
        code: Some(ErrorCode::Canceled),
    };
    let response = next.run(request).await;
    call.code = match code(response.status(), response.headers()) {
        // Here the path itself is unknown, rather than the resource it names.
        Some(ErrorCode::NotFound) if *call.method == *OTHER => Some(ErrorCode::Unimplemented),
        code => code,
    };
    // In gRPC only the trailers carry the status, and in gRPC-Web they are the last part of the body.
    let web = is_grpc_web(response.headers());
    if !web && response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            // The closure owns the call, so that it is dropped with the body.
            let call = &mut call;
            let data = frame.data_ref().filter(|_| web);
            let status = match frame.trailers_ref() {
                Some(trailers) => grpc_status(trailers),
                None => data.and_then(|data| web_status(data)),
            };
            if let Some(status) = status {
                call.code = error_code(status);
            }
            frame
        }))
    })
}

/// Returns the code of a response; `None` on success.
fn code(status: StatusCode, headers: &HeaderMap) -> Option<ErrorCode> {
    if let Some(status) = grpc_status(headers) {
        return error_code(status);
    }
    Some(match status.as_u16() {
        200..=299 => return None,
        400 | 415 | 422 => ErrorCode::InvalidArgument,
        401 => ErrorCode::Unauthenticated,
        403 => ErrorCode::PermissionDenied,
        404 => ErrorCode::NotFound,
        405 => ErrorCode::Unimplemented,
        412 => ErrorCode::FailedPrecondition,
        413 | 429 => ErrorCode::ResourceExhausted,
        499 => ErrorCode::Canceled,
        500 => ErrorCode::Internal,
        502 | 503 => ErrorCode::Unavailable,
        504 => ErrorCode::DeadlineExceeded,
        _ => ErrorCode::Unknown,
    })
}

fn is_grpc_web(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc-web"))
}

/// Returns the value of `grpc-status`, if present.
fn grpc_status(headers: &HeaderMap) -> Option<&str> {
    headers.get("grpc-status")?.to_str().ok()
}

/// Returns `grpc-status` from the trailers of gRPC-Web, if they are in this part of the body. The body is a sequence of
/// frames of one flag byte, four bytes of length and a payload; the frame whose flag has the highest bit set has the
/// trailers as lines of `name: value`.
fn web_status(mut data: &[u8]) -> Option<&str> {
    while let Some((head, rest)) = data.split_first_chunk::<5>() {
        let [flag, length @ ..] = head;
        let (payload, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        if flag & 0x80 != 0 {
            let mut lines = std::str::from_utf8(payload).ok()?.lines();
            return lines.find_map(|line| line.strip_prefix("grpc-status:").map(str::trim));
        }
        data = rest;
    }
    None
}

/// Returns the error code of a gRPC status; `None` on success.
fn error_code(status: &str) -> Option<ErrorCode> {
    match status.parse() {
        Ok(0) => None,
        Ok(number) => Some(ErrorCode::from_grpc_code(number).unwrap_or(ErrorCode::Unknown)),
        Err(_) => Some(ErrorCode::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// No part of a body makes the parser panic; trailers are found after any sequence of messages.
        #[test]
        fn trailers_are_found_behind_any_messages(
            noise: Vec<u8>, messages in proptest::collection::vec(any::<Vec<u8>>(), 0..4), cut in 0_usize..64,
        ) {
            web_status(&noise);
            let mut body = Vec::new();
            let trailers = (0x80, &b"a: b\r\ngrpc-status: 7\r\n"[..]);
            let messages = messages.iter().map(|message| (0, &message[..]));
            for (flag, payload) in messages.chain([trailers]) {
                body.push(flag);
                body.extend_from_slice(&u32::try_from(payload.len())?.to_be_bytes());
                body.extend_from_slice(payload);
            }
            prop_assert_eq!(web_status(&body).and_then(error_code), Some(ErrorCode::PermissionDenied));
            prop_assert_eq!(web_status(&body[..body.len() - 1 - cut % body.len()]), None);
        }
    }
}
