//! Vertex AI's request-response logs in `BigQuery`. A body of the Gemini API alone is in `bodies`.

use super::body::{answer, draft_of, kind};
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::gateway::draft::Draft;
use crate::json::Node;

/// A row of the logging table.
pub(super) const ROW: Format = Format {
    name: "vertex",
    noun: "a row of Vertex AI's request-response log",
    recognise: |record| {
        !record.get("logging_time").is_absent()
            && !record
                .first(&["request_payload", "full_request"])
                .is_absent()
    },
    read: row,
};

fn row(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let request = payload(record, "full_request", "request_payload");
    let got = payload(record, "full_response", "response_payload");
    let read = draft_of(&request);
    let model = record.get("model").name().or(read.model);
    let operation = record.get("api_method").text();
    let draft = Draft {
        id: record.get("request_id").name(),
        kind: kind(operation, model.as_deref()),
        model,
        response: answer(&got),
        ..read
    };
    // BigQuery's TIMESTAMP is in UTC, whichever way it is exported.
    let time = time(
        record.get("logging_time"),
        "logging_time",
        zone.or(Some(Zone::UTC)),
    );
    Found::call(draft, time)
}

/// Returns a body from its parsed column, or from its text, whose pieces are a list.
fn payload<'n>(record: &'n Node<'_>, parsed: &str, text: &str) -> Node<'n> {
    let whole = record.get(parsed);
    if !whole.is_absent() {
        return whole.unfolded();
    }
    let text = record.get(text);
    match text.items() {
        [] => text.unfolded(),
        [one] => one.unfolded(),
        pieces => {
            let texts: String = pieces.iter().filter_map(Node::text).collect();
            match Node::read(texts.as_bytes()) {
                Ok(body) => body.into_owned(),
                Err(_) => Node::List(pieces.iter().map(Node::unfolded).collect()),
            }
        }
    }
}
