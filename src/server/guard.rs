//! Who may call a surface: a known key, good for its scope, within its pace.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use tokio::sync::OwnedSemaphorePermit;

use super::metrics::{Metrics, Shed};
use super::pace::Refused;
use super::{Keys, Scope, Surface, door, hooks};
use crate::wire::WireError;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The guard of the whole port.
pub(super) struct Guard {
    /// `None` where no key is asked for.
    keys: Option<Arc<Keys>>,
    metrics: Arc<Metrics>,
    begun: Instant,
}

/// The middleware of one surface, which asks for keys of its scope, if it has one.
pub(super) async fn guard(
    State((guard, surface)): State<(Arc<Guard>, Surface)>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(scope) = surface.scope() else {
        return next.run(request).await;
    };
    let place = match guard.admit(request.headers(), scope) {
        Ok(place) => place,
        Err(error) if surface.is_called_by_gateways() => return hooks::refusal(&error),
        Err(error) => return door::refuse(&error, request.headers()),
    };
    // Nobody further in needs the key, and what is not there cannot be logged.
    for name in [header::AUTHORIZATION, X_API_KEY] {
        request.headers_mut().remove(name);
    }
    let response = next.run(request).await;
    match place {
        Some(place) if response.body().size_hint().exact().is_none() => response.map(|body| {
            // A stream is inside until its last frame.
            Body::new(body.map_frame(move |frame| {
                let _held = &place;
                frame
            }))
        }),
        _ => response,
    }
}

impl Guard {
    /// A guard that asks for one of `keys`, if any.
    pub(super) fn new(keys: Option<Arc<Keys>>, metrics: Arc<Metrics>) -> Self {
        Self {
            keys,
            metrics,
            begun: Instant::now(),
        }
    }

    fn admit(
        &self,
        headers: &HeaderMap,
        scope: Scope,
    ) -> Result<Option<OwnedSemaphorePermit>, WireError> {
        let Some(keys) = &self.keys else {
            return Ok(None);
        };
        let key = presented(headers).and_then(|presented| keys.find(&presented));
        let key = key.ok_or(WireError::Unauthenticated)?;
        if !key.is_good_for(scope) {
            return Err(WireError::Forbidden {
                scope: scope.name(),
            });
        }
        key.pace.enter(self.begun.elapsed()).map_err(|refused| {
            let (reason, seconds) = match refused {
                Refused::Rate(wait) => (Shed::Rate, wait.as_secs_f64().ceil() as u32),
                Refused::AtOnce => (Shed::AtOnce, 1),
            };
            self.metrics.shed(reason);
            WireError::RateLimited {
                retry_after_seconds: seconds.max(1),
            }
        })
    }
}

/// The key that a call brings: `x-api-key: KEY`, `authorization: Bearer KEY`, or the password of
/// `authorization: Basic`, which is all that some telemetry exporters can send.
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
