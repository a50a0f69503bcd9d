//! LiteLLM's log export. Records are counted before the answer, so that an exporter that retries loses nothing.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Serialize;
use tokio::task;

use super::gateways::Gateways;
use crate::gateway::litellm_log::{Rejected, read};
use crate::gateway::{Door, Unread};
use crate::server::http::body::Shortened;
use crate::server::http::error_response::to_gateway;
use crate::wire::WireError;

pub(super) async fn call(
    State(gateways): State<Arc<Gateways>>,
    shortened: Option<Extension<Shortened>>,
    body: Bytes,
) -> Response {
    match ingest(&gateways, shortened, body).await {
        Ok(done) => Json(done).into_response(),
        Err(error) => {
            if matches!(error, WireError::MalformedBody { .. }) {
                gateways.record_unread(Door::LitellmLog, Unread::Malformed);
            }
            to_gateway(&error)
        }
    }
}

/// What became of the records of one export.
#[derive(Serialize)]
struct Ingested {
    accepted: usize,
    rejected: usize,
    /// Why the first one was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Scores the records.
async fn ingest(
    gateways: &Arc<Gateways>,
    shortened: Option<Extension<Shortened>>,
    body: Bytes,
) -> Result<Ingested, WireError> {
    let reader = Arc::clone(gateways);
    let read = task::spawn_blocking(move || read(&body, &reader.context_of(shortened.as_ref())));
    let records = read.await.map_err(|_| WireError::Internal)??;
    let count = records.len();
    let mut exchanges = Vec::with_capacity(count);
    let mut reason = None;
    for record in records {
        match record {
            Ok(exchange) => exchanges.push(exchange),
            Err(Rejected { unread, error }) => {
                gateways.dispatcher().count_refused();
                gateways.record_unread(Door::LitellmLog, unread);
                reason.get_or_insert(error);
            }
        }
    }
    let mut accepted = 0;
    for scored in gateways.score_now(exchanges).await? {
        match scored {
            Ok(_) => accepted += 1,
            Err(error) => {
                reason.get_or_insert(error);
            }
        }
    }
    Ok(Ingested {
        accepted,
        rejected: count - accepted,
        reason: reason.map(|error| error.to_string()),
    })
}
