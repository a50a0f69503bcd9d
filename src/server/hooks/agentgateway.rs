//! agentgateway's prompt guard: returns a verdict before the model. Its call after the model carries nothing to join it
//! with the request.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use super::gateways::Gateways;
use crate::gateway::agentgateway::{answer_of, read};
use crate::gateway::{Call, Door, Verdict, blocked};
use crate::server::http::body::Shortened;

/// Request headers that the operator configures.
const ACCOUNT: &str = "x-stillwatch-account";
const MODEL: &str = "x-stillwatch-model";

pub(super) async fn request(
    State(gateways): State<Arc<Gateways>>,
    headers: HeaderMap,
    shortened: Option<Extension<Shortened>>,
    body: Bytes,
) -> Response {
    let context = gateways.context_of(shortened.as_ref());
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let read = read(&body, header(ACCOUNT), header(MODEL), &context);
    let Call { exchange, unread } = match read {
        Ok(call) => call,
        Err(error) => {
            return gateways.unusable(Door::Agentgateway, &error, || answer_of(&Verdict::Pass));
        }
    };
    if let Some(reason) = unread {
        gateways.record_unread(Door::Agentgateway, reason);
    }
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
