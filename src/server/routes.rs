//! The routes: RPC services, the plain alias, the probes, the metrics.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Uri, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use connectrpc::{ConnectRpcService, DeadlinePolicy};
use connectrpc_health::{HealthExt, HealthService};
use connectrpc_reflection::Reflector;

use super::desk::Desk;
use super::discretion::Discretion;
use super::door::{self, Door};
use super::guard::{Guard, guard};
use super::hooks::{self, Gateways};
use super::meter::{Meter, meter};
use super::metrics::{self, Metrics};
use super::readiness::{Health, Readiness};
use super::scoring::Scoring;
use super::{Keys, Limits, Surface};
use crate::wire::contract::{
    DESCRIPTORS, SCORING_SERVICE_SCORE_CONVERSATION_SPEC, ScoringServiceExt,
};

/// The procedures of the scoring service, of whatever name.
const PROCEDURES: &str = "/stillwatch.v1.ScoringService/{procedure}";

/// Everything that the port answers to.
pub(super) fn routes(
    desk: &Arc<Desk>,
    gateways: &Arc<Gateways>,
    readiness: Arc<Readiness>,
    limits: &Limits,
    to: &Mount,
) -> axum::Router {
    let door = Door::new(limits, Arc::clone(&to.metrics));
    let open = standard_services(&readiness).merge(probes(readiness, Arc::clone(desk)));
    let hooks = hooks::before_and_after(gateways, door.clone());
    let telemetry = hooks::telemetry(gateways, door.clone());
    to.mount(Surface::Scoring, scoring(desk, door, limits))
        .merge(to.mount(Surface::Hooks, hooks))
        .merge(to.mount(Surface::Telemetry, telemetry))
        .merge(to.mount(Surface::Open, open))
}

/// What guards and counts every surface.
pub(super) struct Mount {
    guard: Arc<Guard>,
    metrics: Arc<Metrics>,
}

impl Mount {
    /// Asks for one of `keys`, if any; counts in `metrics`.
    pub(super) fn new(keys: Option<Arc<Keys>>, metrics: Arc<Metrics>) -> Self {
        Self {
            guard: Arc::new(Guard::new(keys, Arc::clone(&metrics))),
            metrics,
        }
    }

    /// A surface with what guards and counts it. What the guard refuses is counted too.
    fn mount(&self, surface: Surface, routes: axum::Router) -> axum::Router {
        let metrics = Arc::clone(&self.metrics);
        let guarded = (Arc::clone(&self.guard), surface);
        routes
            .layer(from_fn_with_state(guarded, guard))
            .layer(from_fn_with_state(Meter { metrics, surface }, meter))
    }
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
    let service = ConnectRpcService::new(router).with_interceptor(Discretion);
    let unknown = axum::Router::new()
        .fallback_service(service.clone())
        .layer(from_fn(door::unknown));
    paths
        .iter()
        .fold(axum::Router::new(), |routes, path| {
            routes.route_service(path, service.clone())
        })
        .layer(from_fn(door::without_json_streams))
        .fallback_service(unknown)
}

fn deadlines(limits: &Limits) -> DeadlinePolicy {
    DeadlinePolicy::new()
        .with_default_timeout(limits.deadline_default)
        .with_max(limits.deadline_max)
}

/// The probes, under every name that orchestrators ask for, and the metrics.
fn probes(readiness: Arc<Readiness>, desk: Arc<Desk>) -> axum::Router {
    let live = || async { "live\n" };
    let readable = Arc::clone(&readiness);
    let metrics = move || async move {
        let text = desk.metrics(readable.check().is_ok());
        ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text)
    };
    axum::Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(live))
        .route("/v2/health/live", get(live))
        .route("/v2/health/ready", get(ready))
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
