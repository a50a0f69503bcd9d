//! Property: one exchange, written in every form that can carry it, is the same exchange through every door.
//!
//! Compared is all that an observation is made of. A system prompt apart and a system message are the same to every
//! reader of text (`text::tests`), so the one becomes the other before comparing.

use buffa::Message as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::envoy::ExchangeCapture;
use super::otlp::{Encoding, Signal};
use super::*;
use crate::domain::{
    FinishReason, Message, Parameters, Response, Role, Sensitive, Timestamp, Tool,
};
use crate::wire::json::{FromLine, ToLine};
use crate::wire::{Bounds, contract, exchange_from_contract};

/// What every form can carry.
type Plain = (
    String,
    Vec<(Role, String)>,
    Vec<String>,
    Parameters,
    Response,
);

/// Texts with what forms differ in: escapes, astral characters, quotes, a lone line break.
fn text() -> impl Strategy<Value = String> {
    "[a-z\"\\\\ \n\u{e9}\u{4e2d}\u{1f600}]{1,40}"
        .prop_filter("blank", |text| !text.trim().is_empty())
}

/// An exchange that proptest can show: by its line.
#[derive(Clone)]
struct Shown(Exchange);

impl std::fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut line = Vec::new();
        self.0.to_line(&mut line);
        formatter.write_str(&String::from_utf8_lossy(&line))
    }
}

fn exchange() -> impl Strategy<Value = Shown> {
    let turns = prop::collection::vec(
        (
            prop::sample::select(vec![Role::User, Role::Assistant]),
            text(),
        ),
        1..5,
    );
    let reason = prop::sample::select(vec![
        FinishReason::Stop,
        FinishReason::Length,
        FinishReason::ContentFilter,
    ]);
    let settings = (prop::option::of(0_u8..8), prop::option::of(1_u32..9_999));
    let tools = prop::collection::vec("[a-z_]{1,9}", 0..3);
    (
        prop::option::of(text()),
        turns,
        tools,
        settings,
        reason,
        text(),
        (0_u64..9_999, 0_u64..9_999),
    )
        .prop_map(
            |(system, turns, tools, (temperature, max_tokens), reason, answer, tokens)| {
                Shown(Exchange {
                    id: Some("id-1".to_owned()),
                    time: Timestamp::from_micros(1_790_000_000_000_000),
                    account: "acc".to_owned(),
                    model: "m-1".to_owned(),
                    system: system.map(Sensitive::new),
                    messages: turns
                        .into_iter()
                        .map(|(role, text)| Message {
                            role,
                            content: text.into(),
                        })
                        .collect(),
                    tools: tools.iter().map(|name| Tool::from(name.as_str())).collect(),
                    parameters: Parameters {
                        // Eighths are the same number in text and in memory.
                        temperature: temperature.map(|eighths| f32::from(eighths) / 8.0),
                        max_tokens,
                        ..Parameters::default()
                    },
                    response: Response {
                        text: Some(answer.into()),
                        finish_reason: Some(reason),
                        status: Some(200),
                        input_tokens: Some(tokens.0),
                        output_tokens: Some(tokens.1),
                        ..Response::default()
                    },
                    ..Exchange::default()
                })
            },
        )
}

fn plain(exchange: &Exchange) -> (Plain, Option<u16>) {
    let system = exchange
        .system
        .as_ref()
        .map(|text| (Role::System, text.expose().clone()));
    let turns = exchange
        .messages
        .iter()
        .map(|m| (m.role, m.content.expose().clone()));
    let response = &exchange.response;
    (
        (
            format!("{} {}", exchange.account, exchange.model),
            system.into_iter().chain(turns).collect(),
            exchange
                .tools
                .iter()
                .map(|tool| tool.name.clone())
                .collect(),
            exchange.parameters.clone(),
            Response {
                status: None,
                ..response.clone()
            },
        ),
        response.status,
    )
}

/// The request as `OpenAI`'s chat completions has it, and its answer.
fn chat_bodies(exchange: &Exchange) -> (Value, Value) {
    let system = exchange
        .system
        .as_ref()
        .map(|text| json!({"role": "system", "content": text.expose()}));
    let turns = exchange
        .messages
        .iter()
        .map(|m| json!({"role": m.role.name(), "content": [{"type": "text", "text": m.content.expose()}]}));
    let tools: Vec<Value> = exchange
        .tools
        .iter()
        .map(|tool| json!({"type": "function", "function": {"name": tool.name}}))
        .collect();
    let response = &exchange.response;
    let request = json!({
        "model": exchange.model,
        "messages": system.into_iter().chain(turns).collect::<Vec<_>>(),
        "tools": tools,
        "temperature": exchange.parameters.temperature,
        "max_tokens": exchange.parameters.max_tokens,
    });
    let answer = json!({
        "model": exchange.model,
        "choices": [{
            "finish_reason": response.finish_reason.map(FinishReason::name),
            "message": {"role": "assistant", "content": response.text.as_ref().map(Sensitive::expose)},
        }],
        "usage": {"prompt_tokens": response.input_tokens, "completion_tokens": response.output_tokens},
    });
    (request, answer)
}

