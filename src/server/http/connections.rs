//! Connections: accepts them up to a limit, serves HTTP/1.1 and HTTP/2, and drains them at shutdown.

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
use tokio::time::{self, Instant};
use tokio_rustls::server::TlsStream;

use super::tls::Tls;
use crate::server::limits::Limits;

/// Pause after a failed accept (mostly for lack of file descriptors), long enough for connections to close.
const PAUSE: Duration = Duration::from_millis(50);
/// Interval of HTTP/2 keep-alive pings to idle peers.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// A connection on which the client has sent its first byte.
enum Stream {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// The connections that are left at the end of the grace period; none if all ended by themselves.
pub(in crate::server) struct Drained {
    connections: JoinSet<()>,
    /// The end of the grace period.
    pub(in crate::server) deadline: Instant,
}

impl Drained {
    /// Closes the remaining connections.
    pub(in crate::server) async fn cut(mut self) {
        self.connections.shutdown().await;
    }
}

/// Serves one connection.
struct Handler {
    builder: Builder<TokioExecutor>,
    service: TowerToHyperService<axum::Router>,
    watcher: Watcher,
}

impl Handler {
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let connection = self
            .builder
            .serve_connection(TokioIo::new(stream), self.service)
            .into_owned();
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "connection ended early");
        }
    }
}

/// Serves `app`, over TLS if `tls` is set, until `stop` resolves. Requests in flight then have the shutdown grace
/// period to finish.
pub(in crate::server) async fn serve(
    listener: TcpListener,
    app: axum::Router,
    limits: &Limits,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()> + Send,
) -> Drained {
    let service = TowerToHyperService::new(app);
    let builder = builder(limits);
    let permits = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    let closing = watch::Sender::new(false);
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &permits) => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let (stream, permit) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                time::sleep(PAUSE).await;
                continue;
            }
        };
        // Without TCP_NODELAY, small HTTP/2 frames wait for the peer's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "setting TCP_NODELAY failed");
        }
        let header_timeout = limits.header_timeout;
        let acceptor = tls.as_ref().map(|tls| tls.acceptor());
        let handler = Handler {
            builder: builder.clone(),
            service: service.clone(),
            watcher: graceful.watcher(),
        };
        let mut closed = closing.subscribe();
        connections.spawn(async move {
            let _permit = permit;
            // hyper detects the protocol from the first bytes and would wait for them without a timeout; a handshake
            // may stall too.
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
                            tracing::debug!(%error, "TLS handshake failed");
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
                Some(Stream::Plain(stream)) => handler.serve(stream).await,
                Some(Stream::Encrypted(stream)) => handler.serve(stream).await,
                None => {}
            }
        });
    }
    drop(listener);
    closing.send_replace(true);
    let deadline = Instant::now() + limits.shutdown_grace_period;
    if time::timeout_at(deadline, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            connections = connections.len(),
            "closing connections at the end of the shutdown grace period"
        );
    }
    Drained {
        connections,
        deadline,
    }
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits)
        .acquire_owned()
        .await
        .expect("the semaphore of connections is never closed");
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
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
