//! Portkey: its export of logs. Its webhook is in `gateway::portkey`.

use super::body::{answer, draft_of, is_body, name};
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::chat::{status, tokens};
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

/// An exported call.
pub(super) const EXPORT: Format = Format {
    name: "portkey",
    noun: "a Portkey log",
    recognise: |record| {
        let names = ["ai_org", "ai_model", "response_status_code"];
        !record.first(&names).is_absent() && is_body(&record.get("request").unfolded())
    },
    read: export,
};

fn export(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let read = draft_of(&record.get("request").unfolded());
    let mut response = answer(record.get("response"));
    response.input_tokens = response
        .input_tokens
        .or_else(|| tokens(record.get("req_units")));
    response.output_tokens = response
        .output_tokens
        .or_else(|| tokens(record.get("res_units")));
    response.status = status(record.get("response_status_code"));
    let metadata = record.get("metadata").unfolded();
    let draft = Draft {
        id: name(record, &["id", "request_id"]),
        identity: Identity {
            key: name(&metadata, &["account"]).or_else(|| name(record, &["api_key_id"])),
            end_user: name(&metadata, &["_user"]).or(read.identity.end_user),
            organization: name(&metadata, &["_organisation", "_organization"]),
            ..Identity::default()
        },
        conversation: name(&metadata, &["conversation"]),
        model: name(record, &["ai_model"]).or(read.model),
        response,
        ..read
    };
    Found::call(draft, time(record.get("created_at"), "created_at", zone))
}
