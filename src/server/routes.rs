//! The routes: RPC services, the plain alias, the probes.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use connectrpc::{ConnectRpcService, DeadlinePolicy};
use connectrpc_health::{HealthExt, HealthService};
use connectrpc_reflection::Reflector;

use super::desk::Desk;
use super::discretion::Discretion;
use super::door::{self, Door};
use super::envoy::Envoy;
use super::readiness::{Health, Readiness};
use super::scoring::Scoring;
use super::{Limits, Scorer, Surface};
use crate::wire::contract::envoy::service::ext_proc::v3::{
    EXTERNAL_PROCESSOR_PROCESS_SPEC, ExternalProcessorExt,
};
use crate::wire::contract::{
    DESCRIPTORS, SCORING_SERVICE_SCORE_CONVERSATION_SPEC, ScoringServiceExt,
};

/// The procedures of the scoring service, of whatever name.
const PROCEDURES: &str = "/stillwatch.v1.ScoringService/{procedure}";

/// Everything that the port answers to.
pub(super) fn routes(
    scorer: Arc<dyn Scorer>,
    readiness: Arc<Readiness>,
    limits: &Limits,
) -> axum::Router {
    let door = Door::new(limits);
    let desk = Arc::new(Desk::new(scorer, limits));
    let open = standard_services(&readiness).merge(probes(readiness));
    let scoring = scoring(&desk, door, limits).merge(envoy(&desk, limits));
    mount(Surface::Scoring, scoring).merge(mount(Surface::Open, open))
}

/// A surface with what guards and counts it.
fn mount(surface: Surface, routes: axum::Router) -> axum::Router {
    routes.layer(axum::Extension(surface))
}

/// The scoring service under its own names, and `/v1/score`.
fn scoring(desk: &Arc<Desk>, door: Door, limits: &Limits) -> axum::Router {
    let service = rpc(Scoring(Arc::clone(desk)), limits);
    let score = Uri::from_static(SCORING_SERVICE_SCORE_CONVERSATION_SPEC.procedure);
    let procedures = axum::Router::new()
        .route_service(PROCEDURES, service.clone())
        .layer(from_fn_with_state(door.clone(), door::procedures));
    let alias = axum::Router::new()
        .route_service("/v1/score", service)
        .layer(from_fn_with_state((door, score), door::alias));
    procedures.merge(alias)
}

/// Envoy's external processing. Its streams live as long as the answers that they watch, so no deadline ends them.
fn envoy(desk: &Arc<Desk>, limits: &Limits) -> axum::Router {
    let bounds = connectrpc::Limits::default()
        .with_max_request_body_size(limits.body_bytes_max)
        .with_max_message_size(limits.body_bytes_max);
    let service = Arc::new(Envoy::new(Arc::clone(desk), limits));
    let service = ConnectRpcService::new(service.register(connectrpc::Router::new()));
    let path = EXTERNAL_PROCESSOR_PROCESS_SPEC.procedure;
    axum::Router::new().route_service(path, service.with_limits(bounds))
}

fn rpc(service: Scoring, limits: &Limits) -> ConnectRpcService {
    let bounds = connectrpc::Limits::default()
        .with_max_request_body_size(limits.body_bytes_max)
        .with_max_message_size(limits.body_bytes_max);
    ConnectRpcService::new(Arc::new(service).register(connectrpc::Router::new()))
        .with_limits(bounds)
        .with_deadline_policy(deadlines(limits))
        .with_interceptor(Discretion)
}

/// Health and reflection, on their own routes; and what answers gRPC callers of procedures unknown.
fn standard_services(readiness: &Arc<Readiness>) -> axum::Router {
    let health = Arc::new(HealthService::new(Health(Arc::clone(readiness))));
    let router = health.register(connectrpc::Router::new());
    let router =
        connectrpc_health::apply_request_limits(router, connectrpc_health::request_limits());
    let reflector = Reflector::from_descriptor_set_bytes(DESCRIPTORS)
        .expect("the build script compiled these descriptors");
    let router = connectrpc_reflection::install(router, reflector);
    let paths: Vec<String> = router
        .methods()
        .map(|method| format!("/{method}"))
        .collect();
    let service = ConnectRpcService::new(router);
    let unknown = axum::Router::new()
        .fallback_service(service.clone())
        .layer(from_fn(door::unknown));
    paths
        .iter()
        .fold(axum::Router::new(), |routes, path| {
            routes.route_service(path, service.clone())
        })
        .fallback_service(unknown)
}

fn deadlines(limits: &Limits) -> DeadlinePolicy {
    DeadlinePolicy::new()
        .with_default_timeout(limits.deadline_default)
        .with_max(limits.deadline_max)
}

fn probes(readiness: Arc<Readiness>) -> axum::Router {
    let live = || async { "live\n" };
    axum::Router::new()
        .route("/livez", get(live))
        .route("/ping", get(ready))
        .route("/readyz", get(ready))
        .route("/healthz", get(ready))
        .route("/health", get(ready))
        .method_not_allowed_fallback(door::method_not_allowed)
        .with_state(readiness)
}

async fn ready(State(readiness): State<Arc<Readiness>>) -> Response {
    match readiness.check() {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => door::answer(&reason.into()),
    }
}
