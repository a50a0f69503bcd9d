//! Authentication middleware: requires a known key that has the scope of the route and is within its rate limit.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use super::api_scope::{ApiScope, KeyScope};
use super::keys::Keys;
use super::rate_limit::Refused;
use crate::server::http::error_response;
use crate::server::metrics::{Metrics, Shed};
use crate::wire::WireError;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The authentication state, one for the whole port.
pub(in crate::server) struct Guard {
    /// `None` allows unauthenticated access.
    keys: Option<Arc<Keys>>,
    metrics: Arc<Metrics>,
}

/// Middleware of one group of routes: requires a key with the group's scope, if the group has one.
pub(in crate::server) async fn guard(
    State((guard, api)): State<(Arc<Guard>, ApiScope)>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(scope) = api.key_scope() else {
        return next.run(request).await;
    };
    let permit = match guard.admit(request.headers(), scope) {
        Ok(permit) => permit,
        Err(error) if api.is_called_by_gateways() => return error_response::to_gateway(&error),
        Err(error) => return error_response::to_caller(&error, request.headers()),
    };
    // No handler needs the key, and a removed header cannot be logged.
    for name in [header::AUTHORIZATION, X_API_KEY] {
        request.headers_mut().remove(name);
    }
    let response = next.run(request).await;
    match permit {
        Some(permit) if response.body().size_hint().exact().is_none() => response.map(|body| {
            // A stream counts as a concurrent request until its last frame.
            Body::new(body.map_frame(move |frame| {
                let _held = &permit;
                frame
            }))
        }),
        _ => response,
    }
}

impl Guard {
    /// Creates a guard that requires one of `keys`, if any.
    pub(in crate::server) fn new(keys: Option<Arc<Keys>>, metrics: Arc<Metrics>) -> Self {
        Self { keys, metrics }
    }

    fn admit(
        &self,
        headers: &HeaderMap,
        scope: KeyScope,
    ) -> Result<Option<OwnedSemaphorePermit>, WireError> {
        let Some(keys) = &self.keys else {
            return Ok(None);
        };
        let key = presented(headers).and_then(|presented| keys.find(&presented));
        let key = key.ok_or(WireError::Unauthenticated)?;
        if !key.has_scope(scope) {
            return Err(WireError::Forbidden {
                scope: scope.name(),
            });
        }
        key.limiter.enter().map_err(|refused| {
            let (reason, seconds) = match refused {
                Refused::Rate(wait) => (Shed::Rate, wait.as_secs_f64().ceil() as u32),
                Refused::Concurrency => (Shed::AtOnce, 1),
            };
            self.metrics.shed(reason);
            WireError::RateLimited {
                retry_after_seconds: seconds.max(1),
            }
        })
    }
}

/// Returns the key of a request: `x-api-key: KEY`, `authorization: Bearer KEY`, or the password of `authorization:
/// Basic`, which is the only form that some telemetry exporters can send.
fn presented(headers: &HeaderMap) -> Option<String> {
    if let Some(key) = headers.get(X_API_KEY) {
        return key.to_str().ok().map(str::to_owned);
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        return pair
            .split_once(':')
            .map(|(_, password)| password.to_owned());
    }
    None
}
