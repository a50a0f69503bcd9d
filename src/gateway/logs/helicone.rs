//! Helicone: requests with their answers, as its query API and its tables write them.

use super::body::{answer, draft_of, hidden, kind, name};
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::chat::{status, tokens};
use crate::domain::Client;
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

/// A request and its answer.
pub(super) const REQUEST: Format = Format {
    name: "helicone",
    noun: "a Helicone request",
    recognise: |record| {
        let times = [
            "request_created_at",
            "request_properties",
            "helicone_proxy_key_id",
        ];
        !record.get("request_body").is_absent() && !record.first(&times).is_absent()
    },
    read: request,
};

fn request(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let read = draft_of(&record.get("request_body").unfolded());
    let mut response = answer(record.get("response_body"));
    response.input_tokens = response
        .input_tokens
        .or_else(|| tokens(record.get("prompt_tokens")));
    response.output_tokens = response
        .output_tokens
        .or_else(|| tokens(record.get("completion_tokens")));
    response.status = status(record.first(&["response_status", "status"]));
    let model = name(record, &["request_model", "response_model", "model"]).or(read.model);
    let operation = record.get("request_path").text();
    let draft = Draft {
        id: record.get("request_id").name(),
        identity: Identity {
            key: name(record, &["helicone_proxy_key_id", "proxy_key_id"]),
            end_user: name(record, &["request_user_id", "user_id"]).or(read.identity.end_user),
            ..Identity::default()
        },
        conversation: name(record, &["request_properties.Helicone-Session-Id"]),
        kind: kind(operation, model.as_deref()),
        model,
        response,
        client: Client {
            ip: hidden(record, &["request_ip"]),
            ..Client::default()
        },
        ..read
    };
    let start = record.first(&["request_created_at", "created_at"]);
    Found::call(draft, time(start, "request_created_at", zone))
}
