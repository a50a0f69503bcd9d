//! Routes without a method of the contract: health, reflection, probes, metrics, pages, and the fallback for unknown
//! paths. All but the status require no key.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use connectrpc::ConnectRpcService;
use connectrpc_health::{HealthExt, HealthService};
use connectrpc_reflection::Reflector;

use super::procedures::procedures;
use crate::server::http::api_routes::ApiRoutes;
use crate::server::http::error_response::{self, method_not_allowed};
use crate::server::http::{ingress, pages};
use crate::server::metrics;
use crate::server::queue::dispatcher::Dispatcher;
use crate::server::readiness::{Health, Readiness};
use crate::server::rpc::redaction::ErrorRedaction;
use crate::wire::contract::DESCRIPTORS;

/// Path of the status.
const STATUS: &str = "/v1/status";

/// Builds the routes of health and reflection, and the fallback for unknown methods and paths.
pub(super) fn standard_services(readiness: &Arc<Readiness>) -> ApiRoutes {
    let health = Arc::new(HealthService::new(Health(Arc::clone(readiness))));
    let router = health.register(connectrpc::Router::new());
    let router =
        connectrpc_health::apply_request_limits(router, connectrpc_health::request_limits());
    let reflector = Reflector::from_descriptor_set_bytes(DESCRIPTORS)
        .expect("the build script compiled these descriptors");
    let router = connectrpc_reflection::install(router, reflector);
    let paths: Vec<String> = procedures(&router).collect();
    let service = ConnectRpcService::new(router).with_interceptor(ErrorRedaction);
    let unknown = axum::Router::new()
        .fallback_service(service.clone())
        .layer(from_fn(ingress::unknown));
    let routes = paths.iter().fold(axum::Router::new(), |routes, path| {
        routes.route_service(path, service.clone())
    });
    let routes = routes
        .layer(from_fn(ingress::without_json_streams))
        .fallback_service(unknown);
    ApiRoutes::new(routes, paths)
}

/// Builds the start page. Its path has no name, so it is counted among the others.
pub(super) fn start_page() -> ApiRoutes {
    let routes = axum::Router::new().route(pages::START, any(pages::start));
    ApiRoutes::new(routes, [""; 0])
}

/// Builds the status: what has arrived, of whom, through which door.
pub(super) fn status(dispatcher: &Arc<Dispatcher>) -> ApiRoutes {
    let dispatcher = Arc::clone(dispatcher);
    let answer = move |headers: HeaderMap| async move {
        match dispatcher.status().await {
            Ok(status) => pages::status(&status, &headers),
            Err(error) => error_response::plain(&error),
        }
    };
    let routes = axum::Router::new()
        .route(STATUS, get(answer))
        .method_not_allowed_fallback(method_not_allowed);
    ApiRoutes::new(routes, [STATUS])
}

/// Builds the probes, under every name that orchestrators use, and the metrics.
pub(super) fn probes(readiness: Arc<Readiness>, dispatcher: Arc<Dispatcher>) -> ApiRoutes {
    let live = || async { "live\n" };
    let readable = Arc::clone(&readiness);
    let metrics = move || async move {
        let text = dispatcher.metrics(readable.check().is_ok());
        ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text)
    };
    let handlers = [
        ("/metrics", get(metrics)),
        ("/livez", get(live)),
        ("/v2/health/live", get(live)),
        ("/v2/health/ready", get(ready)),
        ("/ping", get(ready)),
        ("/readyz", get(ready)),
        ("/healthz", get(ready)),
        ("/health", get(ready)),
    ];
    let paths = handlers.each_ref().map(|(path, _)| *path);
    let handlers = handlers.into_iter();
    let routes = handlers.fold(axum::Router::new(), |routes, (path, handler)| {
        routes.route(path, handler)
    });
    let routes = routes
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(readiness);
    ApiRoutes::new(routes, paths)
}

async fn ready(State(readiness): State<Arc<Readiness>>) -> Response {
    match readiness.check() {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => error_response::plain(&reason.into()),
    }
}
