//! RPC and HTTP on one port.
//!
//! Uses `engine`, `bundle`, `wire`, `gateway`. The only place that knows axum and sockets; reads the clock, as `cli` does.
//!
//! A call's way: `accept` takes the connection, `routes` finds the handler, `door` bounds the calls inside and
//! checks what HTTP says of the body, `scoring` (or `streaming`, `accounts`, `models`, `labels`) converts and asks the
//! dispatcher (`desk`), where every surface asks what stands behind the port, the [`Services`], on a worker that `admission` grants.
//! `hooks` are the routes of gateways and exporters. What guards a surface (`guard`: `keys`, `pace`) and counts it
//! (`meter`) is mounted with it, in `routes`.

mod accept;
mod accounts;
mod admission;
mod clock;
mod desk;
mod discretion;
mod docs;
mod door;
mod envoy;
mod guard;
mod hooks;
mod key_line;
mod keys;
mod labels;
mod limits;
mod meter;
mod metrics;
mod models;
mod pace;
mod readiness;
mod routes;
mod scorer;
mod scoring;
mod services;
mod streaming;
mod surface;
mod tls;
mod workers;

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::time;

pub use hooks::Hooks;
pub use key_line::{ApiKey, KeyLine};
pub use keys::{KEYS_MAX, Keys, KeysError};
pub use limits::{Limits, LimitsError};
pub use pace::PaceRule;
pub use scorer::{AccountStatus, NotReady, ScoreError, Scorer};
pub use services::{
    Accounts, ActiveBundle, LabelError, Labels, ModelEntry, ModelError, Models, Services,
    Submitted, Verification,
};
pub use surface::{Scope, Surface};
pub use tls::{Tls, TlsError, TlsFiles};

/// How the port is set up. From [`Limits`] alone: plain HTTP, and no key is asked for.
#[derive(Clone)]
pub struct Setup {
    /// What bounds memory and time.
    pub limits: Limits,
    /// Who may call; `None` where everyone may.
    pub keys: Option<Arc<Keys>>,
    /// Certificates; `None` where the port speaks plain HTTP.
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

/// Serves `services` on `listener` until `shutdown` resolves, then drains.
///
/// The port opens when a worker has scored a first exchange of the scorer's own. At `shutdown` readiness turns false;
/// [`Limits::drain_delay`] later no new connection is taken, and calls in flight have [`Limits::drain`] to end.
pub async fn run(
    listener: TcpListener,
    services: Services,
    setup: impl Into<Setup>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let Setup { limits, keys, tls } = setup.into();
    let metrics = metrics::Metrics::new();
    let desk = desk::Dispatcher::new(services.clone(), &limits, Arc::clone(&metrics));
    let desk = Arc::new(desk);
    let readiness = Arc::new(readiness::Readiness::new(Arc::clone(&desk), &limits));
    let gateways = Arc::new(hooks::Gateways::new(Arc::clone(&desk), &limits.hooks));
    let behind = routes::Behind {
        desk,
        services,
        gateways: Arc::clone(&gateways),
        readiness: Arc::clone(&readiness),
    };
    let mount = routes::Mount::new(keys, metrics);
    let app = routes::routes(&behind, &limits, &mount);
    readiness.probe_first().await;
    let watching = Arc::clone(&readiness).keep_watching();
    let keeping_time = Arc::clone(&gateways).keep_time();
    let probing = Arc::clone(&readiness).keep_probing();
    let stop = async {
        shutdown.await;
        readiness.drain();
        time::sleep(limits.drain_delay).await;
    };
    accept::serve(listener, app, &limits, tls, stop).await;
    probing.abort();
    watching.abort();
    keeping_time.abort();
    gateways.flush().await;
}
