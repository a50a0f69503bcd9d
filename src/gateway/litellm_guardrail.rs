//! LiteLLM's generic guardrail: a call before the model, and one or more after it.
//!
//! Both name the call (`litellm_call_id`) and the parties; the messages are in the first alone, the answer in the
//! others. Streams send all text so far.

use serde_json::{Value, json};

use super::conversation::{message, messages, tools};
use super::draft::Draft;
use super::identity::Identity;
use super::node::Node;
use super::{Context, Verdict};
use crate::domain::{Client, Exchange, FinishReason, Response, Role, Sensitive};
use crate::wire::WireError;

/// One call of the guardrail.
pub(crate) enum Leg {
    /// Before the model.
    Request {
        /// Joins the legs; `None` when the body names no call.
        call: Option<String>,
        /// The exchange, without its answer.
        exchange: Box<Exchange>,
    },
    /// After it.
    Response {
        /// Joins the legs; `None` when the body names no call.
        call: Option<String>,
        /// The answer, as far as it has come.
        response: Response,
    },
}

/// Reads a call of the guardrail.
///
/// # Errors
/// When the body is not JSON, or a request has no account, model or text.
pub(crate) fn read(body: &[u8], context: &Context<'_>) -> Result<Leg, WireError> {
    let body = Node::read(body)?;
    let identity = Identity::of_litellm(body.get("request_data"), "");
    let id = body.get("litellm_call_id").name();
    // An id is the caller's to choose: another account's must not find this request.
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
    let exchange = Box::new(draft.finish(context)?);
    Ok(Leg::Request { call, exchange })
}

/// What LiteLLM is answered. It shows `blocked_reason` to the end user as it stands.
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
        // There is an answer, so the call went well; the guardrail is told no more.
        status: Some(200),
        ..Response::default()
    }
}

/// A header that LiteLLM shows; of others it says `[present]`.
fn header(body: &Node<'_>, name: &str) -> Option<String> {
    let value = body.get("request_headers").get(name).name();
    value.filter(|value| value != "[present]")
}
