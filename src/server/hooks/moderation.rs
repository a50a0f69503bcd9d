//! `/v1/moderations`: scores text alone, without counting it in any account history.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::gateways::Gateways;
use crate::gateway::moderation::{answer_of, read};
use crate::server::http::error_response::to_gateway;

pub(super) async fn call(State(gateways): State<Arc<Gateways>>, body: Bytes) -> Response {
    let scored = async {
        let exchanges = read(&body, &gateways.context())?;
        gateways.dispatcher().conversation_risks(exchanges).await
    };
    match scored.await {
        Ok(risks) => Json(answer_of(&risks, &gateways.dispatcher().bundle())).into_response(),
        Err(error) => to_gateway(&error),
    }
}
