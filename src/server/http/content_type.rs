//! The method and the content type of a request.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};

use crate::wire::WireError;

/// The content types that a route accepts.
#[derive(Clone, Copy)]
pub(in crate::server) struct ContentTypes {
    types: &'static [&'static str],
    /// The types as an error names them.
    expected: &'static str,
}

impl ContentTypes {
    /// Unary Connect calls.
    pub(super) const UNARY: Self = Self {
        types: &["application/json", "application/proto"],
        expected: "application/json or application/proto",
    };
    /// Streaming Connect calls.
    pub(super) const STREAMING: Self = Self {
        types: &["application/connect+json", "application/connect+proto"],
        expected: "application/connect+json or application/connect+proto",
    };
    /// Plain JSON.
    pub(super) const JSON: Self = Self {
        types: &["application/json"],
        expected: "application/json",
    };
    /// Gateway hooks and telemetry.
    pub(in crate::server) const HOOKS: Self = Self {
        types: &[
            "application/json",
            "application/x-protobuf",
            "application/x-ndjson",
        ],
        expected: "application/json, application/x-ndjson or application/x-protobuf",
    };

    /// Checks that `request` is a POST of one of these types.
    ///
    /// # Errors
    /// [`WireError::MethodNotAllowed`] or [`WireError::UnsupportedMediaType`].
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

/// Returns the content type without its parameters; empty when there is none.
pub(in crate::server) fn content_type(headers: &HeaderMap) -> &str {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// Whether a request is gRPC or gRPC-Web.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    content_type(headers).starts_with("application/grpc")
}
