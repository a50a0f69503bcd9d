//! RPC and HTTP on one port.
//!
//! Uses `engine`, `bundle`, `gateway`, `wire`. The only place that knows axum and sockets; reads the clock, as `cli` does.
//!
//! A call's way: `accept` takes the connection, `routes` finds the handler, `door` bounds the calls inside and
//! checks what HTTP says of the body, `scoring` converts and asks the `desk`, where every surface asks the [`Scorer`],
//! on a worker that `admission` grants. What guards and counts a surface is mounted with it, in `routes`.

mod accept;
mod admission;
mod clock;
mod desk;
mod discretion;
mod door;
mod envoy;
mod limits;
mod readiness;
mod routes;
mod scorer;
mod scoring;
mod surface;

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;

pub use limits::Limits;
pub use scorer::{NotReady, ScoreError, Scorer, Standing};
pub use surface::{Scope, Surface};

/// Serves `scorer` on `listener` until `shutdown` resolves, then drains.
///
/// At `shutdown` readiness turns false, no new connection is taken, and calls in flight have
/// [`Limits::drain`] to end.
pub async fn run(
    listener: TcpListener,
    scorer: Arc<dyn Scorer>,
    limits: Limits,
    shutdown: impl Future<Output = ()> + Send,
) {
    let readiness = Arc::new(readiness::Readiness::new(Arc::clone(&scorer)));
    let watching = Arc::clone(&readiness).keep_watching();
    let app = routes::routes(scorer, Arc::clone(&readiness), &limits);
    let stop = async {
        shutdown.await;
        readiness.drain();
    };
    accept::serve(listener, app, &limits, stop).await;
    watching.abort();
}
