//! The routes: RPC services, their plain aliases, gateway hooks, the probes, the metrics, the documentation.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Uri, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use connectrpc::{ConnectRpcService, DeadlinePolicy};
use connectrpc_health::{HealthExt, HealthService};
use connectrpc_reflection::Reflector;

use super::accounts::AccountBook;
use super::desk::Dispatcher;
use super::discretion::Discretion;
use super::door::{self, Door};
use super::envoy::Envoy;
use super::guard::{Guard, guard};
use super::hooks::{self, Gateways};
use super::labels::LabelBook;
use super::meter::{Meter, meter};
use super::metrics::{self, Metrics};
use super::models::ModelShelf;
use super::readiness::{Health, Readiness};
use super::scoring::Scoring;
use super::streaming::Streams;
use super::{Keys, Limits, Services, Surface, docs};
use crate::wire::contract::envoy::service::ext_proc::v3::{
    EXTERNAL_PROCESSOR_PROCESS_SPEC, ExternalProcessorExt,
};
use crate::wire::contract::{
    ACCOUNT_SERVICE_FORGET_SPEC, ACCOUNT_SERVICE_SERVICE_NAME, AccountServiceExt, DESCRIPTORS,
    LABEL_SERVICE_SERVICE_NAME, LabelServiceExt, MODEL_SERVICE_ACTIVATE_SPEC,
    MODEL_SERVICE_SERVICE_NAME, ModelServiceExt, SCORING_SERVICE_SCORE_BATCH_SPEC,
    SCORING_SERVICE_SCORE_CONVERSATION_SPEC, SCORING_SERVICE_SCORE_STREAM_SPEC,
    SCORING_SERVICE_SERVICE_NAME, ScoringServiceExt,
};

/// What stands behind the routes.
pub(super) struct Behind {
    pub(super) desk: Arc<Dispatcher>,
    pub(super) services: Services,
    pub(super) gateways: Arc<Gateways>,
    pub(super) readiness: Arc<Readiness>,
}

/// Everything that the port answers to.
pub(super) fn routes(behind: &Behind, limits: &Limits, to: &Mount) -> axum::Router {
    let door = Door::new(limits, Arc::clone(&to.metrics));
    let Behind {
        desk,
        gateways,
        readiness,
        ..
    } = behind;
    let open = standard_services(readiness)
        .merge(probes(Arc::clone(readiness), Arc::clone(desk)))
        .merge(docs::routes());
    let hooks = hooks::before_and_after(gateways, door.clone());
    let telemetry = hooks::telemetry(gateways, door.clone());
    let scoring = Arc::new(Scoring {
        desk: Arc::clone(desk),
        streams: Arc::new(Streams::new(limits, Arc::clone(readiness))),
    });
    let hooks = hooks.merge(envoy(gateways, limits));
    to.mount(Surface::Scoring, scored(scoring, &door, limits))
        .merge(books(behind, &door, limits, to))
        .merge(to.mount(Surface::Hooks, hooks))
        .merge(to.mount(Surface::Telemetry, telemetry))
        .merge(to.mount(Surface::Open, open))
}

/// What is remembered, at hand and said: accounts, models, labels. What changes them for good is a surface of its own.
fn books(behind: &Behind, door: &Door, limits: &Limits, to: &Mount) -> axum::Router {
    let Behind { desk, services, .. } = behind;
    let accounts = Arc::new(AccountBook {
        desk: Arc::clone(desk),
        accounts: Arc::clone(&services.accounts),
        pseudonymizer: services.pseudonymizer.clone(),
    });
    let models = Arc::new(ModelShelf {
        desk: Arc::clone(desk),
        models: Arc::clone(&services.models),
    });
    let labels = Arc::new(LabelBook {
        desk: Arc::clone(desk),
        labels: Arc::clone(&services.labels),
    });
    let accounts = rpc(accounts.register(connectrpc::Router::new()), limits);
    let models = rpc(models.register(connectrpc::Router::new()), limits);
    let labels = rpc(labels.register(connectrpc::Router::new()), limits);
    let forget = unary(ACCOUNT_SERVICE_FORGET_SPEC.procedure, &accounts, door);
    let activate = unary(MODEL_SERVICE_ACTIVATE_SPEC.procedure, &models, door);
    let accounts = unary(&every(ACCOUNT_SERVICE_SERVICE_NAME), &accounts, door);
    let models = unary(&every(MODEL_SERVICE_SERVICE_NAME), &models, door);
    let labels = unary(&every(LABEL_SERVICE_SERVICE_NAME), &labels, door);
    to.mount(Surface::Accounts, accounts)
        .merge(to.mount(Surface::Models, models))
        .merge(to.mount(Surface::Labels, labels))
        .merge(to.mount(Surface::Administration, forget.merge(activate)))
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

/// The scoring service under its own names, and its unary calls under shorter ones.
fn scored(scoring: Arc<Scoring>, door: &Door, limits: &Limits) -> axum::Router {
    let service = rpc(scoring.register(connectrpc::Router::new()), limits);
    // A stream has no deadline but its caller's.
    let streaming = service.clone().with_deadline_policy(DeadlinePolicy::new());
    let alias = |path: &str, procedure: &'static str| {
        let state = (door.clone(), Uri::from_static(procedure));
        axum::Router::new()
            .route_service(path, service.clone())
            .layer(from_fn_with_state(state, door::alias))
    };
    let stream = axum::Router::new()
        .route_service(SCORING_SERVICE_SCORE_STREAM_SPEC.procedure, streaming)
        .layer(from_fn(door::streams));
    unary(&every(SCORING_SERVICE_SERVICE_NAME), &service, door)
        .merge(stream)
        .merge(alias(
            "/v1/score",
            SCORING_SERVICE_SCORE_CONVERSATION_SPEC.procedure,
        ))
        .merge(alias(
            "/v1/score:batch",
            SCORING_SERVICE_SCORE_BATCH_SPEC.procedure,
        ))
}

/// The procedures of a service, of whatever name.
fn every(service: &str) -> String {
    format!("/{service}/{{procedure}}")
}

/// Unary procedures behind the door.
fn unary(path: &str, service: &ConnectRpcService, door: &Door) -> axum::Router {
    axum::Router::new()
        .route_service(path, service.clone())
        .layer(from_fn_with_state(door.clone(), door::procedures))
}

/// Envoy's external processing. Its streams live as long as the answers that they watch, so no deadline ends them.
fn envoy(gateways: &Arc<Gateways>, limits: &Limits) -> axum::Router {
    let bounds = connectrpc::Limits::default()
        .with_max_request_body_size(limits.body_bytes_max)
        .with_max_message_size(limits.body_bytes_max);
    let service = Arc::new(Envoy::new(Arc::clone(gateways), limits));
    let service = ConnectRpcService::new(service.register(connectrpc::Router::new()));
    let path = EXTERNAL_PROCESSOR_PROCESS_SPEC.procedure;
    axum::Router::new().route_service(path, service.with_limits(bounds))
}

fn rpc(router: connectrpc::Router, limits: &Limits) -> ConnectRpcService {
    let bounds = connectrpc::Limits::default()
        .with_max_request_body_size(limits.body_bytes_max)
        .with_max_message_size(limits.body_bytes_max);
    ConnectRpcService::new(router)
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
fn probes(readiness: Arc<Readiness>, desk: Arc<Dispatcher>) -> axum::Router {
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
