//! LiteLLM's log export. Records are counted before the answer, so that an exporter that retries loses nothing.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::task;

use super::gateways::Gateways;
use crate::gateway::litellm_log::read;
use crate::server::http::error_response::to_gateway;
use crate::wire::WireError;

pub(super) async fn call(State(gateways): State<Arc<Gateways>>, body: Bytes) -> Response {
    match ingest(gateways, body).await {
        Ok((accepted, rejected)) => {
            Json(json!({"accepted": accepted, "rejected": rejected})).into_response()
        }
        Err(error) => to_gateway(&error),
    }
}

/// Scores the records. Returns the numbers of accepted and rejected records.
async fn ingest(gateways: Arc<Gateways>, body: Bytes) -> Result<(usize, usize), WireError> {
    let reader = Arc::clone(&gateways);
    let read = task::spawn_blocking(move || read(&body, &reader.context()));
    let records = read.await.map_err(|_| WireError::Internal)??;
    let count = records.len();
    let mut exchanges = Vec::with_capacity(count);
    for record in records {
        match record {
            Ok(exchange) => exchanges.push(exchange),
            Err(error) => {
                gateways.dispatcher().count_refused();
                tracing::debug!(%error, "gateway log record rejected");
            }
        }
    }
    let unreadable = count - exchanges.len();
    let scored = gateways.score_now(exchanges).await?;
    let failed = scored.iter().filter(|result| result.is_err()).count();
    Ok((count - unreadable - failed, unreadable + failed))
}
