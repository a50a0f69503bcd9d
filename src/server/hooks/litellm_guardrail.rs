//! LiteLLM's guardrail: returns a verdict before the model, receives the text of the response after it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use super::gateways::Gateways;
use crate::gateway::litellm_guardrail::{Leg, answer_of, read};
use crate::gateway::{Call, Door, Verdict, blocked};
use crate::server::http::body::Shortened;

pub(super) async fn call(
    State(gateways): State<Arc<Gateways>>,
    shortened: Option<Extension<Shortened>>,
    body: Bytes,
) -> Response {
    let context = gateways.context_of(shortened.as_ref());
    let leg = match read(&body, &context) {
        Ok(leg) => leg,
        Err(error) => {
            return gateways.unusable(Door::LitellmGuardrail, &error, || answer_of(&Verdict::Pass));
        }
    };
    let verdict = match leg {
        Leg::Request { call, asked } => {
            let Call { exchange, unread } = *asked;
            if let Some(reason) = unread {
                gateways.record_unread(Door::LitellmGuardrail, reason);
            }
            let verdict = gateways.verdict(&exchange.account);
            match (&verdict, call) {
                (Verdict::Block { .. }, _) => gateways.score_later(blocked(exchange)),
                (Verdict::Pass, Some(call)) => gateways.request(call, exchange),
                (Verdict::Pass, None) => gateways.score_later(exchange),
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
