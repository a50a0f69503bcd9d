//! LiteLLM: its standard logging payload, read as the ingest route reads it, and rows of its table of spend.

use super::body::{draft_of, kind, name};
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::gateway::litellm_log;
use crate::json::Node;

/// A payload or a row.
pub(super) const RECORD: Format = Format {
    name: "litellm",
    noun: "a LiteLLM log",
    recognise: |record| {
        let names = ["call_type", "litellm_call_id", "model_group", "api_key"];
        !record.get("startTime").is_absent() && !record.first(&names).is_absent()
    },
    read: record,
};

fn record(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let mut draft = litellm_log::draft(record);
    let identity = &mut draft.identity;
    // A row of spend has the key's hash at its top, and names the parties by other fields.
    let key = ["metadata.user_api_key", "api_key"];
    identity.key = identity.key.take().or_else(|| name(record, &key));
    identity.user = identity.user.take().or_else(|| name(record, &["user"]));
    identity.team = identity.team.take().or_else(|| name(record, &["team_id"]));
    draft.id = draft.id.or_else(|| record.get("request_id").name());
    draft.kind = draft
        .kind
        .or_else(|| kind(record.get("call_type").text(), draft.model.as_deref()));
    let instructions = record.get("model_parameters").get("instructions");
    if draft.messages.is_empty() {
        let body = record.get("proxy_server_request").unfolded();
        let sent = draft_of(&body);
        draft.messages = sent.messages;
        if draft.tools.is_empty() {
            draft.tools = sent.tools;
        }
    } else if let Some(text) = instructions.text()
        && !draft
            .messages
            .iter()
            .any(|message| message.content.expose() == text)
    {
        let system = crate::chat::message(crate::domain::Role::System, text);
        draft.messages.insert(0, system);
    }
    // Its columns are in UTC.
    let time = time(
        record.get("startTime"),
        "startTime",
        zone.or(Some(Zone::UTC)),
    );
    Found::call(draft, time)
}
