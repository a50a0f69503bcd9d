//! OpenAI's files: batches (requests and results, joined by `custom_id`) and stored completions.

use super::body::{answer, draft_of, kind};
use super::call::Call;
use super::format::{Format, Found};
use super::join::{Answer, Part};
use super::time::{Zone, time, usual_time};
use crate::chat::status;
use crate::json::Node;

/// A line of a batch: of its input file or of its output or error file.
pub(super) const BATCH: Format = Format {
    name: "openai-batch",
    noun: "a line of an OpenAI batch",
    recognise: |record| {
        !record.get("custom_id").is_absent()
            && (matches!(record.get("body"), Node::Object(_))
                || matches!(record.get("response"), Node::Object(_))
                || !record.get("error").is_absent())
    },
    read: batch,
};

/// A completion or response that OpenAI stored.
pub(super) const STORED: Format = Format {
    name: "openai-stored",
    noun: "OpenAI's stored completion",
    recognise: |record| {
        let object = record.get("object").text();
        matches!(object, Some("chat.completion" | "text_completion")) || object == Some("response")
    },
    read: stored,
};

fn batch(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let Some(id) = record.get("custom_id").name() else {
        return Vec::new();
    };
    let body = record.get("body");
    if let Node::Object(_) = body {
        let mut draft = draft_of(body);
        draft.id = Some(id.clone());
        draft.kind = kind(record.get("url").text(), draft.model.as_deref());
        let time = time(record.get("time"), "time", zone);
        return vec![Found::Part(
            id,
            Part::Request(Box::new(Call { draft, time })),
        )];
    }
    let got = record.get("response");
    let mut response = answer(got.get("body"));
    let failed = !record.get("error").is_absent();
    response.status = status(got.get("status_code")).or_else(|| failed.then_some(500));
    let answer = Answer {
        response,
        time: time(
            got.get("body").first(&["created", "created_at"]),
            "created",
            zone,
        ),
        model: got.get("body").get("model").name(),
    };
    vec![Found::Part(id, Part::Answer(Box::new(answer)))]
}

fn stored(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let mut draft = draft_of(record);
    if draft.messages.is_empty() {
        return vec![Found::NoContent(
            "OpenAI's stored completion",
            "the export has answers only; add what /messages or /input_items lists as `messages`",
        )];
    }
    draft.id = record.get("id").name();
    draft.response = answer(record);
    let user = record.get("metadata").first(&["user", "user_id"]).name();
    draft.identity.end_user = draft.identity.end_user.or(user);
    Found::call(draft, usual_time(record, zone))
}