/// Reads the exchange through every door.
#[expect(clippy::too_many_lines, reason = "one form after another, each once")]
fn through_every_door(exchange: &Exchange) -> Vec<(&'static str, Exchange)> {
    let (bounds, order) = (Bounds::STANDARD, AccountOrder::beginning_with(Party::Key));
    let context = Context {
        received: exchange.time,
        bounds: &bounds,
        accounts: &order,
        shortened: false,
    };
    let mut line = Vec::new();
    exchange.to_line(&mut line);
    let json: contract::Exchange = serde_json::from_slice(&line).expect("JSON");
    let encoded = json.encode_to_vec();
    let protobuf = contract::Exchange::decode_from_slice(&encoded).expect("protobuf");
    let (request, answer) = chat_bodies(exchange);

    let record = json!({
        "litellm_call_id": "id-1", "startTime": exchange.time.as_seconds(), "call_type": "acompletion", "status": "success",
        "metadata": {"user_api_key_hash": "acc"}, "model": exchange.model, "messages": request["messages"],
        "model_parameters": request, "response": answer,
    });
    let litellm = litellm_log::read(record.to_string().as_bytes(), &context).expect("a record");
    let litellm = litellm
        .into_iter()
        .next()
        .expect("one")
        .ok()
        .expect("an exchange");

    let hook = json!({
        "eventType": "afterRequestHook", "metadata": {"account": "acc"}, "request": {"json": request},
        "response": {"json": answer, "statusCode": 200},
    });
    let portkey = portkey::read(hook.to_string().as_bytes(), &context)
        .expect("a hook")
        .call
        .exchange;

    let string = |text: &str| json!({"stringValue": text});
    let parts = |role: &str, text: &Value| json!({"role": role, "parts": [{"type": "text", "content": text}]});
    let input: Vec<Value> = request["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|m| {
            let text = m["content"]
                .get(0)
                .map_or(&m["content"], |part| &part["text"]);
            parts(m["role"].as_str().unwrap_or_default(), text)
        })
        .collect();
    let output = json!([parts(
        "assistant",
        &answer["choices"][0]["message"]["content"]
    )])
    .to_string();
    let mut attributes = vec![
        json!({"key": "gen_ai.operation.name", "value": string("chat")}),
        json!({"key": "stillwatch.account", "value": string("acc")}),
        json!({"key": "gen_ai.request.model", "value": string(&exchange.model)}),
        json!({"key": "gen_ai.input.messages", "value": string(&json!(input).to_string())}),
        json!({"key": "gen_ai.output.messages", "value": string(&output)}),
        json!({"key": "gen_ai.tool.definitions", "value": string(&request["tools"].to_string())}),
        json!({"key": "gen_ai.response.finish_reasons", "value": {"arrayValue": {"values": [
            string(answer["choices"][0]["finish_reason"].as_str().unwrap_or_default())]}}}),
        json!({"key": "gen_ai.usage.input_tokens", "value": {"intValue": exchange.response.input_tokens}}),
        json!({"key": "gen_ai.usage.output_tokens", "value": {"intValue": exchange.response.output_tokens}}),
    ];
    for (name, value) in [
        ("temperature", &request["temperature"]),
        ("max_tokens", &request["max_tokens"]),
    ] {
        if !value.is_null() {
            attributes.push(
                json!({"key": format!("gen_ai.request.{name}"), "value": {"doubleValue": value}}),
            );
        }
    }
    let span = json!({"name": "chat", "spanId": "01", "startTimeUnixNano": "1790000000000000000", "attributes": attributes});
    let export = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).to_string();
    let otlp =
        otlp::read(export.as_bytes(), Signal::Traces, Encoding::Json, &context).expect("an export");
    assert_eq!(otlp.rejected, 0, "{:?}", otlp.reason);

    let mut capture = ExchangeCapture::within(1 << 20);
    let head = [
        (":method", "POST"),
        (":path", "/v1/chat/completions"),
        ("x-account-id", "acc"),
    ];
    let fields =
        |head: &'static [(&str, &str)]| head.iter().map(|(name, value)| (*name, value.as_bytes()));
    capture.request_head(
        head.iter().map(|(name, value)| (*name, value.as_bytes())),
        "authorization",
        &bounds,
    );
    capture.request_body(request.to_string().as_bytes());
    capture.response_head(fields(&[
        (":status", "200"),
        ("content-type", "application/json"),
    ]));
    capture.response_body(answer.to_string().as_bytes());
    let envoy = capture
        .exchanges("acc", exchange.time, &bounds)
        .remove(0)
        .exchange;

    vec![
        (
            "log line",
            Exchange::from_line(&line).expect("a line").record,
        ),
        (
            "JSON",
            exchange_from_contract(json, exchange.time, &bounds).expect("JSON of the contract"),
        ),
        (
            "protobuf",
            exchange_from_contract(protobuf, exchange.time, &bounds).expect("protobuf"),
        ),
        ("LiteLLM's log", litellm),
        ("Portkey", portkey),
        ("OTLP", otlp.exchanges.into_iter().next().expect("one")),
        ("Envoy", envoy),
    ]
}

proptest! {
    #[test]
    fn one_exchange_is_the_same_through_every_door(Shown(exchange) in exchange()) {
        let (expected, status) = plain(&exchange);
        for (door, read) in through_every_door(&exchange) {
            let (read, read_status) = plain(&read);
            prop_assert!(read.0 == expected.0, "{}: account and model", door);
            prop_assert_eq!(&read.1, &expected.1, "{}", door);
            prop_assert_eq!(&read.2, &expected.2, "{}", door);
            prop_assert_eq!(&read.3, &expected.3, "{}", door);
            prop_assert!(read.4.text == expected.4.text, "{}: answer", door);
            prop_assert_eq!(read.4.finish_reason, expected.4.finish_reason, "{}", door);
            prop_assert_eq!(read.4.input_tokens, expected.4.input_tokens, "{}", door);
            prop_assert_eq!(read.4.output_tokens, expected.4.output_tokens, "{}", door);
            prop_assert_eq!(read_status, status, "{}", door);
        }
    }
}
