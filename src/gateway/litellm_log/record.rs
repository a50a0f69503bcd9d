//! One record of LiteLLM's log.

use super::rejected::Rejected;
use crate::chat::{Request, answer, content, request, status, tokens};
use crate::domain::chat_names::is_placeholder;
use crate::domain::{CallKind, Client, Exchange, Response, Sensitive};
use crate::gateway::draft::{Draft, time_of};
use crate::gateway::identity::Identity;
use crate::gateway::{Context, STATUS_BLOCKED, Unread};
use crate::json::Node;
use crate::wire::WireError;

/// Reads the exchange of a record.
///
/// # Errors
/// When no account is named, the content is missing or redacted, the time is unreadable, or the caller is a stranger.
pub(super) fn exchange(record: &Node<'_>, context: &Context<'_>) -> Result<Exchange, Rejected> {
    Ok(draft(record)?.finish_unread(context)?)
}

/// Reads a record, before an account is required.
///
/// # Errors
/// When the content is missing or redacted, the time is unreadable, or the caller is a stranger.
pub(in crate::gateway) fn draft(record: &Node<'_>) -> Result<Draft, Rejected> {
    // Spend rows hold some columns as JSON in text.
    let metadata = structure(record.get("metadata"));
    let response = response(record);
    let identity = identity(record, &metadata);
    if is_stranger(&response, &identity, &metadata) && !intervened(record) {
        return Err(Rejected {
            unread: Unread::Stranger,
            error: WireError::BadValue {
                field: "metadata.user_api_key_hash".to_owned(),
                expected: "a key that the proxy knows; this call was refused with 401 or 403",
            },
        });
    }
    let named = |names: &[&str]| {
        let here = record.first(names).name();
        here.or_else(|| metadata.first(names).name())
    };
    let kind = record.first(&["call_type", "request_type"]).text();
    let kind = kind.or_else(|| metadata.get("user_api_key_request_route").text());
    let kind = kind.and_then(CallKind::from_name);
    let asked = asked(record);
    if asked.messages.is_empty() && kind.is_none_or(CallKind::is_prompt) {
        return Err(Rejected {
            unread: Unread::Redacted,
            error: WireError::BadValue {
                field: "messages".to_owned(),
                expected: "what was asked; the proxy passes on no content (its logging of messages is off)",
            },
        });
    }
    let session = named(&["session_id"]);
    Ok(Draft {
        id: record
            .first(&["litellm_call_id", "id", "request_id"])
            .name(),
        time: time_of(record.first(&["startTime", "start_time"]), "startTime")?,
        // A trace is more often one call than one conversation; used as the conversation, it would make every
        // conversation look like a single exchange.
        conversation: session.clone(),
        session,
        model: record.first(&["model_group", "model"]).name(),
        system: asked.system,
        messages: asked.messages,
        tools: asked.tools,
        parameters: asked.parameters,
        response,
        client: Client {
            ip: named(&["requester_ip_address"]).map(Sensitive::new),
            user_agent: named(&["user_agent"]).map(Sensitive::new),
            ..Client::default()
        },
        kind,
        quota_used: quota(&metadata),
        identity,
        ..Draft::default()
    })
}

/// Reads the parties, also as the rows of spend logs name them: there the key's digest has other names.
fn identity(record: &Node<'_>, metadata: &Node<'_>) -> Identity {
    let mut identity = Identity::of_litellm(metadata, "");
    let either = |found: Option<String>, name: &str| found.or_else(|| record.get(name).name());
    identity.key = either(identity.key, "api_key").or_else(|| metadata.get("user_api_key").name());
    identity.end_user = either(identity.end_user, "end_user");
    identity.user = either(identity.user, "user");
    identity.team = either(identity.team, "team_id");
    identity.organization = either(identity.organization, "organization_id");
    identity
}

