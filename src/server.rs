//! RPC and HTTP on one port.
//!
//! Uses `engine`, `bundle`, `wire`, `gateway`. The only module that knows axum and sockets; reads the clock, as `cli` does.
//!
//! The path of a call: `http::connections` accepts the connection, `routes` finds the handler, `http::ingress` limits
//! concurrent calls and their bodies, `rpc` converts between the contract and the domain, and `queue::dispatcher` runs the
//! work on a worker that `queue::admission` grants, for the [`Services`] behind the port. `hooks` are the routes of gateways
//! and exporters. `auth` decides who may call; `http::meter` and `metrics` count. `routes` puts both around every group.

mod auth;
mod clock;
mod hooks;
mod http;
mod limits;
mod metrics;
mod queue;
mod readiness;
mod routes;
mod rpc;
mod scorer;
mod services;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time;

pub use auth::api_scope::{ApiScope, KeyScope};
pub use auth::key_line::{ApiKey, KeyLine};
pub use auth::keys::{AuthSettings, KEYS_MAX, Keys, KeysError};
pub use auth::rate_limit::RateLimit;
pub use hooks::settings::{BlockFrom, HookSettings};
pub use http::tls::{Tls, TlsError, TlsFiles, TlsSettings};
pub use limits::{Limits, LimitsError};
pub use scorer::{AccountStatus, NotReady, ScoreError, Scorer};
pub use services::{
    Accounts, ActiveBundle, LabelError, Labels, ModelEntry, ModelError, Models, Services,
    Submitted, Verification,
};

use hooks::gateways::Gateways;
use http::connections;
use queue::dispatcher::Dispatcher;
use readiness::Readiness;
use routes::{AppState, Routes};

/// Configuration of the port. Made from [`Limits`] alone it is plain HTTP without API keys.
#[derive(Clone)]
pub struct Setup {
    /// Bounds on memory and time.
    pub limits: Limits,
    /// API keys; `None` lets everyone call.
    pub keys: Option<Arc<Keys>>,
    /// Certificates; `None` for plain HTTP.
    pub tls: Option<Arc<Tls>>,
}

impl From<Limits> for Setup {
    fn from(limits: Limits) -> Self {
        Self {
            limits,
            keys: None,
            tls: None,
        }
    }
}

/// Time that background scores have at shutdown even when connections used up the grace period.
const FLUSH_MIN: Duration = Duration::from_secs(5);

/// Serves `services` on `listener` until `shutdown` resolves, then drains.
///
/// The port opens once a worker has scored a first exchange of the scorer's own. At `shutdown` readiness turns false;
/// [`Limits::shutdown_delay`] later no new connection is accepted, and calls in flight have [`Limits::shutdown_grace_period`] to end. What
/// gateways showed until then is scored before this returns, within the rest of that time and five seconds at least.
pub async fn run(
    listener: TcpListener,
    services: Services,
    setup: impl Into<Setup>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let Setup { limits, keys, tls } = setup.into();
    let metrics = metrics::Metrics::new();
    let dispatcher = Dispatcher::new(services.clone(), &limits, Arc::clone(&metrics));
    let dispatcher = Arc::new(dispatcher);
    let readiness = Arc::new(Readiness::new(Arc::clone(&dispatcher), &limits));
    let gateways = Arc::new(Gateways::new(Arc::clone(&dispatcher), &limits.hooks));
    let state = AppState {
        dispatcher,
        services,
        gateways: Arc::clone(&gateways),
        readiness: Arc::clone(&readiness),
    };
    let app = Routes::new(keys, metrics).all(&state, &limits);
    readiness.probe_first().await;
    let watching = Arc::clone(&readiness).keep_watching();
    let scoring_due = Arc::clone(&gateways).keep_scoring_due();
    let probing = Arc::clone(&readiness).keep_probing();
    let stop = async {
        shutdown.await;
        readiness.drain();
        time::sleep(limits.shutdown_delay).await;
    };
    let drained = connections::serve(listener, app, &limits, tls, stop).await;
    probing.abort();
    watching.abort();
    scoring_due.abort();
    let deadline = drained.deadline.max(time::Instant::now() + FLUSH_MIN);
    // First of all, so that what the streams of cut connections showed does not find the queue full.
    gateways.close();
    drained.cut().await;
    gateways.flush(deadline).await;
}
