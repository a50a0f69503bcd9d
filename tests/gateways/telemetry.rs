//! Tests of OTLP bodies as three emitters write them, in protobuf and JSON, plain and compressed.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use stillwatch::internals::domain::{FinishReason, Role};
use stillwatch::internals::server::{HookSettings, Limits};

use crate::emitted::{
    Message, PROTOBUF, Record, json_logs, json_traces, protobuf_logs, protobuf_traces,
};
use crate::fixture::{CANARY, Counted, Running};

fn packed(body: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(body).expect("memory");
    gzip.finish().expect("memory")
}

fn records(attributes: &[(&str, Value)]) -> [Record; 1] {
    let fields = attributes.iter();
    let fields = fields.map(|(name, value)| ((*name).to_owned(), value.clone()));
    [Record::of(fields.collect::<serde_json::Map<_, _>>().into())]
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
        let attributes = records(&attributes);
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
    let answer = server
        .post("/v1/traces", &json_traces(&records(&nobody)))
        .await;
    let partial = json!({"rejectedSpans": "1", "errorMessage": "`account` is required"});
    assert_eq!(answer.json(), json!({"partialSuccess": partial}));
    let answer = server
        .send(
            "/v1/traces",
            &[PROTOBUF],
            protobuf_traces(&records(&nobody)),
        )
        .await;
    let message = b"`account` is required";
    let partial = Message(vec![1 << 3, 1]).bytes(2, message);
    assert_eq!(&*answer.body, Message::default().bytes(1, &partial.0).0);
    let answer = server.post("/v1/logs", &json_logs(&records(&nobody))).await;
    assert_eq!(answer.json()["partialSuccess"]["rejectedLogRecords"], "1");
    let unusable = [
        ("gen_ai.operation.name", json!("chat")),
        ("gen_ai.user", json!("u")),
    ];
    let answer = server
        .post("/v1/traces", &json_traces(&records(&unusable)))
        .await;
    assert_eq!(answer.json()["partialSuccess"]["rejectedSpans"], "1");
    assert!(server.scorer.counted().is_empty());
}

#[tokio::test]
async fn spans_of_other_things_are_accepted_and_forgotten() {
    let server = Running::with(HookSettings::default()).await;
    let http = [("http.route", json!("/x")), ("user.id", json!("u"))];
    assert_eq!(
        server
            .post("/v1/traces", &json_traces(&records(&http)))
            .await
            .json(),
        json!({})
    );
    let tool = [
        ("gen_ai.operation.name", json!("execute_tool")),
        ("gen_ai.input.messages", json!("[]")),
    ];
    assert_eq!(
        server
            .post("/v1/traces", &json_traces(&records(&tool)))
            .await
            .json(),
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
