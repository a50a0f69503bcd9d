//! The routes that gateways and exporters call, in formats that they chose.
//!
//! `gateway` reads and writes the formats; here is what needs a socket, a clock or the dispatcher. Two rules hold for all
//! hooks. Overload is answered with 503, never 429: gateways let a request through when a hook cannot be reached, and fail
//! it at 429. And no answer waits for a score: verdicts are how an account stood before.

mod agentgateway;
pub(super) mod envoy;
pub(super) mod gateways;
mod litellm_guardrail;
mod litellm_log;
mod moderation;
mod otlp;
mod portkey;
pub(super) mod settings;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, post};

use gateways::Gateways;

use super::http::api_routes::ApiRoutes;
use super::http::ingress::{self, IngressLimits};

/// Creates the routes that gateways call before and after a model.
pub(super) fn before_and_after(gateways: &Arc<Gateways>, limits: IngressLimits) -> ApiRoutes {
    let handlers = [
        (
            "/beta/litellm_basic_guardrail_api",
            post(litellm_guardrail::call),
        ),
        ("/portkey/webhook", post(portkey::call)),
        ("/agentgateway/request", post(agentgateway::request)),
        ("/agentgateway/response", post(agentgateway::response)),
        ("/v1/moderations", post(moderation::call)),
    ];
    routes(handlers, gateways, limits)
}

/// Creates the routes to which gateways and programs export.
pub(super) fn telemetry(gateways: &Arc<Gateways>, limits: IngressLimits) -> ApiRoutes {
    let handlers = [
        ("/v1/ingest/litellm", post(litellm_log::call)),
        ("/v1/traces", post(otlp::traces)),
        ("/v1/logs", post(otlp::logs)),
        ("/api/public/otel/v1/traces", post(otlp::traces)),
    ];
    routes(handlers, gateways, limits)
}

fn routes<const N: usize>(
    handlers: [(&str, MethodRouter<Arc<Gateways>>); N],
    gateways: &Arc<Gateways>,
    limits: IngressLimits,
) -> ApiRoutes {
    let paths = handlers.each_ref().map(|(path, _)| *path);
    let handlers = handlers.into_iter();
    let routes = handlers.fold(Router::new(), |routes, (path, handler)| {
        routes.route(path, handler)
    });
    let routes = routes
        .with_state(Arc::clone(gateways))
        // The ingress layer has read the body within its own bound.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(limits, ingress::hooks));
    ApiRoutes::new(routes, paths)
}
