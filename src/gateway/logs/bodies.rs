//! Bodies of chat APIs that somebody logged himself: a request alone, or a request beside its answer.

use super::body::{answer, draft_of, is_body, kind, name};
use super::format::{Format, Found};
use super::time::{Zone, usual_time};
use crate::chat::status;
use crate::json::Node;

/// A request alone: chat completions, Responses, completions, Anthropic's messages, Gemini, Converse.
pub(super) const BODY: Format = Format {
    name: "body",
    noun: "a request to a chat API",
    recognise: |record| {
        let alone = ["messages", "contents"]
            .iter()
            .any(|name| matches!(record.get(name), Node::List(_)));
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
    Found::call(draft, usual_time(record, zone))
}

fn pair(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let mut draft = draft_of(&sent(record));
    let got = inner(record.first(&[
        "response_body",
        "responseBody",
        "response",
        "output",
        "resp",
    ]));
    draft.response = answer(&got);
    draft.response.status = status(record.first(&["status", "status_code", "response_status"]));
    draft.id = name(record, &["id", "request_id", "requestId"]);
    draft.identity.key = record.get("account").name();
    draft.model = draft.model.or_else(|| record.get("model").name());
    draft.kind = draft.kind.or_else(|| {
        let path = record.first(&["path", "url", "uri", "endpoint"]);
        kind(path.text(), draft.model.as_deref())
    });
    Found::call(draft, usual_time(record, zone))
}

fn sent<'n>(record: &'n Node<'_>) -> Node<'n> {
    inner(record.first(&["request_body", "requestBody", "request", "req", "input"]))
}

/// Returns a body, also where it is JSON in a string or beside its headers.
fn inner<'n>(node: &'n Node<'_>) -> Node<'n> {
    let body = node.get("body");
    if body.is_absent() {
        node.unfolded()
    } else {
        body.unfolded()
    }
}
