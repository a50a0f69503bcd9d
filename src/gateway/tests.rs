//! Properties of every translator: no body makes it panic, no error contains text of a body, and every request that
//! waits in the table comes out exactly once.

use std::collections::BTreeMap;
use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::otlp::{Encoding, Signal};
use super::*;
use crate::domain::{Response, Sensitive, Timestamp};
use crate::wire::{Bounds, WireError};

/// Text that must not appear in any error.
const CANARY: &str = "canary-51c0";

/// Field names of all formats, so that random bodies reach all branches.
const NAMES: &[&str] = &[
    "ai.operationId",
    "ai.prompt.messages",
    "ai.response.text",
    "ai.values",
    "all_messages_events",
    "event.name",
    "eventName",
    "events",
    "gcp.vertex.agent.llm_request",
    "gen_ai.event.content",
    "gen_ai.tool.definitions",
    "generations",
    "input.value",
    "kwargs",
    "llm.input_messages.0.message.content",
    "llm.input_messages.1.message.contents.0.message_content.text",
    "llm.tools.0.tool.json_schema",
    "mlflow.spanInputs",
    "mlflow.spanType",
    "openinference.span.kind",
    "arrayValue",
    "attributes",
    "body",
    "choices",
    "content",
    "doubleValue",
    "end_user",
    "error_code",
    "error_information",
    "eventType",
    "function",
    "gen_ai.completion.0.content",
    "gen_ai.input.messages",
    "gen_ai.operation.name",
    "gen_ai.output.messages",
    "gen_ai.prompt.0.content",
    "gen_ai.prompt.1.role",
    "gen_ai.request.model",
    "gen_ai.request.temperature",
    "gen_ai.system_instructions",
    "gen_ai.user",
    "guardrail_information",
    "guardrail_status",
    "id",
    "input",
    "input_type",
    "intValue",
    "json",
    "key",
    "kvlistValue",
    "langfuse.observation.input",
    "langfuse.observation.metadata",
    "langfuse.observation.model.parameters",
    "langfuse.observation.type",
    "langfuse.observation.usage_details",
    "litellm_call_id",
    "logRecords",
    "max_tokens",
    "message",
    "messages",
    "metadata",
    "metadata.user_api_key_hash",
    "model",
    "model_parameters",
    "name",
    "output",
    "parts",
    "request",
    "request_data",
    "request_headers",
    "resourceLogs",
    "resourceSpans",
    "response",
    "response_format",
    "role",
    "scopeLogs",
    "scopeSpans",
    "session_id",
    "spans",
    "startTime",
    "startTimeUnixNano",
    "status",
    "statusCode",
    "stringValue",
    "structured_messages",
    "temperature",
    "text",
    "texts",
    "tool_calls",
    "tools",
    "traceId",
    "type",
    "usage",
    "user-agent",
    "user_api_key_end_user_id",
    "user_api_key_hash",
    "value",
    "values",
];

/// Values that have a meaning in at least one format.
const WORDS: &[&str] = &[
    "LLM",
    "ai.generateText.doGenerate",
    "ai.embedMany.doEmbed",
    "gen_ai.choice",
    "gen_ai.client.inference.operation.details",
    "gen_ai.content.prompt",
    "gen_ai.user.message",
    "human",
    CANARY,
    "",
    " ",
    "response",
    "failure",
    "guardrail_intervened",
    "afterRequestHook",
    "chat",
    "generation",
    "user",
    "assistant",
    "stop",
    "[{\"role\":\"user\",\"content\":\"canary-51c0\"}]",
    "[[[[",
    "\"canary-51c0\"",
    "NaN",
    "-1",
    "1e400",
    "18446744073709551616",
    "gen_ai.input.messages",
    "gen_ai.operation.name",
    "gen_ai.request.model",
    "metadata.user_api_key_hash",
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
        "\\PC{0,8}".prop_map(|text| Value::from(format!("{CANARY}{text}"))),
    ];
    leaf.prop_recursive(8, 96, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES), inner), 0..8).prop_map(|fields| {
                let named = fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(named.collect())
            }),
        ]
    })
}

/// Generates telemetry bodies with random attributes; a fully random body would hardly ever be valid.
fn any_telemetry() -> impl Strategy<Value = Value> {
    let attribute = (prop::sample::select(NAMES), any_json()).prop_map(|(name, value)| {
        let value = match value {
            Value::String(text) => json!({"stringValue": text}),
            Value::Number(number) => json!({"intValue": number.to_string()}),
            other => json!({"stringValue": other.to_string()}),
        };
        json!({"key": name, "value": value})
    });
    let attribute = attribute.boxed();
    let attributes = || prop::collection::vec(attribute.clone(), 0..12);
    let name = prop::sample::select(WORDS);
    (attributes(), attributes(), name).prop_map(|(attributes, more, name)| {
        let record = json!({
            "attributes": attributes,
            "body": {"kvlistValue": {"values": more}},
            "eventName": name,
            "events": [{"name": name, "attributes": more}],
        });
        json!({
            "resourceLogs": [{"scopeLogs": [{"logRecords": [record.clone()]}]}],
            "resourceSpans": [{"scopeSpans": [{"spans": [record]}]}],
        })
    })
}

