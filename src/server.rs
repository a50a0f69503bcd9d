//! The network server: RPC and HTTP on one port.
//!
//! Uses `engine`, `bundle`, `wire`, `gateway`. The only module that knows axum and sockets; like `cli`, it reads the
//! clock.
//!
//! The path of a request: `http::connections` accepts the connection, `routes` finds the handler, `http::ingress`
//! limits concurrent requests and their bodies, `rpc` converts between the contract and the domain, and
//! `queue::dispatcher` runs the work of the [`Services`] on a worker that `queue::admission` grants. `hooks` has the
//! routes of gateways and exporters. `auth` authenticates and authorizes callers; `http::meter` and `metrics` count
//! requests. `routes` wraps every group of routes in both.

mod auth;
mod clock;
mod hooks;
mod http;
mod limits;
mod metrics;
mod queue;
mod readiness;
mod reviews;
mod routes;
mod rpc;
mod scorer;
mod services;
mod status;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time;

pub use auth::api_scope::KeyScope;
pub use auth::key_line::{ApiKey, KeyLine};
pub(crate) use auth::keys::AuthSettings;
pub use auth::keys::Keys;
pub use auth::rate_limit::RateLimit;
pub use hooks::settings::{BlockFrom, HookSettings};
pub(crate) use http::tls::TlsSettings;
pub use http::tls::{Tls, TlsFiles};
pub use limits::Limits;
pub use reviews::{QueuedAccount, ReviewError, Reviews, SubmittedMark};
pub use scorer::{AccountStatus, NotReady, ScoreError, Scorer};
pub use services::{
    Accounts, ActiveBundle, Histories, LabelError, Labels, ModelEntry, ModelError, Models,
    Services, Submitted, Verification,
};

use hooks::gateways::Gateways;
use http::connections;
use queue::dispatcher::Dispatcher;
use readiness::Readiness;
use routes::{AppState, Routes};

/// Configuration of the port. Converted from [`Limits`] alone, it is plain HTTP without API keys.
#[derive(Clone)]
pub struct Setup {
    /// Bounds on memory and time.
    pub limits: Limits,
    /// API keys; `None` allows unauthenticated access.
    pub keys: Option<Arc<Keys>>,
    /// TLS certificates; `None` for plain HTTP.
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

/// Minimum time for background scoring at shutdown, even if connections used up the grace period.
const FLUSH_MIN: Duration = Duration::from_secs(5);

/// Serves `services` on `listener` until `shutdown` resolves, then drains.
///
/// The port opens once a worker has run the scorer's self-test. At `shutdown`, readiness turns false;
/// [`Limits::shutdown_delay`] later no new connection is accepted, and requests in flight have
/// [`Limits::shutdown_grace_period`] to finish. Exchanges received from gateways until then are scored before this
/// returns, within the rest of the grace period or five seconds, whichever is longer.
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
    // Closed first, so that exchanges from the streams of cut connections do not find the queue full.
    gateways.close();
    drained.cut().await;
    gateways.flush(deadline).await;
}
