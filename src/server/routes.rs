//! The routes: RPC services, their plain aliases, gateway hooks, probes, metrics, documentation.

mod open;
mod procedures;

use std::sync::Arc;

use axum::middleware::from_fn_with_state;

use open::{probes, standard_services, start_page, status};
use procedures::{envoy, every, procedures, rpc, scored, unary};

use super::auth::api_scope::ApiScope;
use super::auth::guard::{Guard, guard};
use super::auth::keys::Keys;
use super::hooks;
use super::hooks::gateways::Gateways;
use super::http::api_routes::ApiRoutes;
use super::http::docs;
use super::http::ingress::IngressLimits;
use super::http::meter::{Meter, meter};
use super::limits::Limits;
use super::metrics::Metrics;
use super::queue::dispatcher::Dispatcher;
use super::readiness::Readiness;
use super::rpc::accounts::AccountApi;
use super::rpc::labels::LabelApi;
use super::rpc::models::ModelApi;
use super::rpc::reviews::ReviewApi;
use super::rpc::scoring::Scoring;
use super::rpc::streaming::Streams;
use super::services::Services;
use crate::wire::contract::{
    ACCOUNT_SERVICE_DELETE_ACCOUNT_SPEC, ACCOUNT_SERVICE_SERVICE_NAME, AccountServiceExt,
    LABEL_SERVICE_SERVICE_NAME, LabelServiceExt, MODEL_SERVICE_ACTIVATE_MODEL_SPEC,
    MODEL_SERVICE_SERVICE_NAME, ModelServiceExt, REVIEW_SERVICE_SERVICE_NAME, ReviewServiceExt,
};

/// Irreversible methods. They form a group of their own, whatever their service.
const IRREVERSIBLE: [&str; 2] = [
    ACCOUNT_SERVICE_DELETE_ACCOUNT_SPEC.procedure,
    MODEL_SERVICE_ACTIVATE_MODEL_SPEC.procedure,
];

/// State shared by the handlers.
pub(super) struct AppState {
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) services: Services,
    pub(super) gateways: Arc<Gateways>,
    pub(super) readiness: Arc<Readiness>,
}

/// Builds the routes, each group wrapped in authentication and metrics.
pub(super) struct Routes {
    guard: Arc<Guard>,
    metrics: Arc<Metrics>,
}

impl Routes {
    /// Creates a builder of routes that require one of `keys`, if any, and count in `metrics`.
    pub(super) fn new(keys: Option<Arc<Keys>>, metrics: Arc<Metrics>) -> Self {
        Self {
            guard: Arc::new(Guard::new(keys, Arc::clone(&metrics))),
            metrics,
        }
    }

    /// Builds all routes of the port.
    pub(super) fn all(&self, state: &AppState, limits: &Limits) -> axum::Router {
        let ingress = IngressLimits::new(limits, Arc::clone(&self.metrics));
        let AppState {
            dispatcher,
            gateways,
            readiness,
            ..
        } = state;
        let open = standard_services(readiness)
            .merge(probes(Arc::clone(readiness), Arc::clone(dispatcher)))
            .merge(ApiRoutes::new(docs::routes(), docs::PATHS))
            .merge(start_page());
        let hooks =
            hooks::before_and_after(gateways, ingress.clone()).merge(envoy(gateways, limits));
        let telemetry = hooks::telemetry(gateways, ingress.clone());
        let scoring = Arc::new(Scoring {
            dispatcher: Arc::clone(dispatcher),
            streams: Arc::new(Streams::new(limits, Arc::clone(readiness))),
        });
        self.group(ApiScope::Scoring, scored(scoring, &ingress, limits))
            .merge(self.administration(state, &ingress, limits))
            .merge(self.group(ApiScope::Accounts, status(dispatcher)))
            .merge(self.group(ApiScope::Hooks, hooks))
            .merge(self.group(ApiScope::Telemetry, telemetry))
            .merge(self.group(ApiScope::Open, open))
    }

    /// Builds the routes for accounts, models, labels and reviews. The irreversible methods form a group of their own.
    fn administration(
        &self,
        state: &AppState,
        ingress: &IngressLimits,
        limits: &Limits,
    ) -> axum::Router {
        let AppState {
            dispatcher,
            services,
            ..
        } = state;
        let accounts = Arc::new(AccountApi {
            dispatcher: Arc::clone(dispatcher),
            accounts: Arc::clone(&services.accounts),
            pseudonymizer: services.pseudonymizer.clone(),
        });
        let models = Arc::new(ModelApi {
            dispatcher: Arc::clone(dispatcher),
            models: Arc::clone(&services.models),
        });
        let labels = Arc::new(LabelApi {
            dispatcher: Arc::clone(dispatcher),
            accounts: Arc::clone(&services.accounts),
            pseudonymizer: services.pseudonymizer.clone(),
            labels: Arc::clone(&services.labels),
        });
        let reviews = Arc::new(ReviewApi {
            dispatcher: Arc::clone(dispatcher),
            pseudonymizer: services.pseudonymizer.clone(),
            reviews: Arc::clone(&services.reviews),
        });
        let services = [
            (
                ApiScope::Accounts,
                ACCOUNT_SERVICE_SERVICE_NAME,
                accounts.register(connectrpc::Router::new()),
            ),
            (
                ApiScope::Models,
                MODEL_SERVICE_SERVICE_NAME,
                models.register(connectrpc::Router::new()),
            ),
            (
                ApiScope::Labels,
                LABEL_SERVICE_SERVICE_NAME,
                labels.register(connectrpc::Router::new()),
            ),
            (
                ApiScope::Reviews,
                REVIEW_SERVICE_SERVICE_NAME,
                reviews.register(connectrpc::Router::new()),
            ),
        ];
        let mut irreversible = ApiRoutes::new(axum::Router::new(), [""; 0]);
        let mut routes = axum::Router::new();
        for (api, name, service) in services {
            let (irreversible_paths, others): (Vec<String>, Vec<String>) =
                procedures(&service).partition(|path| IRREVERSIBLE.contains(&path.as_str()));
            let service = rpc(service, limits);
            irreversible = irreversible.merge(ApiRoutes::new(
                unary(&irreversible_paths, &service, ingress),
                &irreversible_paths,
            ));
            let others = ApiRoutes::new(unary(&[every(name)], &service, ingress), others);
            routes = routes.merge(self.group(api, others));
        }
        routes.merge(self.group(ApiScope::Administration, irreversible))
    }

    /// Wraps a group in the guard and the meter. The meter is the outer one, so that refused requests are counted too.
    fn group(&self, api: ApiScope, routes: ApiRoutes) -> axum::Router {
        let (names, routes) = routes.into_parts();
        let meter_of_group = Meter::new(Arc::clone(&self.metrics), api, names);
        let guarded = (Arc::clone(&self.guard), api);
        routes
            .layer(from_fn_with_state(guarded, guard))
            .layer(from_fn_with_state(meter_of_group, meter))
    }
}
