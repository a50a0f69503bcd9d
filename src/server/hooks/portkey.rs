//! Portkey's webhook: a verdict before the model, the whole exchange after it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use super::{Gateways, json, refusal};
use crate::gateway::portkey::{answer_of, read};
use crate::gateway::{Verdict, blocked};
use crate::wire::WireError;

pub(super) async fn call(State(gateways): State<Arc<Gateways>>, body: Bytes) -> Response {
    let hook = match read(&body, &gateways.context()) {
        Ok(hook) => hook,
        Err(error @ WireError::MalformedBody { .. }) => return refusal(&error),
        Err(error) => {
            tracing::debug!(%error, "a webhook's call was not scored");
            return json(&answer_of(&Verdict::Pass));
        }
    };
    if hook.after {
        gateways.score_later(hook.exchange);
        return json(&answer_of(&Verdict::Pass));
    }
    let verdict = gateways.verdict(&hook.exchange.account);
    if verdict != Verdict::Pass {
        gateways.score_later(blocked(hook.exchange));
    }
    json(&answer_of(&verdict))
}
