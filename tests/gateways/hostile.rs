//! Hostile bodies: each gets a response that quotes nothing, and the server keeps running.

use serde_json::{Value, json};
use stillwatch::internals::server::HookSettings;

use crate::emitted::Message;
use crate::fixture::{Answer, CANARY, Running};
use crate::formats::request;

const PATHS: [&str; 7] = [
    "/beta/litellm_basic_guardrail_api",
    "/portkey/webhook",
    "/agentgateway/request",
    "/v1/moderations",
    "/v1/ingest/litellm",
    "/v1/traces",
    "/v1/logs",
];

fn discreet(path: &str, answer: &Answer) {
    let shown = format!(
        "{:?} {}",
        answer.headers,
        String::from_utf8_lossy(&answer.body)
    );
    assert!(!shown.contains(CANARY), "{path}: {shown}");
    assert!(answer.status.as_u16() < 500, "{path}: {shown}");
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused_without_a_word_of_them() {
    let server = Running::with(HookSettings::default()).await;
    let bodies = [
        String::new(),
        CANARY.to_owned(),
        format!("{{\"input_type\":\"{CANARY}"),
        format!("{}\"{CANARY}\"", "[".repeat(100_000)),
        format!("{{\"{CANARY}\":}}"),
    ];
    for path in PATHS {
        for body in &bodies {
            let answer = server.send(path, &[], body.clone()).await;
            assert_eq!(answer.status, 400, "{path}");
            assert_eq!(
                answer.json()["details"][0]["debug"]["reason"],
                "malformed_body"
            );
            discreet(path, &answer);
        }
        let answer = server
            .send(path, &[("content-type", "text/plain")], "{}")
            .await;
        assert_eq!(answer.status, 415, "{path}");
    }
}

#[tokio::test]
async fn wrong_types_and_missing_names_pass_requests_through() {
    let server = Running::with(HookSettings::default()).await;
    let whole = request("c", "key-1", CANARY);
    let fields: Vec<String> = whole
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    let wrong = [
        json!(null),
        json!(7),
        json!([7]),
        json!({"x": [CANARY]}),
        json!(CANARY),
    ];
    for field in &fields {
        for value in &wrong {
            let mut body = whole.clone();
            body[field] = value.clone();
            let answer = server.post(PATHS[0], &body).await;
            assert_eq!(answer.json(), json!({"action": "NONE"}), "{field}: {value}");
        }
    }
    for body in [json!({}), json!([]), json!(7), json!(CANARY), json!(null)] {
        let answer = server.post(PATHS[0], &body).await;
        assert_eq!(answer.json(), json!({"action": "NONE"}), "{body}");
        let answer = server.post(PATHS[1], &body).await;
        assert_eq!(answer.json(), json!({"verdict": true}), "{body}");
        for path in PATHS {
            discreet(path, &server.post(path, &body).await);
        }
    }
}

#[tokio::test]
async fn ids_that_are_numbers_are_ids() {
    let server = Running::with(HookSettings::default()).await;
    let mut body = request("c", "key", "Sing.");
    body["litellm_call_id"] = json!(42);
    body["request_data"] = json!({"user_api_key_hash": 9_007_199_254_740_993_u64});
    server.post(PATHS[0], &body).await;
    let counted = server.stopped().await.counted();
    assert_eq!(counted[0].id.as_deref(), Some("42"));
    assert_eq!(counted[0].account, "9007199254740993");
}

#[tokio::test]
async fn deep_and_huge_bodies_are_read_or_refused() {
    let server = Running::with(HookSettings::default()).await;
    let mut deep = request("c", "key", "Sing.").to_string();
    let nested = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    deep = deep.replace("\"parameters\":{}", &format!("\"parameters\":{nested}"));
    let answer = server.send(PATHS[0], &[], deep).await;
    assert_eq!(answer.json(), json!({"action": "NONE"}));
    let long = request("c-2", "key", &"x".repeat(9 * 1024 * 1024));
    let answer = server.post(PATHS[0], &long).await;
    assert_eq!(
        answer.json(),
        json!({"action": "NONE"}),
        "shortened, and counted"
    );
    let many = format!("[{}0]", "0,".repeat(2_000_000));
    for path in ["/v1/ingest/litellm", "/v1/traces", "/v1/moderations"] {
        let answer = server.send(path, &[], many.clone()).await;
        assert_eq!(answer.status, 400, "{path}");
        discreet(path, &answer);
    }
    let many = json!(vec![json!({}); 3_000]).to_string();
    assert_eq!(
        server.send("/v1/ingest/litellm", &[], many).await.status,
        400
    );
    let long_name = request("c", &"k".repeat(5_000), "Sing.");
    let answer = server.post(PATHS[0], &long_name).await;
    assert_eq!(
        answer.json(),
        json!({"action": "NONE"}),
        "and nothing is counted"
    );
    assert_eq!(server.stopped().await.counted().len(), 2);
}

#[tokio::test]
async fn protobuf_that_is_none_is_refused_and_empty_spans_cost_nothing() {
    let server = Running::with(HookSettings::default()).await;
    let proto = [("content-type", "application/x-protobuf")];
    for body in [&[0xff][..], &[0x0a, 0x7f], &[0x0b, 0x0c], CANARY.as_bytes()] {
        let answer = server.send("/v1/traces", &proto, body.to_vec()).await;
        assert_eq!(answer.status, 400);
        discreet("/v1/traces", &answer);
    }
    // Four million spans of two bytes each.
    let scope = Message::default().bytes(2, b"").0.repeat(4_000_000);
    let resource = Message::default().bytes(2, &scope);
    let body = Message::default().bytes(1, &resource.0).0;
    let answer = server.send("/v1/traces", &proto, body).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    // Values nested ten thousand levels deep.
    let value = (0..10_000).fold(Message::default().bytes(1, b"x"), |inner, _| {
        Message::default().bytes(5, &Message::default().bytes(1, &inner.0).0)
    });
    let attribute = Message::default()
        .bytes(1, b"gen_ai.input.messages")
        .bytes(2, &value.0);
    let span = Message::default().bytes(9, &attribute.0);
    let scope = Message::default().bytes(2, &span.0);
    let resource = Message::default().bytes(2, &scope.0);
    let body = Message::default().bytes(1, &resource.0).0;
    assert_eq!(server.send("/v1/traces", &proto, body).await.status, 200);
}

#[tokio::test]
async fn other_methods_are_answered_with_the_allowed_one() {
    let server = Running::with(HookSettings::default()).await;
    let answer: Value = crate::fixture::get(server.address, PATHS[0]).await.json();
    assert_eq!(
        answer["details"][0]["debug"]["reason"],
        "method_not_allowed"
    );
}
