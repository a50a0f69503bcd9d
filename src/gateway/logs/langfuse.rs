//! Langfuse: observations, as the API, the export to blob storage and the browser write them.

use super::body::{answer, draft_of, is_body, name};
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::chat;
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

/// An observation.
pub(super) const OBSERVATION: Format = Format {
    name: "langfuse",
    noun: "a Langfuse observation",
    recognise: |record| {
        let kinds = [
            "GENERATION",
            "SPAN",
            "EVENT",
            "AGENT",
            "TOOL",
            "CHAIN",
            "EMBEDDING",
        ];
        let kind = record.get("type").text();
        !record.first(&["trace_id", "traceId"]).is_absent()
            && kind.is_some_and(|kind| kinds.contains(&kind))
    },
    read: observation,
};

fn observation(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    if record.get("type").text() != Some("GENERATION") {
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
    let mut response = answer(record.get("output"));
    let usage = record
        .first(&["usage_details", "usageDetails", "usage"])
        .unfolded();
    let count = |names: &[&str]| chat::tokens(usage.first(names));
    response.input_tokens = response
        .input_tokens
        .or_else(|| count(&["input", "prompt_tokens"]));
    response.output_tokens = response
        .output_tokens
        .or_else(|| count(&["output", "completion_tokens"]));
    response.status = Some(if record.get("level").text() == Some("ERROR") {
        500
    } else {
        200
    });
    let settings = record
        .first(&["model_parameters", "modelParameters"])
        .unfolded();
    let draft = Draft {
        id: record.get("id").name(),
        identity: Identity {
            end_user: name(record, &["user_id", "userId"]),
            ..Identity::default()
        },
        conversation: name(record, &["session_id", "sessionId"]),
        model: name(
            record,
            &["provided_model_name", "providedModelName", "model"],
        ),
        parameters: chat::parameters(&settings),
        response,
        ..read
    };
    // Langfuse stores and exports times in UTC.
    let start = record.first(&["start_time", "startTime"]);
    Found::call(draft, time(start, "start_time", zone.or(Some(Zone::UTC))))
}
