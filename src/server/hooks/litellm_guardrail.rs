//! LiteLLM's guardrail: returns a verdict before the model, receives the text of the response after it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::gateways::Gateways;
use crate::gateway::litellm_guardrail::{Leg, answer_of, read};
use crate::gateway::{Verdict, blocked};
use crate::server::http::error_response::to_gateway;
use crate::wire::WireError;

pub(super) async fn call(State(gateways): State<Arc<Gateways>>, body: Bytes) -> Response {
    let leg = match read(&body, &gateways.context()) {
        Ok(leg) => leg,
        Err(error @ WireError::MalformedBody { .. }) => return to_gateway(&error),
        // Images, embeddings, requests without a key: nothing to score and nothing to block.
        Err(error) => {
            tracing::debug!(%error, "guardrail request not scored");
            return Json(answer_of(&Verdict::Pass)).into_response();
        }
    };
    let verdict = match leg {
        Leg::Request { call, exchange } => {
            let verdict = gateways.verdict(&exchange.account);
            match (&verdict, call) {
                (Verdict::Block { .. }, _) => gateways.score_later(blocked(*exchange)),
                (Verdict::Pass, Some(call)) => gateways.request(call, *exchange),
                (Verdict::Pass, None) => gateways.score_later(*exchange),
            }
            verdict
        }
        Leg::Response { call, response } => {
            if let Some(call) = call {
                gateways.response(&call, response);
            }
            Verdict::Pass
        }
    };
    Json(answer_of(&verdict)).into_response()
}
