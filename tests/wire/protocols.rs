//! Tests that every protocol gives the same answers.

use std::io::Write;

use hyper::{Method, StatusCode};
use serde_json::json;

use crate::client::{
    BATCH, GRPC, SCORE, decode, encode, frame, get, grpc, grpc_web, http1, http2, post_json,
    unframe,
};
use crate::fixture::{Running, exchange};

#[tokio::test]
async fn one_call_has_one_answer_on_every_protocol() {
    let server = Running::start().await;
    let at = server.address;
    let call = exchange("acc-1");
    let message = encode("stillwatch.v1.Exchange", &call);

    let json = post_json(at, SCORE, call.to_string()).await;
    let alias = post_json(at, "/v1/score", call.to_string()).await;
    assert_eq!(alias.status, StatusCode::OK);
    assert_eq!(alias.body, json.body, "the alias is the same method");

    let proto_type = [("content-type", "application/proto")];
    let connect = http1(at, Method::POST, SCORE, &proto_type, message.clone()).await;
    let connect_http2 = http2(at, SCORE, &proto_type, message.clone()).await;
    let over_grpc = grpc(at, SCORE, &message).await;
    let over_web = grpc_web(at, SCORE, &message).await;
    assert_eq!(over_grpc.grpc_status().0, 0);
    assert_eq!(over_web.grpc_status().0, 0);
    assert_eq!(connect.body, connect_http2.body);
    assert_eq!(&connect.body[..], unframe(&over_grpc.body));
    assert_eq!(&connect.body[..], unframe(&over_web.body));
    assert_eq!(
        decode("stillwatch.v1.Assessment", &connect.body),
        json.json()
    );
}

#[tokio::test]
async fn the_answer_has_the_names_of_the_assessments_file_and_sends_zero() {
    let server = Running::start().await;
    let answer = post_json(server.address, "/v1/score", exchange("acc-1").to_string()).await;
    assert_eq!(
        answer.json(),
        json!({
            "exchange": "ex-1",
            "account": "acc-1",
            "time": "2026-05-01T12:00:00.123Z",
            "exchange_count": u32::MAX,
            "risk": 0.0,
            "risk_low": 0.0,
            "risk_high": 0.25,
            "band": "low",
            "recommendation": "watch",
            "mitigations": ["summarize_reasoning", "rate_limit"],
            "techniques": {"reasoning_harvest": {"risk": 0.0}, "dataset_synthesis": {"risk": 0.1}},
            "conversation_risk": 0.5,
            "reasons": [{
                "code": "text_bytes", "observed": 5.0, "expected": 1.0, "baseline_of": "population",
                "contribution": 0.0, "text": "0 tools",
            }],
            "base": -1.5,
            "score": -1.5,
            "truncated": false,
            "duplicate": false,
            "bundle": "fake@1",
        })
    );
}

#[tokio::test]
async fn a_line_of_a_traffic_log_is_a_request() {
    let server = Running::start().await;
    let line = r#"{"id":"ex-1","time":"2026-05-01T14:00:00+02:00","account":"acc-1","organization":"org-1","conversation":"conv-1",
        "model":"opus-4.6","system":"be brief","unknown":{"deep":[1,2]},"parent":null,
        "messages":[{"role":"system","content":"ab","name":"x"},
                    {"role":"user","content":[{"type":"text","text":"cd"},{"type":"image_url","image_url":{"url":"u"}},{"type":"text","text":"ef"}]},
                    {"role":"assistant","content":null,"tool_calls":[{"id":"t"}]}],
        "tools":["search","run"],
        "parameters":{"temperature":1.0,"max_tokens":4096,"n":1,"response_format":"json_schema","reasoning_effort":"high","logprobs":false},
        "response":{"text":"...","finish_reason":"stop","status":200,"input_tokens":120,"output_tokens":800},
        "client":{"ip":"203.0.113.7","user_agent":"...","tls_fingerprint":"...","api_key":"key-7","payment":"pay-3"}}"#;
    for path in ["/v1/score", SCORE] {
        let answer = post_json(server.address, path, line).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.everything());
        let reason = &answer.json()["reasons"][0];
        assert_eq!(reason["observed"], 7.0, "2 + `cd`, newline, `ef` + 0 bytes");
        assert_eq!(reason["expected"], 3.0);
        assert_eq!(reason["text"], "2 tools");
        assert_eq!(answer.json()["time"], "2026-05-01T12:00:00Z");
    }
}

#[tokio::test]
async fn both_spellings_of_a_name_are_read_and_an_absent_time_is_the_servers() {
    let server = Running::start().await;
    let call = r#"{"account":"a","model":"m","messages":[{"role":"user"}],
        "parameters":{"maxTokens":1},"client":{"userAgent":"u","apiKey":"k"},"response":{"finishReason":"stop"}}"#;
    let answer = post_json(server.address, "/v1/score", call).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.everything());
    let time = answer.json()["time"]
        .as_str()
        .map(str::to_owned)
        .expect("a time");
    assert!(
        stillwatch::internals::wire::parse_time(&time)
            .is_some_and(|time| time.as_micros() > 1_700_000_000_000_000)
    );
}

