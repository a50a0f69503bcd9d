//! agentgateway's prompt-guard webhook, request side: messages in, an action out.
//!
//! The body names neither account nor model, so both are headers that the operator sets; the call after the model has
//! nothing to join it by, and always passes.

use serde_json::{Value, json};

use super::conversation::messages;
use super::draft::Draft;
use super::identity::Identity;
use super::node::Node;
use super::{Context, Verdict};
use crate::domain::Exchange;
use crate::wire::WireError;

/// Stands where the gateway does not say which model is asked.
const MODEL: &str = "unknown";

/// Reads a call before the model; `account` and `model` are what the headers hold.
///
/// # Errors
/// When the body is not JSON or has no messages, or there is no account.
pub(crate) fn read(
    body: &[u8],
    account: Option<&str>,
    model: Option<&str>,
    context: &Context<'_>,
) -> Result<Exchange, WireError> {
    let body = Node::read(body)?;
    let account = account.map(str::to_owned);
    let draft = Draft {
        identity: Identity {
            key: account.clone(),
            // Whatever the order of parties, the header is the account.
            end_user: account.clone(),
            user: account.clone(),
            team: account,
            ..Identity::default()
        },
        model: Some(model.unwrap_or(MODEL).to_owned()),
        messages: messages(body.get("body").get("messages")),
        ..Draft::default()
    };
    draft.finish(context)
}

/// What agentgateway is answered; the keys of the action tell passing from rejecting.
pub(crate) fn answer_of(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Pass => json!({"action": {}}),
        Verdict::Block { reference } => json!({"action": {
            "body": format!("The request was declined. Reference: {reference}"),
            "status_code": 403,
        }}),
    }
}
