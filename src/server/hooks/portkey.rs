//! Portkey's webhook: returns a verdict before the model, receives the whole exchange after it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use super::gateways::Gateways;
use crate::gateway::portkey::{Hook, answer_of, read};
use crate::gateway::{Call, Door, Verdict, blocked};
use crate::server::http::body::Shortened;

pub(super) async fn call(
    State(gateways): State<Arc<Gateways>>,
    shortened: Option<Extension<Shortened>>,
    body: Bytes,
) -> Response {
    let context = gateways.context_of(shortened.as_ref());
    let Hook { after, call } = match read(&body, &context) {
        Ok(hook) => hook,
        Err(error) => {
            return gateways.unusable(Door::Portkey, &error, || answer_of(&Verdict::Pass));
        }
    };
    let Call { exchange, unread } = call;
    let verdict = if after {
        Verdict::Pass
    } else {
        gateways.verdict(&exchange.account)
    };
    let counted = match verdict {
        Verdict::Block { .. } => blocked(exchange),
        Verdict::Pass if after => exchange,
        // It is counted after the model.
        Verdict::Pass => return Json(answer_of(&verdict)).into_response(),
    };
    if let Some(reason) = unread {
        gateways.record_unread(Door::Portkey, reason);
    }
    gateways.score_later(counted);
    Json(answer_of(&verdict)).into_response()
}
