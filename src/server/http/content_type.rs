//! Checks of the method and the content type of a request.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};

use crate::wire::WireError;

/// The content types that a route accepts.
#[derive(Clone, Copy)]
pub(in crate::server) struct ContentTypes {
    types: &'static [&'static str],
    /// The types as listed in the error message.
    expected: &'static str,
}

impl ContentTypes {
    /// Types of unary Connect requests.
    pub(super) const UNARY: Self = Self {
        types: &["application/json", "application/proto"],
        expected: "application/json or application/proto",
    };
    /// Types of streaming Connect requests.
    pub(super) const STREAMING: Self = Self {
        types: &["application/connect+json", "application/connect+proto"],
        expected: "application/connect+json or application/connect+proto",
    };
    /// Type of plain JSON requests.
    pub(super) const JSON: Self = Self {
        types: &["application/json"],
        expected: "application/json",
    };
    /// Types of gateway hooks and telemetry.
    pub(in crate::server) const HOOKS: Self = Self {
        types: &[
            "application/json",
            "application/x-protobuf",
            "application/x-ndjson",
        ],
        expected: "application/json, application/x-ndjson or application/x-protobuf",
    };

    /// Checks that `request` is a POST with one of these types.
    ///
    /// # Errors
    /// [`WireError::MethodNotAllowed`] if it is not a POST, [`WireError::UnsupportedMediaType`] for other types.
    pub(super) fn check(self, request: &Request) -> Result<(), WireError> {
        if request.method() != Method::POST {
            return Err(WireError::MethodNotAllowed { allowed: "POST" });
        }
        if !self.types.contains(&content_type(request.headers())) {
            return Err(WireError::UnsupportedMediaType {
                expected: self.expected,
            });
        }
        Ok(())
    }
}

/// Returns the content type without its parameters; empty if absent.
pub(in crate::server) fn content_type(headers: &HeaderMap) -> &str {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Returns whether a request is gRPC or gRPC-Web.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    content_type(headers).starts_with("application/grpc")
}
