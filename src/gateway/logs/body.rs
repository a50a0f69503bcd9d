//! Bodies of chat APIs inside of records: what a request asks, what an answer says, what a call is of.

use super::field::at;
use crate::chat::{self, CONVERSATION};
use crate::domain::{CallKind, Response, Role, Sensitive};
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

/// Reads the body of a request to any chat API.
pub(super) fn draft_of(body: &Node<'_>) -> Draft {
    let request = chat::request(body);
    let mut messages = request.messages;
    if let Some(system) = request.system
        && !messages.is_empty()
    {
        messages.insert(0, chat::message(Role::System, &system));
    }
    Draft {
        kind: kind(None, request.model.as_deref()),
        model: request.model,
        messages,
        tools: request.tools,
        parameters: request.parameters,
        identity: Identity {
            end_user: request.end_user,
            ..Identity::default()
        },
        ..Draft::default()
    }
}

/// Returns whether a value is the body of a request to a chat API.
pub(super) fn is_body(node: &Node<'_>) -> bool {
    let holds = |name: &&str| matches!(node.get(name), Node::List(_) | Node::Text(_));
    CONVERSATION.iter().any(holds)
}

/// Returns what a call asks for, by the name of its operation or path, and by its model where that only embeds.
pub(super) fn kind(operation: Option<&str>, model: Option<&str>) -> Option<CallKind> {
    let by_model = model.and_then(CallKind::from_name).filter(|kind| {
        matches!(
            kind,
            CallKind::Embedding | CallKind::Rerank | CallKind::Moderation
        )
    });
    by_model.or_else(|| operation.and_then(CallKind::from_name))
}

/// Reads an answer: a body of any chat API, its events or messages as a list, or a text.
pub(super) fn answer(node: &Node<'_>) -> Response {
    let node = node.unfolded();
    match &node {
        Node::Text(text) if !text.is_empty() => Response {
            text: Some(chat::text_or_placeholder(text.to_string())),
            ..Response::default()
        },
        Node::List(events) => {
            let mut whole = Response::default();
            for event in events {
                add_event(&mut whole, event);
            }
            whole
        }
        other => chat::answer(other),
    }
}

/// Adds one event of a streamed answer, or one of several answers.
fn add_event(whole: &mut Response, event: &Node<'_>) {
    let block = event.get("contentBlockDelta");
    let delta = if block.is_absent() {
        event.get("delta")
    } else {
        block.get("delta")
    };
    for part in [event, delta, event.get("message"), event.get("metadata")] {
        let read = chat::answer(part);
        whole.finish_reason = read.finish_reason.or(whole.finish_reason);
        whole.input_tokens = read.input_tokens.or(whole.input_tokens);
        whole.output_tokens = read.output_tokens.or(whole.output_tokens);
        whole.refused = read.refused.or(whole.refused);
        whole.refusal_category = read.refusal_category.or(whole.refusal_category.take());
    }
    let streamed = delta.get("text").text();
    let streamed = streamed.map(str::to_owned).or_else(|| {
        let text = chat::answer(event).text;
        text.map(Sensitive::into_inner)
    });
    let Some(text) = streamed.filter(|text| !text.is_empty()) else {
        return;
    };
    let before = whole
        .text
        .take()
        .map(Sensitive::into_inner)
        .unwrap_or_default();
    // A message that stands for itself begins a line; a delta continues one.
    let apart = !before.is_empty() && !event.first(&["role", "message"]).is_absent();
    let join = if apart { "\n" } else { "" };
    whole.text = Some(Sensitive::new([before.as_str(), join, &text].concat()));
}

/// Returns the first of several names that is present.
pub(super) fn name(record: &Node<'_>, paths: &[&str]) -> Option<String> {
    let mut names = paths.iter().map(|path| at(record, path).name());
    names.find_map(|name| name)
}

/// Returns a hidden name.
pub(super) fn hidden(record: &Node<'_>, paths: &[&str]) -> Option<Sensitive<String>> {
    name(record, paths).map(Sensitive::new)
}
