//! Vercel's AI SDK.
//!
//! | | attributes |
//! |---|---|
//! | kind | `ai.operationId`: `ai.generateText.doGenerate` is a call; `ai.generateText`, `ai.toolCall` repeat it |
//! | messages | `ai.prompt.messages`, `ai.prompt`; of embeddings `ai.value`, `ai.values` |
//! | answer | `ai.response.text`, `.object`, `.finishReason`; `ai.usage.*` |
//! | settings | `ai.model.id`, `ai.settings.*`, `ai.prompt.tools` |
//! | parties | `ai.telemetry.metadata.userId`, `.sessionId` |

use super::call::{Reading, complete_parameters, draft, kind, name, with_status};
use super::content::{request_of, tools_of};
use super::finish::finish_reason;
use super::record::Record;
use crate::chat::{small, temperature, tokens};
use crate::domain::{Parameters, Sensitive};
use crate::json::Node;

/// Prefix of what the application says of its users.
const METADATA: &str = "ai.telemetry.metadata.";

/// Reads a record in this dialect.
pub(super) fn read(record: &Record<'_>, resource: &Node<'_>) -> Reading {
    let attributes = &record.attributes;
    let operation = attributes.get("ai.operationId").text();
    let operation = operation.unwrap_or_else(|| record.name.split(' ').next().unwrap_or_default());
    if !operation.starts_with("ai.") {
        return Reading::Unknown;
    }
    let step = operation.rsplit('.').next().unwrap_or_default();
    if !step.starts_with("do") {
        return Reading::Around;
    }
    let said = |names: &[&str]| {
        let mut names = names.iter().map(|short| format!("{METADATA}{short}"));
        names.find_map(|full| name(attributes, &[&full]))
    };
    let mut draft = draft(record, resource);
    draft.id = name(attributes, &["ai.response.id"]).or(draft.id);
    // `doEmbed` and `doRerank` name what they are, `doGenerate` and `doStream` only that a model answers.
    draft.kind = match step {
        "doGenerate" | "doStream" => kind(&Node::Text(operation_kind(operation).into())),
        _ => kind(&Node::Text(step.into())),
    };
    draft.model = name(attributes, &["ai.model.id", "ai.response.model"]).or(draft.model);
    let values = attributes.get("ai.values").items().iter();
    // Each of several values is a JSON text.
    let values: Vec<Node<'_>> = values.map(Node::unfolded).collect();
    draft.messages = match attributes.first(&["ai.prompt.messages", "ai.prompt"]) {
        Node::Absent if !values.is_empty() => request_of(&Node::List(values)).messages,
        Node::Absent => request_of(attributes.get("ai.value")).messages,
        prompt => request_of(prompt).messages,
    };
    if draft.tools.is_empty() {
        draft.tools = tools_of(attributes.get("ai.prompt.tools"));
    }
    let settings = Parameters {
        temperature: temperature(attributes.get("ai.settings.temperature")),
        max_tokens: small(
            attributes.first(&["ai.settings.maxOutputTokens", "ai.settings.maxTokens"]),
        ),
        ..Parameters::default()
    };
    complete_parameters(&mut draft.parameters, settings);
    let identity = &mut draft.identity;
    identity.key = identity
        .key
        .take()
        .or_else(|| said(&["account", "accountId"]));
    identity.end_user = identity
        .end_user
        .take()
        .or_else(|| said(&["userId", "user_id", "user"]));
    let session = said(&["sessionId", "session_id", "chatId"]);
    draft.conversation = draft.conversation.or_else(|| session.clone());
    draft.session = draft.session.or(session);
    let response = &mut draft.response;
    let text = attributes
        .first(&["ai.response.text", "ai.result.text"])
        .text()
        .filter(|text| !text.is_empty())
        .or_else(|| {
            attributes
                .first(&["ai.response.object", "ai.result.object"])
                .text()
        });
    response.text = text.map(|text| Sensitive::new(text.to_owned()));
    let reason = attributes.first(&["ai.response.finishReason", "ai.finishReason"]);
    response.finish_reason = reason
        .text()
        .and_then(finish_reason)
        .or(response.finish_reason);
    let count = |names: &[&str]| tokens(attributes.first(names));
    response.input_tokens = response.input_tokens.or(count(&[
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "ai.usage.tokens",
    ]));
    response.output_tokens = response.output_tokens.or(count(&[
        "ai.usage.outputTokens",
        "ai.usage.completionTokens",
    ]));
    Reading::Call(Box::new(with_status(draft)))
}

/// Returns the word for what a function of the SDK generates.
fn operation_kind(operation: &str) -> &'static str {
    let lower = operation.to_ascii_lowercase();
    let kinds = ["image", "speech", "transcription", "video"];
    let found = kinds.into_iter().find(|kind| lower.contains(kind));
    found.unwrap_or(if lower.contains("transcribe") {
        "transcription"
    } else {
        "text"
    })
}
