//! Langfuse's SDKs.
//!
//! | | attributes |
//! |---|---|
//! | messages | `langfuse.observation.input`, `.output` |
//! | kind | `langfuse.observation.type`: `generation` and `embedding` are calls, all others are steps around them |
//! | settings | `langfuse.observation.model.name`, `.model.parameters`, `.usage_details` |

use super::call::{Reading, complete, complete_parameters, draft, name, with_status};
use super::content::{answer_of, request_of};
use super::record::Record;
use crate::chat::{parameters, tokens};
use crate::domain::CallKind;
use crate::json::Node;

/// Reads a record in this dialect.
pub(super) fn read(record: &Record<'_>, resource: &Node<'_>) -> Reading {
    const MODEL: &str = "langfuse.observation.model.name";
    let attributes = &record.attributes;
    let kind = match attributes.get("langfuse.observation.type").text() {
        Some("generation") => CallKind::Text,
        Some("embedding") => CallKind::Embedding,
        // Langfuse's own rule: what names a model is a generation.
        _ if !attributes.get(MODEL).is_absent() => CallKind::Text,
        Some(_) => return Reading::Around,
        None => return Reading::Unknown,
    };
    let input = request_of(attributes.get("langfuse.observation.input"));
    let settings = attributes
        .get("langfuse.observation.model.parameters")
        .unfolded();
    let usage = attributes
        .get("langfuse.observation.usage_details")
        .unfolded();
    let mut draft = draft(record, resource);
    draft.kind = Some(kind);
    draft.model = draft.model.or_else(|| name(attributes, &[MODEL]));
    draft.messages = input.messages;
    if draft.tools.is_empty() {
        draft.tools = input.tools;
    }
    complete_parameters(&mut draft.parameters, parameters(&settings));
    let response = &mut draft.response;
    complete(
        response,
        answer_of(attributes.get("langfuse.observation.output")),
    );
    let read = |names: &[&str]| tokens(usage.first(names));
    response.input_tokens = response
        .input_tokens
        .or_else(|| read(&["input", "prompt_tokens", "input_tokens"]));
    response.output_tokens = response
        .output_tokens
        .or_else(|| read(&["output", "completion_tokens", "output_tokens"]));
    if attributes.get("langfuse.observation.level").text() == Some("ERROR") {
        response.status = response.status.or(Some(500));
    }
    Reading::Call(Box::new(with_status(draft)))
}
