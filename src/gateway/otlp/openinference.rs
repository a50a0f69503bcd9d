//! `OpenInference`, the conventions of Arize Phoenix.
//!
//! | | attributes |
//! |---|---|
//! | messages | `llm.input_messages.N.message.role`, `.content`, `.contents.M.message_content.text`; `llm.prompts.N` |
//! | answer | `llm.output_messages.N.message.*` |
//! | whole bodies | `input.value`, `output.value`, where no messages are listed |
//! | kind | `openinference.span.kind`: `LLM`, `EMBEDDING`, `RERANKER` are calls, all others are steps around them |
//! | settings | `llm.model_name`, `llm.invocation_parameters`, `llm.token_count.*`, `llm.tools.N.tool.json_schema` |
//! | parties | `user.id`, `session.id`, `metadata` |

use super::call::{Reading, complete, complete_parameters, draft, name, with_status};
use super::content::{answer_of, numbered, request_of, text_of, text_or_parts, tools_of};
use super::finish::finish_reason;
use super::record::Record;
use crate::chat::{message, parameters, role, tokens};
use crate::domain::{CallKind, Message, Role};
use crate::json::Node;

/// Reads a record in this dialect.
pub(super) fn read(record: &Record<'_>, resource: &Node<'_>) -> Reading {
    let attributes = &record.attributes;
    let listed = listed(attributes, "llm.input_messages.");
    let kind = match attributes.get("openinference.span.kind").text() {
        Some("LLM") => CallKind::Text,
        Some("EMBEDDING") => CallKind::Embedding,
        Some("RERANKER") => CallKind::Rerank,
        Some(_) => return Reading::Around,
        None if listed.is_empty() => return Reading::Unknown,
        None => CallKind::Text,
    };
    let settings = attributes.get("llm.invocation_parameters").unfolded();
    let whole = request_of(attributes.get("input.value"));
    let metadata = attributes.get("metadata").unfolded();
    let mut draft = draft(record, resource);
    draft.kind = Some(kind);
    draft.model = name(
        attributes,
        &[
            "llm.model_name",
            "embedding.model_name",
            "reranker.model_name",
        ],
    )
    .or(draft.model)
    .or(whole.model);
    draft.messages = listed;
    if draft.messages.is_empty() {
        draft.messages = prompts(attributes);
    }
    if draft.messages.is_empty() {
        draft.messages = whole.messages;
    }
    if draft.tools.is_empty() {
        draft.tools = tools_of(&schemas(attributes));
    }
    if draft.tools.is_empty() {
        draft.tools = whole.tools;
    }
    complete_parameters(&mut draft.parameters, parameters(&settings));
    complete_parameters(&mut draft.parameters, whole.parameters);
    let identity = &mut draft.identity;
    identity.key = identity
        .key
        .take()
        .or_else(|| metadata.get("stillwatch.account").name());
    identity.end_user = identity
        .end_user
        .take()
        .or_else(|| metadata.first(&["user_id", "userId", "user"]).name())
        .or(whole.end_user);
    let response = &mut draft.response;
    let output = answer_of(attributes.get("output.value"));
    response.text = text_of(&self::listed(attributes, "llm.output_messages."));
    let reason = attributes
        .first(&[
            "llm.output_messages.0.message.finish_reason",
            "llm.finish_reason",
        ])
        .text();
    response.finish_reason = response.finish_reason.or(reason.and_then(finish_reason));
    let count = |names: &[&str]| tokens(attributes.first(names));
    response.input_tokens = count(&["llm.token_count.prompt"]).or(response.input_tokens);
    response.output_tokens = count(&["llm.token_count.completion"]).or(response.output_tokens);
    complete(response, output);
    Reading::Call(Box::new(with_status(draft)))
}

/// Reads the messages of a request or an answer.
fn listed(attributes: &Node<'_>, prefix: &str) -> Vec<Message> {
    let messages = numbered(attributes, prefix).into_values().map(|parts| {
        let mut author = Role::User;
        let mut text = String::new();
        let mut pieces: Vec<(u32, &str)> = Vec::new();
        for (part, value) in parts {
            match part {
                "message.role" => author = value.text().map_or(Role::User, role),
                "message.content" => text = text_or_parts(value),
                _ => pieces.extend(piece(part).zip(value.text())),
            }
        }
        pieces.sort_by_key(|(number, _)| *number);
        if text.is_empty() {
            let texts: Vec<&str> = pieces.into_iter().map(|(_, text)| text).collect();
            text = texts.join("\n");
        }
        message(author, &text)
    });
    messages.collect()
}

/// Returns the number of a part of a message that holds text.
fn piece(name: &str) -> Option<u32> {
    let (number, field) = name.strip_prefix("message.contents.")?.split_once('.')?;
    (field == "message_content.text")
        .then(|| number.parse().ok())
        .flatten()
}

/// Reads the prompts of a text completion, or the texts of an embedding.
fn prompts(attributes: &Node<'_>) -> Vec<Message> {
    const PLACES: [(&str, &str); 3] = [
        ("llm.prompts.", "prompt.text"),
        ("embedding.embeddings.", "embedding.text"),
        ("reranker.input_documents.", "document.content"),
    ];
    let mut read = Vec::new();
    for (prefix, field) in PLACES {
        for parts in numbered(attributes, prefix).into_values() {
            let texts = parts.iter().filter(|(part, _)| *part == field);
            let texts = texts.filter_map(|(_, value)| value.text());
            read.extend(texts.map(|text| message(Role::User, text)));
        }
    }
    read
}

/// Returns the definitions of the tools, each as JSON text.
fn schemas<'n>(attributes: &'n Node<'_>) -> Node<'n> {
    let parts = numbered(attributes, "llm.tools.").into_values().flatten();
    let schemas = parts.filter(|(part, _)| *part == "tool.json_schema");
    Node::List(schemas.map(|(_, value)| value.clone()).collect())
}
