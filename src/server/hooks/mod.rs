//! The routes that gateways and exporters call, in formats that they chose.
//!
//! `gateway` reads and writes the formats; here is what needs a socket, a clock or the desk. Two rules hold for all
//! hooks. Whoever cannot be helped is told 503, never 429: gateways let a request through when a hook is not to be
//! reached, and fail it when a hook says too many. And no answer waits for a score: verdicts are how an account stood
//! before.

mod agentgateway;
mod gateways;
mod litellm_guardrail;
mod litellm_log;
mod moderation;
mod otlp;
mod portkey;
mod settings;
mod unpack;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::door::{self, Door};
use crate::wire::{ErrorKind, WireError};

pub(super) use gateways::Gateways;
pub use settings::{BlockFrom, HookSettings};

/// What a route may be sent as.
const TYPES: &[&str] = &[
    "application/json",
    "application/x-protobuf",
    "application/x-ndjson",
];

/// What gateways call before and after a model.
pub(super) fn before_and_after(gateways: &Arc<Gateways>, door: Door) -> Router {
    let routes = Router::new()
        .route(
            "/beta/litellm_basic_guardrail_api",
            post(litellm_guardrail::call),
        )
        .route("/portkey/webhook", post(portkey::call))
        .route("/agentgateway/request", post(agentgateway::request))
        .route("/agentgateway/response", post(agentgateway::response))
        .route("/v1/moderations", post(moderation::call));
    guarded(routes, gateways, door)
}

/// What gateways and programs export.
pub(super) fn telemetry(gateways: &Arc<Gateways>, door: Door) -> Router {
    let routes = Router::new()
        .route("/v1/ingest/litellm", post(litellm_log::call))
        .route("/v1/traces", post(otlp::traces))
        .route("/v1/logs", post(otlp::logs))
        .route("/api/public/otel/v1/traces", post(otlp::traces));
    guarded(routes, gateways, door)
}

fn guarded(routes: Router<Arc<Gateways>>, gateways: &Arc<Gateways>, door: Door) -> Router {
    routes
        .with_state(Arc::clone(gateways))
        // The door has read the body by its own bound.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(door, enter))
}

/// The door of hooks: calls are bounded together with those of the scoring service.
async fn enter(State(door): State<Door>, request: Request, next: Next) -> Response {
    let read = async {
        let call = door.enter()?;
        let expected = "application/json, application/x-ndjson or application/x-protobuf";
        let request = door.read(request, TYPES, expected).await?;
        Ok((
            call,
            unpack::unpacked(request, door.body_bytes_max()).await?,
        ))
    };
    match read.await {
        Ok((_call, request)) => next.run(request).await,
        Err(error) => refusal(&error),
    }
}

/// The answer to a call that a hook cannot serve.
pub(super) fn refusal(error: &WireError) -> Response {
    let mut response = door::answer(error);
    if matches!(error.kind(), ErrorKind::Overloaded | ErrorKind::RateLimited) {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// An answer in JSON.
fn json(value: &serde_json::Value) -> Response {
    axum::Json(value).into_response()
}
