//! Braintrust: spans of model calls.

use super::body::{answer, draft_of, is_body, name};
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::chat;
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

/// A span.
pub(super) const SPAN: Format = Format {
    name: "braintrust",
    noun: "a Braintrust span",
    recognise: |record| {
        !record.get("span_attributes").is_absent() && !record.get("root_span_id").is_absent()
    },
    read: span,
};

fn span(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    if record.get("span_attributes").get("type").text() != Some("llm") {
        return vec![Found::NotACall];
    }
    let input = record.get("input").unfolded();
    let mut read = if is_body(&input) {
        draft_of(&input)
    } else {
        Draft::default()
    };
    if read.messages.is_empty() {
        read.messages = chat::messages(&input);
    }
    let metrics = record.get("metrics");
    let mut response = answer(record.get("output"));
    let choice = record.get("output").items().first().map(chat::answer);
    response.finish_reason = response
        .finish_reason
        .or(choice.and_then(|one| one.finish_reason));
    response.input_tokens = response
        .input_tokens
        .or_else(|| chat::tokens(metrics.get("prompt_tokens")));
    response.output_tokens = response
        .output_tokens
        .or_else(|| chat::tokens(metrics.get("completion_tokens")));
    response.status = Some(if record.get("error").is_absent() {
        200
    } else {
        500
    });
    let metadata = record.get("metadata");
    let draft = Draft {
        id: name(record, &["id", "span_id"]),
        identity: Identity {
            end_user: name(metadata, &["user_id", "user", "userId"]),
            ..Identity::default()
        },
        conversation: name(metadata, &["session_id", "conversation_id", "thread_id"]),
        model: name(metadata, &["model"]).or(read.model),
        tools: chat::tools(metadata.get("tools")),
        parameters: chat::parameters(metadata),
        response,
        ..read
    };
    let start = metrics.get("start");
    let (start, field) = if start.is_absent() {
        (record.get("created"), "created")
    } else {
        (start, "metrics.start")
    };
    Found::call(draft, time(start, field, zone))
}
