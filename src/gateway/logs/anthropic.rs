//! Anthropic's message batches: requests and results, joined by `custom_id`. A body of the Messages API alone is in
//! `bodies`.

use super::body::{answer, draft_of};
use super::call::Call;
use super::format::{Format, Found};
use super::join::{Answer, Part};
use super::time::{Zone, time};
use crate::json::Node;

/// A line of a message batch: a request, or a result.
pub(super) const BATCH: Format = Format {
    name: "anthropic-batch",
    noun: "a line of an Anthropic message batch",
    recognise: |record| {
        !record.get("custom_id").is_absent()
            && (matches!(record.get("params"), Node::Object(_))
                || !record.get("result").get("type").is_absent())
    },
    read: batch,
};

fn batch(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let Some(id) = record.get("custom_id").name() else {
        return Vec::new();
    };
    let params = record.get("params");
    if let Node::Object(_) = params {
        let mut draft = draft_of(params);
        draft.id = Some(id.clone());
        let time = time(record.get("time"), "time", zone);
        return vec![Found::Part(
            id,
            Part::Request(Box::new(Call { draft, time })),
        )];
    }
    let result = record.get("result");
    let message = result.get("message");
    let mut response = answer(message);
    let succeeded = result.get("type").text() == Some("succeeded");
    response.status = Some(if succeeded { 200 } else { 500 });
    let answer = Answer {
        response,
        time: Ok(None),
        model: message.get("model").name(),
    };
    vec![Found::Part(id, Part::Answer(Box::new(answer)))]
}
