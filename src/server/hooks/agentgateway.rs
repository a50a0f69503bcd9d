//! agentgateway's prompt guard: returns a verdict before the model. Its call after the model carries nothing to join it
//! with the request.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::gateways::Gateways;
use crate::gateway::agentgateway::{answer_of, read};
use crate::gateway::{Verdict, blocked};
use crate::server::http::error_response::to_gateway;
use crate::wire::WireError;

/// Request headers that the operator configures.
const ACCOUNT: &str = "x-stillwatch-account";
const MODEL: &str = "x-stillwatch-model";

pub(super) async fn request(
    State(gateways): State<Arc<Gateways>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let read = read(&body, header(ACCOUNT), header(MODEL), &gateways.context());
    let exchange = match read {
        Ok(exchange) => exchange,
        Err(error @ WireError::MalformedBody { .. }) => return to_gateway(&error),
        Err(error) => {
            tracing::debug!(%error, "prompt guard request not scored");
            return Json(answer_of(&Verdict::Pass)).into_response();
        }
    };
    let verdict = gateways.verdict(&exchange.account);
    gateways.score_later(match verdict {
        Verdict::Pass => exchange,
        Verdict::Block { .. } => blocked(exchange),
    });
    Json(answer_of(&verdict)).into_response()
}

pub(super) async fn response() -> Response {
    Json(answer_of(&Verdict::Pass)).into_response()
}