fn in_context<T>(work: impl FnOnce(&Context<'_>) -> T) -> T {
    let accounts = AccountOrder::beginning_with(Party::Key);
    work(&Context {
        received: Timestamp::from_micros(1_777_636_800_000_000),
        bounds: &Bounds::STANDARD,
        accounts: &accounts,
        shortened: false,
    })
}

/// Returns every error that any translator returns for `body`.
fn errors(body: &[u8]) -> Vec<WireError> {
    in_context(|context| {
        let mut errors = Vec::new();
        errors.extend(litellm_guardrail::read(body, context).err());
        errors.extend(portkey::read(body, context).err());
        errors.extend(moderation::read(body, context).err());
        errors.extend(agentgateway::read(body, Some("a"), None, context).err());
        match litellm_log::read(body, context) {
            Ok(records) => errors.extend(
                records
                    .into_iter()
                    .filter_map(|read| Some(read.err()?.error)),
            ),
            Err(error) => errors.push(error),
        }
        for signal in [Signal::Traces, Signal::Logs] {
            for encoding in [Encoding::Json, Encoding::Protobuf] {
                match otlp::read(body, signal, encoding, context) {
                    Ok(export) => {
                        let answer = otlp::answer_of(&export, signal, encoding);
                        assert!(!String::from_utf8_lossy(&answer).contains(CANARY));
                        errors.extend(export.reason);
                    }
                    Err(error) => errors.push(error),
                }
            }
        }
        errors
    })
}

fn discreet(errors: &[WireError]) {
    for error in errors {
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(CANARY), "{shown}");
    }
}

proptest! {
    #[test]
    fn no_json_panics_or_is_quoted(body in prop_oneof![any_json(), any_telemetry()]) {
        discreet(&errors(body.to_string().as_bytes()));
    }

    #[test]
    fn no_cut_or_flipped_json_panics_or_is_quoted(
        body in prop_oneof![any_json(), any_telemetry()],
        cut: prop::sample::Index,
        flipped: prop::sample::Index,
        bit in 0_u8..8,
    ) {
        let mut bytes = body.to_string().into_bytes();
        let at = flipped.index(bytes.len());
        bytes[at] ^= 1 << bit;
        bytes.truncate(cut.index(bytes.len()) + 1);
        discreet(&errors(&bytes));
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        discreet(&errors(&bytes));
    }

    #[test]
    fn what_waits_comes_out_once_and_within_the_bounds(
        steps in prop::collection::vec((0_u8..8, 0_u8..4, 0_u16..400, 0_i64..4), 1..80),
        count_max in 1_usize..6,
        bytes_max in 600_usize..4_000,
    ) {
        let limits = PendingLimits { count_max, bytes_max, quiet_seconds: 2.0, expiry_seconds: 9.0 };
        let mut pending = PendingRequests::new(limits);
        let mut now = 0;
        let mut went_in = BTreeMap::<String, bool>::new();
        let mut came_out = Vec::new();
        for (index, (call, kind, length, pause)) in steps.into_iter().enumerate() {
            now += pause * 1_000_000;
            let time = Timestamp::from_micros(now);
            let text = "x".repeat(length.into());
            match kind {
                0 | 1 => {
                    let mut exchange = plain(&format!("{index} {text}"));
                    exchange.id = Some(index.to_string());
                    went_in.insert(index.to_string(), true);
                    came_out.extend(pending.request(call.to_string(), exchange, time));
                }
                2 => {
                    let response = Response {
                        text: Some(Sensitive::new(text)),
                        ..Response::default()
                    };
                    came_out.extend(pending.response(&call.to_string(), response, time));
                }
                _ => came_out.extend(pending.due(time)),
            }
            prop_assert!(pending.holds().0 <= count_max && pending.holds().1 <= bytes_max);
        }
        came_out.extend(pending.drain());
        prop_assert_eq!(pending.holds(), (0, 0));
        let ids: HashSet<String> = came_out.iter().filter_map(|e| e.id.clone()).collect();
        prop_assert_eq!(ids.len(), came_out.len(), "each once");
        prop_assert_eq!(ids.len(), went_in.len(), "none lost");
    }
}

fn plain(text: &str) -> Exchange {
    let body = json!({
        "input_type": "request",
        "model": "m",
        "texts": [text],
        "request_data": {"user_api_key_hash": "k"},
    });
    let leg = in_context(|context| litellm_guardrail::read(body.to_string().as_bytes(), context));
    match leg {
        Ok(litellm_guardrail::Leg::Request { asked, .. }) => asked.exchange,
        _ => panic!("a request"),
    }
}

#[test]
fn the_last_piece_of_a_stream_counts_and_only_quiet_ends_it() {
    let mut pending = PendingRequests::new(PendingLimits::STANDARD);
    let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
    let piece = |text: &str| Response {
        text: Some(Sensitive::new(text.to_owned())),
        ..Response::default()
    };
    assert!(
        pending
            .request("c".to_owned(), plain("asked"), at(0))
            .is_empty()
    );
    assert!(pending.response("c", piece("This"), at(2)).is_empty());
    assert!(pending.due(at(4)).is_empty());
    assert!(
        pending
            .response("c", piece("This is all"), at(4))
            .is_empty()
    );
    assert!(pending.due(at(6)).is_empty());
    let whole = pending.due(at(7));
    assert_eq!(whole.len(), 1);
    let text = whole[0]
        .response
        .text
        .as_ref()
        .map(|text| text.expose().as_str());
    assert_eq!(text, Some("This is all"));
    assert!(pending.response("c", piece("late"), at(8)).is_empty());
    assert!(pending.due(at(9_999)).is_empty(), "late pieces are dropped");
}

#[test]
fn an_id_that_callers_choose_hides_no_exchange() {
    let mut pending = PendingRequests::new(PendingLimits::STANDARD);
    let now = Timestamp::from_micros(0);
    pending.request("c".to_owned(), plain("first"), now);
    assert!(
        pending
            .request("c".to_owned(), plain("first"), now)
            .is_empty()
    );
    assert_eq!(
        pending.request("c".to_owned(), plain("second"), now).len(),
        1
    );
    assert_eq!(pending.drain().len(), 1);
}
