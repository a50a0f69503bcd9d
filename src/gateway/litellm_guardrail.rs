//! LiteLLM's generic guardrail: one hook call before the model, and one or more after it.
//!
//! All carry the call id (`litellm_call_id`) and the parties. Only the first has the messages; the later ones have the
//! response. For streams, each later call sends all text so far.

use serde_json::{Value, json};

use super::draft::Draft;
use super::identity::Identity;
use super::{Call, Context, Verdict};
use crate::chat::{message, messages, tools};
use crate::domain::{Client, FinishReason, Response, Role, Sensitive};
use crate::json::Node;
use crate::wire::WireError;

/// One hook call of the guardrail.
pub(crate) enum Leg {
    /// Before the model.
    Request {
        /// Key that joins request and response; `None` when the body has no call id.
        call: Option<String>,
        /// The exchange, without its response.
        asked: Box<Call>,
    },
    /// After the model.
    Response {
        /// Key that joins request and response; `None` when the body has no call id.
        call: Option<String>,
        /// The response, as far as it has been received.
        response: Response,
    },
}

/// Reads a hook call of the guardrail.
///
/// # Errors
/// When the body is not JSON, or a request has no account.
pub(crate) fn read(body: &[u8], context: &Context<'_>) -> Result<Leg, WireError> {
    let body = Node::read_or_outline(body)?;
    let identity = Identity::of_litellm(body.get("request_data"), "");
    let id = body.get("litellm_call_id").name();
    // Callers choose the call id, so the key includes the account: another account's id must not match this request.
    let call = id.as_ref().map(|id| {
        let account = identity.account(context.accounts).unwrap_or_default();
        format!("{}:{account}{id}", account.len())
    });
    if body.get("input_type").text() == Some("response") {
        let response = answer(&body);
        return Ok(Leg::Response { call, response });
    }
    let texts = body.get("texts").items().iter().filter_map(Node::text);
    let structured = messages(body.get("structured_messages"));
    let draft = Draft {
        id,
        identity,
        model: body.get("model").name(),
        messages: if structured.is_empty() {
            texts.map(|text| message(Role::User, text)).collect()
        } else {
            structured
        },
        tools: tools(body.get("tools")),
        client: Client {
            user_agent: header(&body, "user-agent").map(Sensitive::new),
            ..Client::default()
        },
        ..Draft::default()
    };
    let asked = Box::new(draft.finish_call(context)?);
    Ok(Leg::Request { call, asked })
}

/// Builds the response to LiteLLM, which shows `blocked_reason` to the end user verbatim.
pub(crate) fn answer_of(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Pass => json!({"action": "NONE"}),
        Verdict::Block { reference } => json!({
            "action": "BLOCKED",
            "blocked_reason": format!("The request was declined. Reference: {reference}"),
        }),
    }
}

fn answer(body: &Node<'_>) -> Response {
    let texts = body.get("texts").items().iter().filter_map(Node::text);
    let text = texts.collect::<Vec<_>>().join("\n");
    let calls = !body.get("tool_calls").items().is_empty();
    Response {
        text: (!text.is_empty()).then(|| Sensitive::new(text)),
        finish_reason: calls.then_some(FinishReason::ToolCalls),
        // There is a response, so the call succeeded; the guardrail receives no status.
        status: Some(200),
        ..Response::default()
    }
}

/// Reads a header whose value LiteLLM passes on; the values of others are replaced by `[present]`.
fn header(body: &Node<'_>, name: &str) -> Option<String> {
    let value = body.get("request_headers").get(name).name();
    value.filter(|value| value != "[present]")
}
