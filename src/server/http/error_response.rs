//! Errors as HTTP responses: rows of the error table in the protocol of the caller.
//!
//! Connect and plain JSON callers get every error in one format, `{"code","message","details"}`.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::content_type::content_type;
use crate::wire::{ErrorKind, WireError};

/// Renders `error` in the protocol of the `request` with these headers.
pub(in crate::server) fn to_caller(error: &WireError, request: &HeaderMap) -> Response {
    let content_type = content_type(request);
    let framed = ["application/grpc", "application/connect+"];
    if framed.iter().any(|start| content_type.starts_with(start)) {
        return error
            .to_connect()
            .into_http_response(request)
            .map(Body::new);
    }
    plain(error)
}

/// Renders `error` as JSON over plain HTTP.
pub(in crate::server) fn plain(error: &WireError) -> Response {
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
        .insert(name, HeaderValue::from_static(value));
    response
}

/// Renders `error` for a gateway. Overload is answered with 503, never 429: gateways let a request through when a hook
/// cannot be reached, and fail it when a hook answers 429.
pub(in crate::server) fn to_gateway(error: &WireError) -> Response {
    let mut response = plain(error);
    if matches!(error.kind(), ErrorKind::Overloaded | ErrorKind::RateLimited) {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// Handler for a wrong method on a GET-only route.
pub(in crate::server) async fn method_not_allowed() -> Response {
    plain(&WireError::MethodNotAllowed { allowed: "GET" })
}
