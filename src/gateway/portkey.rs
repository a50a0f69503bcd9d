//! Portkey's `default.webhook`: one webhook call before the model and one after it, the second with both request and
//! response.
//!
//! Metadata is set by the client or its configuration in `x-portkey-metadata`. `account` names the account; Portkey's
//! own field for a user, `_user`, is the fallback. Its other fields are read under the contract's names.

use serde_json::{Value, json};

use super::draft::{Draft, time_of};
use super::identity::Identity;
use super::{Call, Context, Verdict};
use crate::chat::{answer, flag, message, request, status};
use crate::domain::{CallKind, Client, Response, Role, Sensitive};
use crate::json::Node;
use crate::wire::WireError;

/// One webhook call.
pub(crate) struct Hook {
    /// Whether the call is after the model, so that the exchange is complete.
    pub(crate) after: bool,
    /// The exchange.
    pub(crate) call: Call,
}

/// Reads a webhook call.
///
/// # Errors
/// When the body is not JSON, or has no account.
pub(crate) fn read(body: &[u8], context: &Context<'_>) -> Result<Hook, WireError> {
    let body = Node::read_or_outline(body)?;
    let after = body.get("eventType").text() == Some("afterRequestHook");
    let metadata = body.get("metadata");
    let got = body.get("request");
    let mut asked = request(got.get("json"));
    if let Some(text) = got.get("text").text().filter(|text| !text.is_empty())
        && asked.messages.is_empty()
    {
        asked.messages = vec![message(Role::User, text)];
    }
    let hidden = |names: &[&str]| metadata.first(names).name().map(Sensitive::new);
    let draft = Draft {
        id: metadata.get("request_id").name(),
        identity: Identity {
            key: metadata.get("account").name(),
            end_user: metadata.get("_user").name().or(asked.end_user),
            organization: metadata
                .first(&["_organisation", "_organization", "organization"])
                .name(),
            ..Identity::default()
        },
        conversation: metadata.get("conversation").name(),
        model: asked.model,
        system: asked.system,
        messages: asked.messages,
        tools: asked.tools,
        parameters: asked.parameters,
        response: response(body.get("response"), after),
        client: Client {
            ip: hidden(&["ip"]),
            user_agent: hidden(&["user_agent"]),
            device: hidden(&["device"]),
            registration: hidden(&["registration"]),
            payment: hidden(&["payment"]),
            version: metadata.get("version").name(),
            ..Client::default()
        },
        kind: body.get("requestType").text().and_then(CallKind::from_name),
        mirror: flag(metadata.get("mirror")).unwrap_or_default(),
        session: metadata.first(&["session", "session_id"]).name(),
        // Customers write metadata as they like: an unreadable time is none.
        account_created: time_of(metadata.get("account_created"), "account_created")
            .unwrap_or_default(),
        plan: metadata.get("plan").name(),
        quota_used: metadata
            .get("quota_used")
            .number()
            .map(|share| share as f32),
        ..Draft::default()
    };
    let call = draft.finish_call(context)?;
    Ok(Hook { after, call })
}

fn response(got: &Node<'_>, after: bool) -> Response {
    let mut response = answer(got.get("json"));
    if after {
        let text = got.get("text").text().filter(|text| !text.is_empty());
        let text = text.map(|text| Sensitive::new(text.to_owned()));
        response.text = response.text.or(text);
        response.status = status(got.get("statusCode"));
    }
    response
}

/// Builds the response to Portkey. Contains only the verdict, because Portkey shows everything else to the end user.
pub(crate) fn answer_of(verdict: &Verdict) -> Value {
    json!({"verdict": *verdict == Verdict::Pass})
}
