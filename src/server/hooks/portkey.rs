//! Portkey's webhook: returns a verdict before the model, receives the whole exchange after it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::gateways::Gateways;
use crate::gateway::portkey::{answer_of, read};
use crate::gateway::{Verdict, blocked};
use crate::server::http::error_response::to_gateway;
use crate::wire::WireError;

pub(super) async fn call(State(gateways): State<Arc<Gateways>>, body: Bytes) -> Response {
    let hook = match read(&body, &gateways.context()) {
        Ok(hook) => hook,
        Err(error @ WireError::MalformedBody { .. }) => return to_gateway(&error),
        Err(error) => {
            tracing::debug!(%error, "webhook request not scored");
            return Json(answer_of(&Verdict::Pass)).into_response();
        }
    };
    if hook.after {
        gateways.score_later(hook.exchange);
        return Json(answer_of(&Verdict::Pass)).into_response();
    }
    let verdict = gateways.verdict(&hook.exchange.account);
    if verdict != Verdict::Pass {
        gateways.score_later(blocked(hook.exchange));
    }
    Json(answer_of(&verdict)).into_response()
}
