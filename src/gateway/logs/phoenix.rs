//! Arize Phoenix: spans with `OpenInference` attributes, flattened to dotted names or nested.

use super::body::name;
use super::field::at;
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::chat;
use crate::domain::{Message, Response, Sensitive};
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

/// A span.
pub(super) const SPAN: Format = Format {
    name: "phoenix",
    noun: "a Phoenix span",
    recognise: |record| {
        !record.get("span_kind").is_absent()
            && (!record.get("attributes").is_absent()
                || record.names().any(|name| name.starts_with("attributes.")))
    },
    read: span,
};

fn span(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    if record.get("span_kind").text() != Some("LLM") {
        return vec![Found::NotACall];
    }
    let answers = messages(&at(record, "attributes.llm.output_messages"));
    let texts = answers
        .iter()
        .map(|answer| answer.content.expose().as_str());
    let text = texts.collect::<Vec<_>>().join("\n");
    let failed = record.get("status_code").text() == Some("ERROR");
    let draft = Draft {
        id: name(record, &["context.span_id", "id", "span_id"]),
        identity: Identity {
            end_user: name(record, &["attributes.user.id"]),
            ..Identity::default()
        },
        conversation: name(record, &["attributes.session.id"]),
        model: name(record, &["attributes.llm.model_name"]),
        messages: messages(&at(record, "attributes.llm.input_messages")),
        parameters: chat::parameters(
            &at(record, "attributes.llm.invocation_parameters").unfolded(),
        ),
        response: Response {
            text: (!text.is_empty()).then(|| Sensitive::new(text)),
            status: Some(if failed { 500 } else { 200 }),
            input_tokens: chat::tokens(&at(record, "attributes.llm.token_count.prompt")),
            output_tokens: chat::tokens(&at(record, "attributes.llm.token_count.completion")),
            ..Response::default()
        },
        ..Draft::default()
    };
    Found::call(draft, time(record.get("start_time"), "start_time", zone))
}

fn messages(listed: &Node<'_>) -> Vec<Message> {
    let listed = listed.unfolded();
    let read = listed.items().iter().map(|item| {
        let role = name(item, &["message.role", "role"]).unwrap_or_default();
        let text = chat::content(&at(item, "message.content")).or_else(|| {
            let parts = at(item, "message.contents");
            let parts = parts.items().iter();
            let texts: Vec<String> = parts
                .filter_map(|part| name(part, &["message_content.text"]))
                .collect();
            (!texts.is_empty()).then(|| texts.join("\n"))
        });
        chat::message(chat::role(&role), &text.unwrap_or_default())
    });
    read.collect()
}
