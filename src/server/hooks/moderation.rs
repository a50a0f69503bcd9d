//! `/v1/moderations`: a score of text alone. Nothing is counted.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use super::{Gateways, json, refusal};
use crate::gateway::moderation::{answer_of, read};

pub(super) async fn call(State(gateways): State<Arc<Gateways>>, body: Bytes) -> Response {
    let scored = async {
        let exchanges = read(&body, &gateways.context())?;
        gateways.desk().conversation_risks(exchanges).await
    };
    match scored.await {
        Ok(risks) => json(&answer_of(&risks, &gateways.desk().bundle())),
        Err(error) => refusal(&error),
    }
}
