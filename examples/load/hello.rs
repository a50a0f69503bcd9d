//! The baseline: the server's HTTP stack and accept loop around a handler that reads the body and returns a constant
//! response.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use axum::routing::post;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// Serves until it is killed.
pub(crate) async fn serve(answer_bytes: usize) -> anyhow::Result<()> {
    let json: Bytes = vec![b' '; answer_bytes].into();
    let grpc: Bytes = [&[0][..], &(answer_bytes as u32).to_be_bytes(), &json]
        .concat()
        .into();
    let plain = move |_: Bytes| {
        let json = json.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], json) }
    };
    let framed = move |_: Bytes| {
        let grpc = grpc.clone();
        async move { in_grpc(grpc) }
    };
    let app = axum::Router::new()
        .route("/json", post(plain))
        .route("/grpc", post(framed))
        .layer(axum::extract::DefaultBodyLimit::disable());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("hello listening on http://{}", listener.local_addr()?);
    let service = TowerToHyperService::new(app);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let service = service.clone();
        tokio::spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            // A caller that disconnects is not an error.
            let _ = connection.await;
        });
    }
}

fn in_grpc(message: Bytes) -> Response<Body> {
    let ok = (
        HeaderName::from_static("grpc-status"),
        HeaderValue::from_static("0"),
    );
    let trailers = HeaderMap::from_iter([ok]);
    let body = Full::new(message).with_trailers(async move { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(body));
    let kind = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
