//! Portkey's `default.webhook`: one webhook call before the model and one after it, the second with both request and
//! response.
//!
//! Metadata is set by the client or its configuration in `x-portkey-metadata`. `account` names the account; Portkey's
//! own field for a user, `_user`, is the fallback.

use serde_json::{Value, json};

use super::draft::Draft;
use super::identity::Identity;
use super::{Context, Verdict};
use crate::chat::{answer, message, messages, parameters, status, tools};
use crate::domain::{Exchange, Role, Sensitive};
use crate::json::Node;
use crate::wire::WireError;

/// One webhook call.
pub(crate) struct Hook {
    /// Whether the call is after the model, so that the exchange is complete.
    pub(crate) after: bool,
    /// The exchange.
    pub(crate) exchange: Exchange,
}

/// Reads a webhook call.
///
/// # Errors
/// When the body is not JSON, or has no account, model or text.
pub(crate) fn read(body: &[u8], context: &Context<'_>) -> Result<Hook, WireError> {
    let body = Node::read(body)?;
    let after = body.get("eventType").text() == Some("afterRequestHook");
    let request = body.get("request");
    let request_json = request.get("json");
    let metadata = body.get("metadata");
    let mut conversation = messages(request_json.first(&["messages", "input", "prompt"]));
    if let Some(text) = request.get("text").text().filter(|text| !text.is_empty())
        && conversation.is_empty()
    {
        conversation = vec![message(Role::User, text)];
    }
    if let Some(system) = crate::chat::content(request_json.first(&["system", "instructions"])) {
        conversation.insert(0, message(Role::System, &system));
    }
    let mut response = answer(body.get("response").get("json"));
    if after {
        let got = body.get("response");
        let text = got.get("text").text().filter(|text| !text.is_empty());
        response.text = response
            .text
            .or_else(|| text.map(|text| Sensitive::new(text.to_owned())));
        response.status = status(got.get("statusCode"));
    }
    let draft = Draft {
        id: metadata.get("request_id").name(),
        identity: Identity {
            key: metadata.get("account").name(),
            end_user: metadata.get("_user").name(),
            organization: metadata.first(&["_organisation", "_organization"]).name(),
            ..Identity::default()
        },
        conversation: metadata.get("conversation").name(),
        model: request_json.get("model").name(),
        messages: conversation,
        tools: tools(request_json.get("tools")),
        parameters: parameters(request_json),
        response,
        ..Draft::default()
    };
    let exchange = draft.finish(context)?;
    Ok(Hook { after, exchange })
}

/// Builds the response to Portkey. Contains only the verdict, because Portkey shows everything else to the end user.
pub(crate) fn answer_of(verdict: &Verdict) -> Value {
    json!({"verdict": *verdict == Verdict::Pass})
}
