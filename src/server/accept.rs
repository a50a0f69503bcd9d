//! Connections: taken up to a bound, served over HTTP/1.1 and HTTP/2, drained at the end.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time;
use tokio_rustls::server::TlsStream;

use super::{Limits, Tls};

/// After a failed accept (out of file descriptors, mostly): long enough for connections to close.
const PAUSE: Duration = Duration::from_millis(50);
/// Silent HTTP/2 peers are asked this often whether they are still there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// A connection on which the caller has spoken.
enum Stream {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// One connection's way to the routes.
struct Way {
    builder: Builder<TokioExecutor>,
    service: TowerToHyperService<axum::Router>,
    watcher: Watcher,
}

impl Way {
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let connection = self
            .builder
            .serve_connection(TokioIo::new(stream), self.service)
            .into_owned();
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Serves `app`, encrypted where there is `tls`, until `stop` resolves, then gives calls in flight the time to drain.
pub(super) async fn serve(
    listener: TcpListener,
    app: axum::Router,
    limits: &Limits,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()> + Send,
) {
    let service = TowerToHyperService::new(app);
    let builder = builder(limits);
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    let closing = watch::Sender::new(false);
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let (stream, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                time::sleep(PAUSE).await;
                continue;
            }
        };
        // Without it small HTTP/2 frames wait for the peer's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a socket keeps its delay");
        }
        let header_timeout = limits.header_timeout;
        let acceptor = tls.as_ref().map(|tls| tls.acceptor());
        let way = Way {
            builder: builder.clone(),
            service: service.clone(),
            watcher: graceful.watcher(),
        };
        let mut closed = closing.subscribe();
        connections.spawn(async move {
            let _place = place;
            // hyper picks the protocol by the first bytes and would wait for them for ever; a handshake may stall too.
            let mut first = [0];
            let opening = time::timeout(header_timeout, async {
                if stream.peek(&mut first).await.ok() != Some(1) {
                    return None;
                }
                match acceptor {
                    None => Some(Stream::Plain(stream)),
                    Some(acceptor) => match acceptor.accept(stream).await {
                        Ok(stream) => Some(Stream::Encrypted(Box::new(stream))),
                        Err(error) => {
                            tracing::debug!(%error, "a handshake failed");
                            None
                        }
                    },
                }
            });
            let stream = tokio::select! {
                opened = opening => opened.ok().flatten(),
                _ = closed.wait_for(|closed| *closed) => None,
            };
            match stream {
                Some(Stream::Plain(stream)) => way.serve(stream).await,
                Some(Stream::Encrypted(stream)) => way.serve(stream).await,
                None => {}
            }
        });
    }
    drop(listener);
    closing.send_replace(true);
    drain(graceful, connections, limits.shutdown_grace_period).await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .expect("the semaphore of connections is never closed");
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

async fn drain(graceful: GracefulShutdown, mut connections: JoinSet<()>, limit: Duration) {
    let drained = time::timeout(limit, graceful.shutdown()).await;
    if drained.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "connections were cut after the drain's deadline"
        );
    }
    connections.shutdown().await;
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .max_concurrent_streams(limits.streams_max);
    builder
}
