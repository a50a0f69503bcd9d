//! Portkey's `default.webhook`: a call before the model and one after it, the second with request and answer together.
//!
//! Metadata is what the client or its configuration put into `x-portkey-metadata`. `account` names the account;
//! Portkey's own word for a user, `_user`, stands in.

use serde_json::{Value, json};

use super::conversation::{answer, message, messages, parameters, status, tools};
use super::draft::Draft;
use super::identity::Identity;
use super::node::Node;
use super::{Context, Verdict};
use crate::domain::{Exchange, Role, Sensitive};
use crate::wire::WireError;

/// One call of the webhook.
pub(crate) struct Hook {
    /// Whether it comes after the model, and the exchange is complete.
    pub(crate) after: bool,
    /// The exchange.
    pub(crate) exchange: Exchange,
}

/// Reads a call of the webhook.
///
/// # Errors
/// When the body is not JSON, or has no account, model or text.
pub(crate) fn read(body: &[u8], context: &Context<'_>) -> Result<Hook, WireError> {
    let body = Node::read(body)?;
    let after = body.get("eventType").text() == Some("afterRequestHook");
    let request = body.get("request");
    let asked = request.get("json");
    let metadata = body.get("metadata");
    let mut conversation = messages(asked.first(&["messages", "input", "prompt"]));
    if let Some(text) = request.get("text").text().filter(|text| !text.is_empty())
        && conversation.is_empty()
    {
        conversation = vec![message(Role::User, text)];
    }
    if let Some(system) = super::conversation::content(asked.first(&["system", "instructions"])) {
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
        model: asked.get("model").name(),
        messages: conversation,
        tools: tools(asked.get("tools")),
        parameters: parameters(asked),
        response,
        ..Draft::default()
    };
    let exchange = draft.finish(context)?;
    Ok(Hook { after, exchange })
}

/// What Portkey is answered: it shows everything else to the end user.
pub(crate) fn answer_of(verdict: &Verdict) -> Value {
    json!({"verdict": *verdict == Verdict::Pass})
}
