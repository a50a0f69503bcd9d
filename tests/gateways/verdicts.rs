//! Tests of blocking: which accounts hooks decline, and what a response may reveal.

use serde_json::json;
use stillwatch::internals::domain::Recommendation;
use stillwatch::internals::server::{BlockFrom, HookSettings, Limits};

use crate::fixture::{Running, pseudonymizer};
use crate::formats::{request, webhook};

const GUARDRAIL: &str = "/beta/litellm_basic_guardrail_api";

fn blocking(block_from: BlockFrom) -> HookSettings {
    HookSettings {
        block_from,
        ..HookSettings::default()
    }
}

#[tokio::test]
async fn observing_declines_nobody() {
    let server = Running::with(HookSettings::default()).await;
    server
        .scorer
        .set_recommendation("bad", Recommendation::Restrict);
    let answer = server.post(GUARDRAIL, &request("c", "bad", "x")).await;
    assert_eq!(answer.json(), json!({"action": "NONE"}));
    let answer = server
        .post("/portkey/webhook", &webhook("beforeRequestHook", "bad"))
        .await;
    assert_eq!(answer.json(), json!({"verdict": true}));
}

#[tokio::test]
async fn blocking_declines_by_status_and_reveals_only_a_reference() {
    let server = Running::with(blocking(BlockFrom::Restrict)).await;
    server
        .scorer
        .set_recommendation("bad", Recommendation::Restrict);
    server
        .scorer
        .set_recommendation("odd", Recommendation::Review);
    for account in ["odd", "new"] {
        let answer = server.post(GUARDRAIL, &request("c", account, "x")).await;
        assert_eq!(answer.json(), json!({"action": "NONE"}), "{account}");
        let answer = server
            .post("/portkey/webhook", &webhook("beforeRequestHook", account))
            .await;
        assert_eq!(answer.json(), json!({"verdict": true}), "{account}");
    }
    let answer = server.post(GUARDRAIL, &request("c", "bad", "x")).await;
    let reference = pseudonymizer().reference("bad");
    let reason = format!("The request was declined. Reference: {reference}");
    assert_eq!(
        answer.json(),
        json!({"action": "BLOCKED", "blocked_reason": reason})
    );
    let answer = server
        .post("/portkey/webhook", &webhook("beforeRequestHook", "bad"))
        .await;
    assert_eq!(answer.json(), json!({"verdict": false}));
    let body = json!({"body": {"messages": [{"role": "user", "content": "x"}]}});
    let account = [("x-stillwatch-account", "bad")];
    let answer = server
        .send("/agentgateway/request", &account, body.to_string())
        .await;
    assert_eq!(
        answer.json(),
        json!({"action": {"body": reason, "status_code": 403}})
    );

    let counted = server.stopped().await.counted();
    let of_bad: Vec<_> = counted.iter().filter(|c| c.account == "bad").collect();
    assert_eq!(of_bad.len(), 3, "declined requests count too");
    assert!(of_bad.iter().all(|counted| counted.status == Some(403)));
}

/// Whatever an account adds to its request, its standing is looked up before anything can fail.
#[tokio::test]
async fn no_size_or_shape_of_a_request_passes_a_declined_account() {
    let server = Running::with(blocking(BlockFrom::Restrict)).await;
    server
        .scorer
        .set_recommendation("bad", Recommendation::Restrict);
    let message = |text: &str| json!({"role": "user", "content": text});
    let picture = json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x".repeat(9 << 20)}}]}]);
    for messages in [
        json!(vec![message("x"); 1_003]),
        picture,
        json!(vec![message(&"x".repeat(900)); 12_000]),
        json!([]),
        json!(null),
        json!(vec![0; 2_000_000]),
    ] {
        let mut asked = request("c", "bad", "x");
        asked["structured_messages"] = messages.clone();
        asked["texts"] = json!([]);
        assert_eq!(
            server.post(GUARDRAIL, &asked).await.json()["action"],
            "BLOCKED"
        );
        let mut asked = webhook("beforeRequestHook", "bad");
        asked["request"]["json"]["messages"] = messages;
        asked["request"]["text"] = json!("");
        assert_eq!(
            server.post("/portkey/webhook", &asked).await.json(),
            json!({"verdict": false})
        );
    }
    let body = json!({"body": {}}).to_string();
    let account = [("x-stillwatch-account", "bad")];
    let answer = server.send("/agentgateway/request", &account, body).await;
    assert_eq!(answer.json()["action"]["status_code"], 403);
}

/// A call of which nothing can be read was made nevertheless.
#[tokio::test]
async fn calls_that_cannot_be_read_are_counted_with_their_reason() {
    let server = Running::with(HookSettings::default()).await;
    let mut silent = webhook("afterRequestHook", "user-1");
    silent["request"] = json!({"json": {"model": "m"}, "text": ""});
    server.post("/portkey/webhook", &silent).await;
    server
        .post(
            "/portkey/webhook",
            &json!({"eventType": "afterRequestHook"}),
        )
        .await;
    let counted = server.scorer.has_counted(1).await;
    assert_eq!(
        (counted[0].account.as_str(), counted[0].messages.len()),
        ("user-1", 0)
    );
    let metrics = crate::fixture::get(server.address, "/metrics").await;
    let text = String::from_utf8_lossy(&metrics.body).into_owned();
    for reason in ["no_messages", "no_account"] {
        let line =
            format!("stillwatch_unread_exchanges_total{{door=\"portkey\",reason=\"{reason}\"}} 1");
        assert!(text.contains(&line), "{line}");
    }
    assert!(text.contains("stillwatch_shed_total{reason=\"background\"} 0"));
}

#[tokio::test]
async fn an_operator_may_block_from_review_on() {
    let server = Running::with(blocking(BlockFrom::Review)).await;
    server
        .scorer
        .set_recommendation("odd", Recommendation::Review);
    server
        .scorer
        .set_recommendation("eyed", Recommendation::Watch);
    let answer = server.post(GUARDRAIL, &request("c", "odd", "x")).await;
    assert_eq!(answer.json()["action"], "BLOCKED");
    let answer = server.post(GUARDRAIL, &request("c", "eyed", "x")).await;
    assert_eq!(answer.json()["action"], "NONE");
}

#[tokio::test]
async fn background_exchanges_are_dropped_under_overload() {
    let server = Running::with(HookSettings {
        backlog_kib_max: 1,
        ..HookSettings::default()
    })
    .await;
    let long = "x".repeat(4_096);
    let mut asked = webhook("afterRequestHook", "user-1");
    asked["request"]["json"]["messages"][0]["content"] = json!(long);
    let answer = server.post("/portkey/webhook", &asked).await;
    assert_eq!(answer.json(), json!({"verdict": true}));
    server
        .post("/portkey/webhook", &webhook("afterRequestHook", "user-1"))
        .await;
    let counted = server.stopped().await.counted();
    assert_eq!(counted.len(), 1, "only the small one");
}

#[tokio::test]
async fn overload_is_503_on_every_hook() {
    let server = Running::within(Limits {
        max_concurrent_requests: 0,
        ..Limits::default()
    })
    .await;
    let paths = [
        GUARDRAIL,
        "/portkey/webhook",
        "/agentgateway/request",
        "/v1/moderations",
        "/v1/ingest/litellm",
        "/v1/traces",
        "/v1/logs",
        "/api/public/otel/v1/traces",
    ];
    for path in paths {
        let answer = server.post(path, &json!({})).await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.headers.contains_key("retry-after"), "{path}");
    }
    assert_eq!(server.post("/v1/score", &json!({})).await.status, 429);
}
