//! Tests of OTLP bodies as three emitters write them, in protobuf and JSON, plain and compressed.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use stillwatch::internals::domain::{FinishReason, Role};
use stillwatch::internals::server::{HookSettings, Limits};

use crate::fixture::{CANARY, Counted, Running};

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

/// Builder of a protobuf message.
#[derive(Clone, Default)]
pub(crate) struct Message(pub(crate) Vec<u8>);

impl Message {
    fn varint(mut self, mut number: u64) -> Self {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
        self
    }

    fn fixed64(self, field: u64, number: u64) -> Self {
        let mut message = self.varint(field << 3 | 1);
        message.0.extend(number.to_le_bytes());
        message
    }

    pub(crate) fn bytes(self, field: u64, bytes: &[u8]) -> Self {
        let mut message = self.varint(field << 3 | 2).varint(bytes.len() as u64);
        message.0.extend(bytes);
        message
    }

    fn attribute(self, field: u64, name: &str, value: &Value) -> Self {
        let any = match value {
            Value::String(text) => Self::default().bytes(1, text.as_bytes()),
            Value::Number(number) if number.is_u64() => Self::default()
                .varint(3 << 3)
                .varint(number.as_u64().expect("checked")),
            Value::Number(number) => {
                Self::default().fixed64(4, number.as_f64().expect("a number").to_bits())
            }
            Value::Array(items) => {
                let list = items.iter().fold(Self::default(), |list, item| {
                    let text = item.as_str().expect("a list of strings");
                    list.bytes(1, &Self::default().bytes(1, text.as_bytes()).0)
                });
                Self::default().bytes(5, &list.0)
            }
            other => panic!("unsupported attribute {other}"),
        };
        let pair = Self::default().bytes(1, name.as_bytes()).bytes(2, &any.0);
        self.bytes(field, &pair.0)
    }
}

type Attributes<'a> = &'a [(&'a str, Value)];

const NANOS: u64 = 1_780_000_000_250_000_000;

fn protobuf_traces(attributes: Attributes<'_>) -> Vec<u8> {
    let span = Message::default()
        .bytes(1, &[0xab; 16])
        .bytes(2, &[0xcd; 8])
        .bytes(5, b"chat")
        .fixed64(7, NANOS);
    let add = |span: Message, (name, value): &(&str, Value)| span.attribute(9, name, value);
    let span = attributes.iter().fold(span, add);
    let scope = Message::default().bytes(2, &span.0);
    let resource = Message::default().bytes(1, b"").bytes(2, &scope.0);
    Message::default().bytes(1, &resource.0).0
}

fn protobuf_logs(attributes: Attributes<'_>) -> Vec<u8> {
    let record = Message::default().fixed64(11, NANOS).bytes(12, b"gen_ai.x");
    let add = |record: Message, (name, value): &(&str, Value)| record.attribute(6, name, value);
    let record = attributes
        .iter()
        .fold(record, add)
        .bytes(9, &[0xab; 16])
        .bytes(10, &[0xcd; 8]);
    let scope = Message::default().bytes(2, &record.0);
    let resource = Message::default().bytes(2, &scope.0);
    Message::default().bytes(1, &resource.0).0
}

fn json_attributes(attributes: Attributes<'_>) -> Vec<Value> {
    let value = |value: &Value| match value {
        Value::String(text) => json!({"stringValue": text}),
        Value::Number(number) if number.is_u64() => json!({"intValue": number.to_string()}),
        Value::Number(number) => json!({"doubleValue": number}),
        Value::Array(items) => {
            let items: Vec<Value> = items
                .iter()
                .map(|item| json!({"stringValue": item}))
                .collect();
            json!({"arrayValue": {"values": items}})
        }
        other => panic!("unsupported attribute {other}"),
    };
    let pair = |(name, of): &(&str, Value)| json!({"key": name, "value": value(of)});
    attributes.iter().map(pair).collect()
}

fn json_traces(attributes: Attributes<'_>) -> Value {
    json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": "abababababababababababababababab",
        "spanId": "cdcdcdcdcdcdcdcd",
        "name": "chat",
        "startTimeUnixNano": NANOS.to_string(),
        "attributes": json_attributes(attributes),
    }]}]}]})
}

fn json_logs(attributes: Attributes<'_>) -> Value {
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{
        "traceId": "abababababababababababababababab",
        "spanId": "cdcdcdcdcdcdcdcd",
        "timeUnixNano": "0",
        "observedTimeUnixNano": NANOS.to_string(),
        "attributes": json_attributes(attributes),
    }]}]}]})
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(body).expect("memory");
    gzip.finish().expect("memory")
}