#[tokio::test]
async fn a_bad_exchange_of_a_batch_loses_nothing_else() {
    let server = Running::start().await;
    let mut nameless = exchange("x");
    nameless["account"] = json!("");
    let batch = json!({"exchanges": [exchange("a"), nameless, exchange("fault"), exchange("b")]});
    let over_json = post_json(server.address, BATCH, batch.to_string()).await;
    let results = over_json.json()["results"].clone();
    assert_eq!(results[0]["assessment"]["account"], "a");
    assert_eq!(
        results[1]["error"],
        json!({
            "code": "invalid_argument",
            "message": "`account` is required",
            "details": [{
                "reason": "missing_field", "field": "account", "retryable": false,
                "documentation": "errors#missing_field",
            }],
        })
    );
    assert_eq!(results[2]["error"]["code"], "internal");
    assert_eq!(results[3]["assessment"]["account"], "b");
    assert_eq!(results.as_array().map(Vec::len), Some(4));

    let message = encode("stillwatch.v1.ScoreBatchRequest", &batch);
    let over_grpc = grpc(server.address, BATCH, &message).await;
    let decoded = decode("stillwatch.v1.ScoreBatchResponse", unframe(&over_grpc.body));
    assert_eq!(decoded, over_json.json());

    let empty = post_json(server.address, BATCH, "{}").await;
    assert_eq!((empty.status, empty.json()), (StatusCode::OK, json!({})));
}

const CHECK: &str = "/grpc.health.v1.Health/Check";

#[tokio::test]
async fn health_answers_for_the_process_and_the_service() {
    let server = Running::start().await;
    let service = b"stillwatch.v1.ScoringService";
    let mut named = vec![0x0a, u8::try_from(service.len()).expect("short")];
    named.extend_from_slice(service);
    for request in [&b""[..], &named] {
        let answer = grpc(server.address, CHECK, request).await;
        assert_eq!(answer.grpc_status().0, 0);
        assert_eq!(unframe(&answer.body), [0x08, 1], "SERVING");
    }
    let stranger = grpc(server.address, CHECK, b"\x0a\x01x").await;
    assert_eq!(stranger.grpc_status().0, 5, "NOT_FOUND");
    let over_json = post_json(server.address, CHECK, "{}").await;
    assert_eq!(over_json.json(), json!({"status": "SERVING"}));
}

#[tokio::test]
async fn reflection_lists_the_services_and_gives_the_contract() {
    let server = Running::start().await;
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let list_services = [0x3a, 1, b'*'];
        let answer = grpc(server.address, &path, &list_services).await;
        let listed = String::from_utf8_lossy(&answer.body).into_owned();
        for service in [
            "stillwatch.v1.ScoringService",
            "stillwatch.v1.AccountService",
            "stillwatch.v1.ModelService",
            "stillwatch.v1.LabelService",
            "stillwatch.v1.ReviewService",
            "grpc.reflection.v1.ServerReflection",
        ] {
            assert!(listed.contains(service), "{listed}");
        }
        let mut by_symbol = vec![0x22, 28];
        by_symbol.extend_from_slice(b"stillwatch.v1.ScoringService");
        let answer = grpc(server.address, &path, &by_symbol).await;
        assert!(String::from_utf8_lossy(&answer.body).contains("stillwatch/v1/exchange.proto"));
    }
}

#[tokio::test]
async fn a_compressed_body_is_unpacked_and_a_bomb_is_not() {
    let server = Running::start().await;
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let call = gzip(exchange("acc-1").to_string().as_bytes());
    let answer = http1(server.address, Method::POST, "/v1/score", &headers, call).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.everything());
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 1_000_000);
    let answer = http1(server.address, Method::POST, "/v1/score", &headers, bomb).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        answer.json()["details"][0]["debug"]["reason"],
        "body_too_large"
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

#[tokio::test]
async fn probes_answer() {
    let server = Running::start().await;
    for path in [
        "/livez",
        "/readyz",
        "/healthz",
        "/health",
        "/ping",
        "/v2/health/live",
        "/v2/health/ready",
    ] {
        assert_eq!(
            get(server.address, path).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
}

#[tokio::test]
async fn two_grpc_messages_in_a_unary_call_are_not_two_calls() {
    let server = Running::start().await;
    let message = encode("stillwatch.v1.Exchange", &exchange("a"));
    let mut twice = frame(&message);
    twice.extend_from_slice(&frame(&message));
    let answer = http2(server.address, SCORE, &GRPC, twice).await;
    assert_ne!(answer.grpc_status().0, 0);
    assert_eq!(
        server.fake.scored.load(std::sync::atomic::Ordering::SeqCst),
        0
    );
}