/// Reads what was asked: the record's messages with its settings, or else the body that the proxy received, which some
/// rows hold instead.
fn asked(record: &Node<'_>) -> Request {
    let messages = structure(record.get("messages"));
    let mut asked = request(&structure(record.get("model_parameters")));
    asked.messages = spoken(&messages);
    if asked.messages.is_empty() {
        let received = structure(record.get("proxy_server_request"));
        let body = received.get("body");
        let other = request(if body.is_absent() { &received } else { body });
        asked.messages = if is_hidden(&received) {
            Vec::new()
        } else {
            other.messages
        };
        asked.system = asked.system.or(other.system);
    }
    asked
}

/// Returns the value, parsed if it is text that holds a list or an object.
fn structure<'n>(node: &'n Node<'_>) -> Node<'n> {
    match node.unfolded() {
        parsed @ (Node::List(_) | Node::Object(_)) => parsed,
        _ => node.clone(),
    }
}

/// Reads messages; none when all of them are placeholders.
fn spoken(node: &Node<'_>) -> Vec<crate::domain::Message> {
    match node {
        Node::Object(fields) if fields.is_empty() => Vec::new(),
        Node::Text(text) if is_placeholder(text) || text.trim().is_empty() => Vec::new(),
        node if is_hidden(node) => Vec::new(),
        node => crate::chat::messages(node),
    }
}

/// Returns whether there are messages, and all of them hold a placeholder instead of what was said.
fn is_hidden(node: &Node<'_>) -> bool {
    let list = match node {
        Node::Object(_) => node.get("messages"),
        list => list,
    };
    let hidden = |item: &Node<'_>| {
        let text = content(item.get("content"));
        text.is_some_and(|text| is_placeholder(&text))
    };
    !list.items().is_empty() && list.items().iter().all(hidden)
}

fn response(record: &Node<'_>) -> Response {
    let got = structure(record.get("response"));
    let mut response = answer(&got);
    let text = content(&got).filter(|text| !is_placeholder(text));
    response.text = response.text.or_else(|| text.map(Sensitive::new));
    let counted = |name: &str| tokens(record.get(name));
    response.input_tokens = counted("prompt_tokens").or(response.input_tokens);
    response.output_tokens = counted("completion_tokens").or(response.output_tokens);
    response.status = Some(match record.get("status").text() {
        Some("failure") if intervened(record) => STATUS_BLOCKED,
        Some("failure") => {
            let code = status(record.get("error_information").get("error_code"));
            code.filter(|code| (400..600).contains(code)).unwrap_or(500)
        }
        _ => 200,
    });
    response
}

/// Returns whether a call was refused for its key, and the proxy knows nobody to whom the key belongs.
fn is_stranger(response: &Response, identity: &Identity, metadata: &Node<'_>) -> bool {
    let alias = metadata.get("user_api_key_alias").name();
    let owners = [
        &identity.user,
        &identity.team,
        &identity.organization,
        &alias,
    ];
    matches!(response.status, Some(401 | 403)) && owners.iter().all(|owner| owner.is_none())
}

/// Returns the share of the key's budget that is spent.
fn quota(metadata: &Node<'_>) -> Option<f32> {
    let number = |name: &str| metadata.get(name).number();
    let (spent, budget) = (
        number("user_api_key_spend")?,
        number("user_api_key_max_budget")?,
    );
    (spent >= 0.0 && budget > 0.0).then(|| (spent / budget) as f32)
}

/// Returns whether a guardrail, this one or another, blocked the call.
fn intervened(record: &Node<'_>) -> bool {
    const STOPPED: Option<&str> = Some("guardrail_intervened");
    let guardrails = record.get("guardrail_information");
    record.get("status_fields").get("guardrail_status").text() == STOPPED
        || guardrails.get("guardrail_status").text() == STOPPED
        || guardrails
            .items()
            .iter()
            .any(|guardrail| guardrail.get("guardrail_status").text() == STOPPED)
}
