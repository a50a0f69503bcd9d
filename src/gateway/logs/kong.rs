//! Kong: what its log plug-ins write of a request that an AI plug-in proxied.

use super::body::{answer, draft_of, hidden, kind, name};
use super::field::at;
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::chat::{status, tokens};
use crate::domain::Client;
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

const NOUN: &str = "a Kong AI log";

/// A proxied request.
pub(super) const RECORD: Format = Format {
    name: "kong",
    noun: NOUN,
    recognise: |record| {
        matches!(record.get("ai"), Node::Object(_)) && !record.get("request").is_absent()
    },
    read: record,
};

fn record(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let ai = record.get("ai");
    // The part is named after the plug-in (`proxy`, `ai-proxy-advanced`) or stands at the top.
    let plugins = ai.names().map(|name| ai.get(name));
    let plugin = plugins
        .chain([ai])
        .find(|part| !part.get("payload").is_absent());
    let Some(plugin) = plugin else {
        let why = "no payloads: set config.logging.log_payloads of the AI plug-in";
        return vec![Found::NoContent(NOUN, why)];
    };
    let read = draft_of(&plugin.get("payload").get("request").unfolded());
    let mut response = answer(plugin.get("payload").get("response"));
    let usage = plugin.get("usage");
    response.input_tokens = response
        .input_tokens
        .or_else(|| tokens(usage.get("prompt_tokens")));
    response.output_tokens = response
        .output_tokens
        .or_else(|| tokens(usage.get("completion_tokens")));
    response.status = status(record.get("response").get("status"));
    let model = name(plugin, &["meta.request_model", "meta.response_model"]).or(read.model);
    let operation = at(record, "request.uri");
    let draft = Draft {
        id: name(record, &["request.id", "correlation_id"]),
        identity: Identity {
            key: name(
                record,
                &["consumer.username", "consumer.custom_id", "consumer.id"],
            )
            .or_else(|| name(record, &["authenticated_entity.id"])),
            ..read.identity
        },
        kind: kind(operation.text(), model.as_deref()),
        model,
        response,
        client: Client {
            ip: hidden(record, &["client_ip"]),
            user_agent: hidden(record, &["request.headers.user-agent"]),
            ..Client::default()
        },
        ..read
    };
    Found::call(draft, time(record.get("started_at"), "started_at", zone))
}
