//! Messages in events: of a span, in a list inside an attribute, or as log records of their own.
//!
//! | event | carries |
//! |---|---|
//! | `gen_ai.client.inference.operation.details` | request and answer, under the names of attributes |
//! | `gen_ai.{system,user,assistant,tool}.message` | one message of the request |
//! | `gen_ai.choice` | the answer |
//! | `gen_ai.content.prompt`, `gen_ai.content.completion` | request or answer, as JSON text |
//!
//! The log records of one call (one per message) share the id of its span. Those of one body are one exchange; nothing
//! joins them across bodies, where each is an exchange by itself.

use super::call::{Reading, complete, draft, kind, with_status};
use super::content::{answer_of, request_of, text_or_parts};
use super::finish::finish_reason;
use super::record::Record;
use crate::chat::{content, message, messages, role};
use crate::domain::{Message, Response, Role, Sensitive};
use crate::json::Node;

/// What events say of a call.
#[derive(Default)]
pub(super) struct Told {
    pub(super) messages: Vec<Message>,
    pub(super) response: Response,
}

/// Returns whether an event carries one message, or one side, of a call.
pub(super) fn is_piece(name: &str) -> bool {
    name == CHOICE || name == PROMPT || name == COMPLETION || author(name).is_some()
}

const CHOICE: &str = "gen_ai.choice";
const PROMPT: &str = "gen_ai.content.prompt";
const COMPLETION: &str = "gen_ai.content.completion";
const DETAILS: &str = "gen_ai.client.inference.operation.details";

/// Reads the events of a span.
pub(super) fn of_span(record: &Record<'_>) -> Told {
    let mut told = Told::default();
    for event in &record.events {
        add(event.name, &event.attributes, &mut told);
    }
    told
}

/// Reads a list of events inside an attribute, as Pydantic AI writes it.
pub(super) fn of_list(value: &Node<'_>) -> Told {
    let mut told = Told::default();
    if !value.is_absent() {
        for event in value.unfolded().items() {
            add(
                event.get("event.name").text().unwrap_or_default(),
                event,
                &mut told,
            );
        }
    }
    told
}

/// Reads a log record that carries one message, or one side, of a call.
pub(super) fn of_log(record: &Record<'_>, resource: &Node<'_>) -> Reading {
    // Of a whole call, the usual place is among the attributes, as in a span.
    let whole = record.event_name() == DETAILS && matches!(record.body, Node::Object(_));
    if !(whole || is_piece(record.event_name())) {
        return Reading::Unknown;
    }
    let mut told = Told::default();
    let body = match &record.body {
        Node::Absent => &record.attributes,
        body => body,
    };
    match (body, body.unfolded()) {
        (_, fields @ Node::Object(_)) => add(record.event_name(), &fields, &mut told),
        // A body that is a plain text is the message.
        (text, _) => {
            let fields = Node::Object(vec![("content".into(), text.clone())]);
            add(record.event_name(), &fields, &mut told);
        }
    }
    let mut draft = draft(record, resource);
    draft.kind = kind(record.attributes.get("gen_ai.operation.name"));
    draft.messages = told.messages;
    complete(&mut draft.response, told.response);
    Reading::Call(Box::new(with_status(draft)))
}

/// Returns the author of the message that an event of this name carries.
fn author(event: &str) -> Option<Role> {
    let name = event.strip_prefix("gen_ai.")?.strip_suffix(".message")?;
    Some(role(name))
}

/// Adds what one event says.
fn add(name: &str, fields: &Node<'_>, told: &mut Told) {
    // Azure writes the fields of an event as JSON text in one attribute.
    let folded = fields.get("gen_ai.event.content").unfolded();
    let fields = if folded.is_absent() { fields } else { &folded };
    match name {
        CHOICE => complete(&mut told.response, choice(fields)),
        PROMPT => {
            let prompt = fields.first(&["gen_ai.prompt", "content"]);
            told.messages.extend(request_of(prompt).messages);
        }
        COMPLETION => {
            let answer = fields.first(&["gen_ai.completion", "content"]);
            complete(&mut told.response, answer_of(answer));
        }
        DETAILS => {
            let system = fields.get("gen_ai.system_instructions").unfolded();
            let system = content(&system).map(|text| message(Role::System, &text));
            told.messages.extend(system);
            told.messages
                .extend(request_of(fields.get("gen_ai.input.messages")).messages);
            complete(
                &mut told.response,
                answer_of(fields.get("gen_ai.output.messages")),
            );
        }
        _ => {
            if let Some(author) = author(name) {
                let author = fields.get("role").text().map_or(author, role);
                let text = fields.first(&["content", "gen_ai.prompt"]);
                told.messages.push(message(author, &piece(text)));
            }
        }
    }
}

/// Reads an answer: a message, or the text of one.
fn choice(fields: &Node<'_>) -> Response {
    let message = fields.first(&["message", "content"]);
    let mut response = match message {
        Node::Text(_) => {
            let text = piece(message);
            Response {
                text: (!text.is_empty()).then(|| Sensitive::new(text)),
                ..Response::default()
            }
        }
        other => answer_of(other),
    };
    let reason = fields.get("finish_reason").text();
    response.finish_reason = reason.and_then(finish_reason).or(response.finish_reason);
    response
}

/// Reads the text of a message: as it is, of its parts, or of the message that it is the JSON text of.
fn piece(value: &Node<'_>) -> String {
    match value {
        Node::Text(text) if text.starts_with('{') => {
            let read = messages(&value.unfolded());
            let text_of = |one: &Message| one.content.expose().clone();
            let inner = read.first().map(text_of).filter(|text| !text.is_empty());
            inner.unwrap_or_else(|| text.clone().into_owned())
        }
        Node::Text(_) => text_or_parts(value),
        other => content(other).unwrap_or_default(),
    }
}
