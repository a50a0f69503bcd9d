//! Bodies of chat APIs that somebody logged himself: a request alone, or a request beside its answer.

use super::Format;
use super::call::{Call, Found, answer, draft_of, is_body, kind, name};
use super::time::{Zone, time};
use crate::chat::status;
use crate::domain::Timestamp;
use crate::json::Node;
use crate::wire::WireError;

/// A request alone: chat completions, Responses, completions, Anthropic's messages, Gemini, Converse.
pub(super) const BODY: Format = Format {
    name: "body",
    noun: "a request to a chat API",
    recognise: |record| {
        let alone = ["messages", "contents"].iter().any(|name| matches!(record.get(name), Node::List(_)));
        alone || is_body(record) && !record.first(&["model", "modelId"]).is_absent()
    },
    read: body,
};

/// A request and its answer under two fields.
pub(super) const PAIR: Format = Format {
    name: "pair",
    noun: "a request beside its answer",
    recognise: |record| is_body(&sent(record)),
    read: pair,
};

fn body(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let mut draft = draft_of(record);
    draft.id = record.get("id").name();
    draft.identity.key = record.get("account").name();
    draft.response = answer(record.get("response"));
    Call::found(draft, usual_time(record, zone))
}

fn pair(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let mut draft = draft_of(&sent(record));
    let got = inner(record.first(&["response_body", "responseBody", "response", "output", "resp"]));
    draft.response = answer(&got);
    draft.response.status = status(record.first(&["status", "status_code", "response_status"]));
    draft.id = name(record, &["id", "request_id", "requestId"]);
    draft.identity.key = record.get("account").name();
    draft.model = draft.model.or_else(|| record.get("model").name());
    draft.kind = draft.kind.or_else(|| {
        let path = record.first(&["path", "url", "uri", "endpoint"]);
        kind(path.text(), draft.model.as_deref())
    });
    Call::found(draft, usual_time(record, zone))
}

fn sent<'n>(record: &'n Node<'_>) -> Node<'n> {
    inner(record.first(&["request_body", "requestBody", "request", "req", "input"]))
}

/// Returns a body, also where it is JSON in a string or beside its headers.
fn inner<'n>(node: &'n Node<'_>) -> Node<'n> {
    let body = node.get("body");
    if body.is_absent() { node.unfolded() } else { body.unfolded() }
}

/// Reads the time under the names that loggers give it.
pub(super) fn usual_time(
    record: &Node<'_>,
    zone: Option<Zone>,
) -> Result<Option<Timestamp>, WireError> {
    const NAMES: [&str; 9] = [
        "time", "timestamp", "created_at", "created", "createdAt", "start_time", "startTime", "ts", "date",
    ];
    let name = NAMES.iter().find(|name| !record.get(name).is_absent());
    name.map_or(Ok(None), |name| time(record.get(name), name, zone))
}
