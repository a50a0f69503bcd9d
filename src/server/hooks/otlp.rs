//! OTLP over HTTP. Records are counted before the answer; an exporter resends them after a 503.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tokio::task;

use super::gateways::Gateways;
use crate::gateway::otlp::{Encoding, Export, Signal, answer_of, read};
use crate::server::http::content_type::content_type;
use crate::server::http::error_response::to_gateway;
use crate::wire::WireError;

pub(super) async fn traces(
    State(gateways): State<Arc<Gateways>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    export(gateways, Signal::Traces, &headers, body).await
}

pub(super) async fn logs(
    State(gateways): State<Arc<Gateways>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    export(gateways, Signal::Logs, &headers, body).await
}

async fn export(
    gateways: Arc<Gateways>,
    signal: Signal,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let (encoding, response_type) = match content_type(headers) {
        "application/x-protobuf" => (Encoding::Protobuf, "application/x-protobuf"),
        _ => (Encoding::Json, "application/json"),
    };
    match ingest(gateways, signal, encoding, body).await {
        Ok(export) => {
            let answer = answer_of(&export, signal, encoding);
            let response_type = HeaderValue::from_static(response_type);
            ([(header::CONTENT_TYPE, response_type)], answer).into_response()
        }
        Err(error) => to_gateway(&error),
    }
}

async fn ingest(
    gateways: Arc<Gateways>,
    signal: Signal,
    encoding: Encoding,
    body: Bytes,
) -> Result<Export, WireError> {
    let reader = Arc::clone(&gateways);
    let read = task::spawn_blocking(move || read(&body, signal, encoding, &reader.context()));
    let mut export = read.await.map_err(|_| WireError::Internal)??;
    let exchanges = std::mem::take(&mut export.exchanges);
    for scored in gateways.score_now(exchanges).await? {
        if let Err(error) = scored {
            export.reject(error);
        }
    }
    Ok(export)
}
