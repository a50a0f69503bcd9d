//! Logs that look as if they held prompts and do not: each is named, with the reason, and none is guessed at.

use super::format::{Format, Found};
use super::time::Zone;
use crate::json::Node;

/// A record of any of them.
pub(super) const LOG: Format = Format {
    name: "without-content",
    noun: "a log without prompts",
    recognise: |record| found(record).is_some(),
    read: |record, _: Option<Zone>| {
        let found = found(record).map(|(noun, why)| Found::NoContent(noun, why));
        found.into_iter().collect()
    },
};

fn found(record: &Node<'_>) -> Option<(&'static str, &'static str)> {
    let all = |names: &[&str]| names.iter().all(|name| !record.get(name).is_absent());
    let any = |prefix: &str| record.names().any(|name| name.starts_with(prefix));
    let encrypted = |name: &str| record.get(name).get("type").text() == Some("encrypted");
    if encrypted("RequestBody") || encrypted("ResponseBody") {
        return Some((
            "a Cloudflare AI Gateway log",
            "its bodies are encrypted; decrypt them with the private key of the Logpush job first",
        ));
    }
    if all(&["Gateway", "Provider", "Endpoint"]) && record.get("RequestBody").is_absent() {
        return Some(("a Cloudflare AI Gateway log", "it holds no bodies"));
    }
    if all(&["category", "resourceId", "properties"]) {
        return Some((
            "an Azure diagnostic log",
            "it holds no prompts; ApiManagementGatewayLlmLog does",
        ));
    }
    let access = all(&["response_code", "method"]) || all(&["start_time", "response_code"]);
    if access && (any("gen_ai.") || any("x-envoy-") || any("upstream_")) {
        return Some((
            "an Envoy access log",
            "it holds no prompts; examples/gateways/envoy connects Envoy itself",
        ));
    }
    if all(&["token_name", "quota", "model_name"]) {
        return Some((
            "a log of one-api or new-api",
            "it holds usage and no prompts; put Stillwatch behind the gateway in front of it",
        ));
    }
    if all(&["object", "results"]) || all(&["n_requests", "operation"]) {
        return Some(("a usage report", "it holds counts and no prompts"));
    }
    None
}
