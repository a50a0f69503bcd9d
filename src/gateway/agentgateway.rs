//! agentgateway's prompt-guard webhook, request side: messages in, an action out.
//!
//! The body names neither account nor model, so the operator sets both as headers. The webhook call after the model has
//! no identifier to join it by, and always passes.

use serde_json::{Value, json};

use super::draft::Draft;
use super::identity::Identity;
use super::{Call, Context, Verdict};
use crate::chat::request;
use crate::json::Node;
use crate::wire::WireError;

/// Reads the webhook call before the model; `account` and `model` are the values of the headers.
///
/// # Errors
/// When the body is not JSON, or no account is named.
pub(crate) fn read(
    body: &[u8],
    account: Option<&str>,
    model: Option<&str>,
    context: &Context<'_>,
) -> Result<Call, WireError> {
    let body = Node::read_or_outline(body)?;
    let asked = request(body.get("body"));
    let account = account.map(str::to_owned);
    let draft = Draft {
        identity: Identity {
            key: account.clone(),
            // The header is the account, whatever the configured order of parties.
            end_user: account.clone(),
            user: account.clone(),
            team: account,
            ..Identity::default()
        },
        model: model.map(str::to_owned).or(asked.model),
        system: asked.system,
        messages: asked.messages,
        tools: asked.tools,
        parameters: asked.parameters,
        ..Draft::default()
    };
    draft.finish_call(context)
}

/// Builds the response to agentgateway; the keys of the action distinguish pass from reject.
pub(crate) fn answer_of(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Pass => json!({"action": {}}),
        Verdict::Block { reference } => json!({"action": {
            "body": format!("The request was declined. Reference: {reference}"),
            "status_code": 403,
        }}),
    }
}
