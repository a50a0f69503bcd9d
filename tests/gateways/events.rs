//! Tests of log records that carry messages: whole calls, and calls of which each record carries one message.

use serde_json::{Value, json};
use stillwatch::internals::domain::{FinishReason, Role};
use stillwatch::internals::server::HookSettings;

use crate::emitted::{PROTOBUF, Record, json_logs, json_traces, protobuf_logs};
use crate::fixture::{Counted, Running};

fn user() -> Value {
    json!({"user.id": "customer-7", "gen_ai.system": "openai"})
}

/// The records of one call, one a message.
fn pieces(span: u8) -> Vec<Record> {
    let choice = json!({"index": 0, "finish_reason": "tool_calls",
                        "message": {"role": "assistant", "content": "Hail, hail."}});
    [
        Record::of_event(
            "gen_ai.system.message",
            json!({"content": "Answer in verse."}),
            user(),
        ),
        Record::of_event(
            "gen_ai.user.message",
            json!({"content": "Sing of hail."}),
            user(),
        ),
        Record::of_event("gen_ai.choice", choice, user()),
    ]
    .map(|record| record.span(span))
    .to_vec()
}

fn check(counted: &Counted) {
    assert_eq!(counted.account, "customer-7");
    assert_eq!(
        counted.messages,
        [
            (Role::System, "Answer in verse.".to_owned()),
            (Role::User, "Sing of hail.".to_owned()),
        ]
    );
    assert_eq!(counted.answer.as_deref(), Some("Hail, hail."));
}

#[tokio::test]
async fn the_log_records_of_one_call_are_one_exchange() {
    let server = Running::with(HookSettings::default()).await;
    // Two calls at once: their records arrive in turns.
    let (one, other) = (pieces(1), pieces(2));
    let mixed: Vec<Record> = one
        .into_iter()
        .zip(other)
        .flat_map(<[Record; 2]>::from)
        .collect();
    let answer = server.post("/v1/logs", &json_logs(&mixed)).await;
    assert_eq!(answer.json(), json!({}));
    let body = protobuf_logs(&pieces(3));
    assert_eq!(server.send("/v1/logs", &[PROTOBUF], body).await.status, 200);
    let counted = server.scorer.counted();
    assert_eq!(counted.len(), 3);
    for call in &counted {
        check(call);
        assert_eq!(call.finish_reason, Some(FinishReason::ToolCalls));
    }
}

#[tokio::test]
async fn across_bodies_each_record_with_messages_is_an_exchange() {
    let server = Running::with(HookSettings::default()).await;
    let [system, asked, choice] = pieces(1).try_into().ok().expect("three records");
    for record in [system, asked] {
        let answer = server.post("/v1/logs", &json_logs(&[record])).await;
        assert_eq!(answer.json(), json!({}));
    }
    let answer = server.post("/v1/logs", &json_logs(&[choice])).await;
    assert_eq!(
        answer.json()["partialSuccess"]["errorMessage"],
        "`messages` is required"
    );
    assert_eq!(server.scorer.counted().len(), 2);
}

#[tokio::test]
async fn a_whole_call_in_a_log_record_counts_once_beside_its_span() {
    let mut attributes = user();
    attributes["gen_ai.operation.name"] = json!("chat");
    attributes["gen_ai.input.messages"] = json!([
        {"role": "system", "parts": [{"type": "text", "content": "Answer in verse."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Sing of hail."}]},
    ]);
    attributes["gen_ai.output.messages"] =
        json!([{"role": "assistant", "parts": [{"type": "text", "content": "Hail, hail."}]}]);
    let event = "gen_ai.client.inference.operation.details";
    let server = Running::with(HookSettings::default()).await;
    let log = Record::of_event(event, Value::Null, attributes.clone());
    let answer = server.post("/v1/logs", &json_logs(&[log])).await;
    assert_eq!(answer.json(), json!({}));
    server
        .post(
            "/v1/traces",
            &json_traces(&[Record::of(attributes.clone())]),
        )
        .await;
    let counted = server.scorer.counted();
    assert_eq!(counted.len(), 1);
    check(&counted[0]);
    // Some emitters put all of it into the body.
    let server = Running::with(HookSettings::default()).await;
    let log = Record::of_event(event, attributes, user());
    server.post("/v1/logs", &json_logs(&[log])).await;
    check(&server.scorer.counted()[0]);
}

#[tokio::test]
async fn older_names_and_texts_of_events_are_read() {
    let mut named = user();
    named["event.name"] = json!("gen_ai.user.message");
    for record in [
        Record::of_event("", json!({"content": "Sing of hail."}), named.clone()),
        Record::of_event("", json!("Sing of hail."), named.clone()),
        Record::of_event(
            "",
            json!({"content": [{"type": "text", "text": "Sing of hail."}]}),
            named,
        ),
        Record::of_event(
            "gen_ai.user.message",
            json!(r#"{"content": "Sing of hail."}"#),
            user(),
        ),
    ] {
        let server = Running::with(HookSettings::default()).await;
        server.post("/v1/logs", &json_logs(&[record])).await;
        let counted = server.scorer.counted();
        assert_eq!(
            counted[0].messages,
            [(Role::User, "Sing of hail.".to_owned())]
        );
    }
}
