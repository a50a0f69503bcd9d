//! Routes of the RPC services: their methods, plain aliases, and limits.

use std::sync::Arc;

use axum::http::Uri;
use axum::middleware::{from_fn, from_fn_with_state};
use connectrpc::{ConnectRpcService, DeadlinePolicy};

use crate::server::hooks::envoy::Envoy;
use crate::server::hooks::gateways::Gateways;
use crate::server::http::api_routes::ApiRoutes;
use crate::server::http::ingress::{self, IngressLimits};
use crate::server::limits::Limits;
use crate::server::rpc::redaction::ErrorRedaction;
use crate::server::rpc::scoring::Scoring;
use crate::wire::contract::envoy::service::ext_proc::v3::{
    EXTERNAL_PROCESSOR_PROCESS_SPEC, ExternalProcessorExt,
};
use crate::wire::contract::{
    SCORING_SERVICE_SCORE_BATCH_SPEC, SCORING_SERVICE_SCORE_CONVERSATION_SPEC,
    SCORING_SERVICE_SCORE_STREAM_SPEC, SCORING_SERVICE_SERVICE_NAME, ScoringServiceExt,
};

/// Builds the routes of the scoring service, with shorter aliases of its unary methods.
pub(super) fn scored(scoring: Arc<Scoring>, ingress: &IngressLimits, limits: &Limits) -> ApiRoutes {
    let router = scoring.register(connectrpc::Router::new());
    let names: Vec<String> = procedures(&router).collect();
    let service = rpc(router, limits);
    // A stream has no deadline except its caller's.
    let streaming = service.clone().with_deadline_policy(DeadlinePolicy::new());
    let stream = axum::Router::new()
        .route_service(SCORING_SERVICE_SCORE_STREAM_SPEC.procedure, streaming)
        .layer(from_fn(ingress::streams));
    let routes = unary(&[every(SCORING_SERVICE_SERVICE_NAME)], &service, ingress).merge(stream);
    let alias = |path: &'static str, procedure: &'static str| {
        let state = (ingress.clone(), Uri::from_static(procedure));
        let routes = axum::Router::new()
            .route_service(path, service.clone())
            .layer(from_fn_with_state(state, ingress::alias));
        ApiRoutes::new(routes, [path])
    };
    ApiRoutes::new(routes, names)
        .merge(alias(
            "/v1/score",
            SCORING_SERVICE_SCORE_CONVERSATION_SPEC.procedure,
        ))
        .merge(alias(
            "/v1/score:batch",
            SCORING_SERVICE_SCORE_BATCH_SPEC.procedure,
        ))
}

/// Returns the paths of the registered methods.
pub(super) fn procedures(router: &connectrpc::Router) -> impl Iterator<Item = String> {
    router.methods().map(|method| format!("/{method}"))
}

/// Returns the path pattern of all methods of a service, registered or not.
pub(super) fn every(service: &str) -> String {
    format!("/{service}/{{procedure}}")
}

/// Builds the routes of unary methods behind the ingress limits.
pub(super) fn unary(
    paths: &[String],
    service: &ConnectRpcService,
    ingress: &IngressLimits,
) -> axum::Router {
    let routes = paths.iter().fold(axum::Router::new(), |routes, path| {
        routes.route_service(path, service.clone())
    });
    routes.layer(from_fn_with_state(ingress.clone(), ingress::unary))
}

/// Builds the route of Envoy's external processing. Its streams live as long as the responses they observe, so they
/// have no deadline.
pub(super) fn envoy(gateways: &Arc<Gateways>, limits: &Limits) -> ApiRoutes {
    let service = Arc::new(Envoy::new(Arc::clone(gateways), limits));
    let service = ConnectRpcService::new(service.register(connectrpc::Router::new()));
    let path = EXTERNAL_PROCESSOR_PROCESS_SPEC.procedure;
    let service = service.with_limits(message_limits(limits));
    ApiRoutes::new(axum::Router::new().route_service(path, service), [path])
}

fn message_limits(limits: &Limits) -> connectrpc::Limits {
    connectrpc::Limits::default()
        .with_max_request_body_size(limits.body_bytes_max)
        .with_max_message_size(limits.body_bytes_max)
}

pub(super) fn rpc(router: connectrpc::Router, limits: &Limits) -> ConnectRpcService {
    ConnectRpcService::new(router)
        .with_limits(message_limits(limits))
        .with_deadline_policy(deadlines(limits))
        .with_interceptor(ErrorRedaction)
}

fn deadlines(limits: &Limits) -> DeadlinePolicy {
    DeadlinePolicy::new()
        .with_default_timeout(limits.deadline_default)
        .with_max(limits.deadline_max)
}
