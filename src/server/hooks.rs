//! The routes that gateways and exporters call, in their own formats.
//!
//! `gateway` parses and writes the formats; this module has the parts that need a socket, a clock or the dispatcher.
//! Two rules hold for all hooks. Overload is answered with 503, never 429: gateways let a request through when a hook
//! cannot be reached, and fail it at 429. And no answer waits for a score: a verdict is based on the account's status
//! before the request.

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

/// Builds the routes that gateways call before and after a model.
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

/// Builds the routes to which gateways and applications export telemetry.
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
        // The ingress layer has already read the body within its own limit.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(limits, ingress::hooks));
    ApiRoutes::new(routes, paths)
}
