//! agentgateway's prompt guard: a verdict before the model; its call after the model has nothing to join it by.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::{Gateways, json, refusal};
use crate::gateway::agentgateway::{answer_of, read};
use crate::gateway::{Verdict, blocked};
use crate::wire::WireError;

/// The header that the operator forwards.
const ACCOUNT: &str = "x-stillwatch-account";

pub(super) async fn request(
    State(gateways): State<Arc<Gateways>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let account = headers.get(ACCOUNT).and_then(|value| value.to_str().ok());
    let exchange = match read(&body, account, &gateways.context()) {
        Ok(exchange) => exchange,
        Err(error @ WireError::MalformedBody { .. }) => return refusal(&error),
        Err(error) => {
            tracing::debug!(%error, "a prompt guard's call was not scored");
            return json(&answer_of(&Verdict::Pass));
        }
    };
    let verdict = gateways.verdict(&exchange.account);
    gateways.score_later(match verdict {
        Verdict::Pass => exchange,
        Verdict::Block { .. } => blocked(exchange),
    });
    json(&answer_of(&verdict))
}

pub(super) async fn response() -> Response {
    json(&answer_of(&Verdict::Pass))
}