/// Returns attributes in the current conventions, as LiteLLM's callback writes them.
fn of_litellm() -> Vec<(&'static str, Value)> {
    vec![
        ("gen_ai.conversation.id", json!("talk-1")),
        ("gen_ai.operation.name", json!("chat")),
        ("gen_ai.request.model", json!("house-model")),
        ("gen_ai.request.temperature", json!(0.5)),
        ("litellm.call_id", json!("c-1")),
        ("metadata.user_api_key_hash", json!("key-1")),
        ("metadata.user_api_key_end_user_id", json!("")),
        ("llm.user", json!("end-3")),
        (
            "gen_ai.system_instructions",
            json!(r#"[{"type":"text","content":"Answer in verse."}]"#),
        ),
        (
            "gen_ai.input.messages",
            json!(r#"[{"role":"user","parts":[{"type":"text","content":"Sing of dew."}]}]"#),
        ),
        (
            "gen_ai.output.messages",
            json!(r#"[{"role":"assistant","parts":[{"type":"text","content":"Dew."}]}]"#),
        ),
        ("gen_ai.response.finish_reasons", json!(r#"["length"]"#)),
        ("gen_ai.usage.input_tokens", json!(4)),
        ("gen_ai.usage.output_tokens", json!(2)),
    ]
}

/// Returns attributes in the older conventions, as OpenLLMetry wrote them.
fn of_openllmetry() -> Vec<(&'static str, Value)> {
    vec![
        (
            "traceloop.association.properties.session_id",
            json!("talk-1"),
        ),
        ("gen_ai.system", json!("openai")),
        ("gen_ai.request.model", json!("house-model")),
        ("gen_ai.request.temperature", json!(0.5)),
        ("gen_ai.response.id", json!("c-1")),
        ("traceloop.association.properties.user_id", json!("key-1")),
        ("gen_ai.prompt.1.role", json!("user")),
        (
            "gen_ai.prompt.1.content",
            json!(r#"[{"type":"text","text":"Sing of dew."}]"#),
        ),
        ("gen_ai.prompt.0.role", json!("system")),
        ("gen_ai.prompt.0.content", json!("Answer in verse.")),
        ("gen_ai.completion.0.role", json!("assistant")),
        ("gen_ai.completion.0.content", json!("Dew.")),
        ("gen_ai.completion.0.finish_reason", json!("length")),
        ("gen_ai.usage.prompt_tokens", json!(4)),
        ("gen_ai.usage.completion_tokens", json!(2)),
    ]
}

fn of_langfuse() -> Vec<(&'static str, Value)> {
    vec![
        ("session.id", json!("talk-1")),
        ("langfuse.observation.type", json!("generation")),
        ("langfuse.observation.model.name", json!("house-model")),
        (
            "langfuse.observation.model.parameters",
            json!(r#"{"temperature":0.5,"max_tokens":"Infinity"}"#),
        ),
        (
            "langfuse.observation.metadata.langfuse_user_id",
            json!("\"key-1\""),
        ),
        (
            "langfuse.observation.input",
            json!(
                r#"[{"role":"system","content":"Answer in verse."},{"role":"user","content":"Sing of dew."}]"#
            ),
        ),
        (
            "langfuse.observation.output",
            json!(r#"{"role":"assistant","content":"Dew."}"#),
        ),
        (
            "langfuse.observation.usage_details",
            json!(r#"{"prompt_tokens":4,"completion_tokens":2}"#),
        ),
        ("gen_ai.response.id", json!("c-1")),
        ("gen_ai.response.finish_reasons", json!(["length"])),
    ]
}

fn check(counted: &[Counted]) {
    assert_eq!(counted.len(), 1);
    let counted = &counted[0];
    assert_eq!(counted.id.as_deref(), Some("c-1"));
    assert_eq!(
        (counted.account.as_str(), counted.model.as_str()),
        ("key-1", "house-model")
    );
    assert_eq!(
        counted.messages,
        [
            (Role::System, "Answer in verse.".to_owned()),
            (Role::User, "Sing of dew.".to_owned()),
        ]
    );
    assert_eq!(counted.answer.as_deref(), Some("Dew."));
    assert_eq!(counted.finish_reason, Some(FinishReason::Length));
    assert_eq!(
        (counted.status, counted.tokens),
        (Some(200), (Some(4), Some(2)))
    );
    assert_eq!(counted.temperature, Some(0.5));
    assert_eq!(counted.conversation.as_deref(), Some("talk-1"));
    assert_eq!(counted.micros, 1_780_000_000_250_000);
}

#[tokio::test]
async fn every_emitter_is_read_alike_in_both_encodings_and_signals() {
    for attributes in [of_litellm(), of_openllmetry(), of_langfuse()] {
        for (path, proto, plain) in [
            (
                "/v1/traces",
                protobuf_traces(&attributes),
                json_traces(&attributes),
            ),
            (
                "/api/public/otel/v1/traces",
                protobuf_traces(&attributes),
                json_traces(&attributes),
            ),
            (
                "/v1/logs",
                protobuf_logs(&attributes),
                json_logs(&attributes),
            ),
        ] {
            let server = Running::with(HookSettings::default()).await;
            let answer = server.send(path, &[PROTOBUF], proto.clone()).await;
            assert_eq!(
                (answer.status.as_u16(), &*answer.body),
                (200, &b""[..]),
                "{path}"
            );
            assert_eq!(answer.headers["content-type"], "application/x-protobuf");
            check(&server.scorer.counted());
            let server = Running::with(HookSettings::default()).await;
            let answer = server.post(path, &plain).await;
            assert_eq!(answer.json(), json!({}));
            check(&server.scorer.counted());
            let server = Running::with(HookSettings::default()).await;
            let gzip = [PROTOBUF, ("content-encoding", "gzip")];
            let answer = server.send(path, &gzip, packed(&proto)).await;
            assert_eq!(answer.status, 200);
            check(&server.scorer.counted());
        }
    }
}

#[tokio::test]
async fn unusable_records_are_counted_and_reported() {
    let server = Running::with(HookSettings::default()).await;
    let nobody: Vec<_> = of_litellm()
        .into_iter()
        .filter(|(name, _)| !name.starts_with("metadata.") && *name != "llm.user")
        .collect();
    let answer = server.post("/v1/traces", &json_traces(&nobody)).await;
    let partial = json!({"rejectedSpans": "1", "errorMessage": "`account` is required"});
    assert_eq!(answer.json(), json!({"partialSuccess": partial}));
    let answer = server
        .send("/v1/traces", &[PROTOBUF], protobuf_traces(&nobody))
        .await;
    let message = b"`account` is required";
    let partial = Message(vec![1 << 3, 1]).bytes(2, message);
    assert_eq!(&*answer.body, Message::default().bytes(1, &partial.0).0);
    let answer = server.post("/v1/logs", &json_logs(&nobody)).await;
    assert_eq!(answer.json()["partialSuccess"]["rejectedLogRecords"], "1");
    let unusable = [
        ("gen_ai.operation.name", json!("chat")),
        ("gen_ai.user", json!("u")),
    ];
    let answer = server.post("/v1/traces", &json_traces(&unusable)).await;
    assert_eq!(answer.json()["partialSuccess"]["rejectedSpans"], "1");
    assert!(server.scorer.counted().is_empty());
}

#[tokio::test]
async fn spans_of_other_things_are_accepted_and_forgotten() {
    let server = Running::with(HookSettings::default()).await;
    let http = [("http.route", json!("/x")), ("user.id", json!("u"))];
    assert_eq!(
        server.post("/v1/traces", &json_traces(&http)).await.json(),
        json!({})
    );
    let tool = [
        ("gen_ai.operation.name", json!("execute_tool")),
        ("gen_ai.input.messages", json!("[]")),
    ];
    assert_eq!(
        server.post("/v1/traces", &json_traces(&tool)).await.json(),
        json!({})
    );
    for empty in [
        json!({}),
        json!({"resourceSpans": 7}),
        json!({"resourceSpans": [7]}),
    ] {
        assert_eq!(server.post("/v1/traces", &empty).await.json(), json!({}));
    }
    assert_eq!(server.send("/v1/traces", &[PROTOBUF], "").await.status, 200);
    assert!(server.scorer.counted().is_empty());
}

#[tokio::test]
async fn a_compressed_body_is_bounded_by_its_decompressed_size() {
    let server = Running::within(Limits {
        body_bytes_max: 100_000,
        ..Limits::default()
    })
    .await;
    let gzip = [("content-encoding", "gzip")];
    let bomb = packed(&vec![b' '; 20_000_000]);
    assert!(bomb.len() < 100_000, "or it is no bomb");
    let twice = packed(&vec![b' '; 60_000]).repeat(2);
    let fits = packed(format!("{}{{}}", " ".repeat(90_000)).as_bytes());
    for (body, status) in [(bomb, 413), (twice, 413), (fits, 200)] {
        assert_eq!(server.send("/v1/traces", &gzip, body).await.status, status);
    }
    let broken = packed(format!("{{\"{CANARY}\":1}}").as_bytes());
    let answer = server
        .send("/v1/traces", &gzip, broken[..broken.len() - 12].to_vec())
        .await;
    assert_eq!(answer.status, 400);
    assert!(!String::from_utf8_lossy(&answer.body).contains(CANARY));
    let other = [("content-encoding", "br")];
    assert_eq!(server.send("/v1/traces", &other, "{}").await.status, 415);
}
