//! The JSON formats of gateways, as the gateways write them, with our own texts.

use std::num::NonZeroUsize;

use serde_json::{Value, json};
use stillwatch::internals::domain::{FinishReason, Role};
use stillwatch::internals::server::{HookSettings, Limits};

use crate::fixture::{Running, quiet_after};

const GUARDRAIL: &str = "/beta/litellm_basic_guardrail_api";
const LOG: &str = "/v1/ingest/litellm";

/// Returns LiteLLM's request before the model.
pub(crate) fn request(call: &str, key: &str, text: &str) -> Value {
    json!({
        "input_type": "request",
        "litellm_call_id": call,
        "litellm_trace_id": "5b8aa5a2d2c872e8321cf37308d69df2",
        "structured_messages": [
            {"role": "system", "content": "Answer in verse."},
            {"role": "user", "content": [{"type": "text", "text": text}]},
        ],
        "texts": ["Answer in verse.", text],
        "images": null,
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": {}}}],
        "tool_calls": null,
        "model": "house-model",
        "litellm_version": "1.106.2",
        "additional_provider_specific_params": {},
        "request_headers": {"user-agent": "probe/1", "traceparent": "[present]"},
        "request_data": {"user_api_key_hash": key, "user_api_key_end_user_id": "end-3"},
    })
}

/// Returns LiteLLM's request after the model.
pub(crate) fn response(call: &str, key: &str, text: &str) -> Value {
    json!({
        "input_type": "response",
        "litellm_call_id": call,
        "structured_messages": null,
        "texts": [text],
        "tools": null,
        "model": "house-model-2026",
        "request_data": {"user_api_key_hash": key},
    })
}

#[tokio::test]
async fn the_legs_of_a_litellm_call_are_one_exchange() {
    let server = Running::with(quiet_after(0.0)).await;
    let passed = json!({"action": "NONE"});
    let answer = server
        .post(GUARDRAIL, &request("c-1", "key-1", "Sing of rain."))
        .await;
    assert_eq!(answer.json(), passed);
    assert!(
        server.scorer.counted().is_empty(),
        "the request waits for its response"
    );
    let answer = server
        .post(GUARDRAIL, &response("c-1", "key-1", "Rain, rain."))
        .await;
    assert_eq!(answer.json(), passed);
    let counted = &server.scorer.has_counted(1).await[0];
    assert_eq!(counted.id.as_deref(), Some("c-1"));
    assert_eq!(counted.account, "key-1");
    assert_eq!(counted.model, "house-model");
    assert_eq!(
        counted.messages,
        [
            (Role::System, "Answer in verse.".to_owned()),
            (Role::User, "Sing of rain.".to_owned()),
        ]
    );
    assert_eq!(counted.tools, ["weather"]);
    assert_eq!(counted.answer.as_deref(), Some("Rain, rain."));
    assert_eq!(counted.status, Some(200));
}

#[tokio::test]
async fn a_stream_is_counted_once_with_all_of_its_text() {
    let server = Running::with(quiet_after(1_000.0)).await;
    server
        .post(GUARDRAIL, &request("c-1", "key-1", "Sing."))
        .await;
    for text in ["La", "La la", "La la la."] {
        server
            .post(GUARDRAIL, &response("c-1", "key-1", text))
            .await;
    }
    let scorer = server.stopped().await;
    let counted = scorer.counted();
    assert_eq!(counted.len(), 1);
    assert_eq!(counted[0].answer.as_deref(), Some("La la la."));
}

/// During shutdown nobody else uses the queue, so nothing is refused because it is full.
#[tokio::test]
async fn requests_that_wait_at_a_stop_are_counted_however_short_the_queue_is() {
    let server = Running::within(Limits {
        workers: NonZeroUsize::MIN,
        queue_depth_max: 0,
        ..Limits::default()
    })
    .await;
    for call in 0..40 {
        let body = request(&call.to_string(), "key-1", "Sing of rain.");
        server.post(GUARDRAIL, &body).await;
    }
    assert_eq!(server.stopped().await.counted().len(), 40);
}

#[tokio::test]
async fn another_account_cannot_answer_for_this_one() {
    let server = Running::with(quiet_after(0.0)).await;
    server
        .post(GUARDRAIL, &request("c-1", "key-1", "Sing."))
        .await;
    server
        .post(GUARDRAIL, &response("c-1", "key-2", "Mine."))
        .await;
    let counted = server.stopped().await.counted();
    assert_eq!(counted.len(), 1);
    assert_eq!(counted[0].answer, None);
}

/// Returns a record of LiteLLM's log.
fn logged(call: &str) -> Value {
    json!({
        "id": "chatcmpl-7",
        "litellm_call_id": call,
        "session_id": "",
        "trace_id": "5b8aa5a2d2c872e8321cf37308d69df2",
        "call_type": "acompletion",
        "status": "success",
        "startTime": 1_780_000_000.25,
        "endTime": 1_780_000_001.5,
        "model": "openai/house-model",
        "model_group": "house-model",
        "metadata": {
            "user_api_key_hash": "key-1",
            "user_api_key_org_id": null,
            "user_api_key_end_user_id": null,
        },
        "requester_ip_address": "192.0.2.7",
        "user_agent": "probe/1",
        "messages": [{"role": "user", "content": "Sing of snow."}],
        "response": {
            "choices": [{"finish_reason": "length", "index": 0,
                         "message": {"role": "assistant", "content": "Snow."}}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 9},
        },
        "prompt_tokens": 5,
        "completion_tokens": 9,
        "model_parameters": {"temperature": 0.5, "tools": [{"function": {"name": "weather"}}]},
        "error_information": {"error_code": ""},
        "guardrail_information": null,
    })
}

#[tokio::test]
async fn litellms_log_is_read_in_its_three_forms() {
    let (one, two) = (logged("c-1"), logged("c-2"));
    let forms = [
        json!([one, two]).to_string(),
        format!("{one}\n{two}\n"),
        format!("{one}\r\n\r\n{two}"),
    ];
    for body in forms {
        let server = Running::with(HookSettings::default()).await;
        let answer = server.send(LOG, &[], body).await;
        assert_eq!(answer.json(), json!({"accepted": 2, "rejected": 0}));
        let counted = server.scorer.counted();
        assert_eq!(counted.len(), 2, "counted before it is answered");
        let first = &counted[0];
        assert_eq!(first.id.as_deref(), Some("c-1"));
        assert_eq!(
            (first.account.as_str(), first.model.as_str()),
            ("key-1", "house-model")
        );
        assert_eq!(first.micros, 1_780_000_000_250_000);
        assert_eq!(first.answer.as_deref(), Some("Snow."));
        assert_eq!(first.finish_reason, Some(FinishReason::Length));
        assert_eq!(
            (first.status, first.tokens),
            (Some(200), (Some(5), Some(9)))
        );
        assert_eq!(first.temperature, Some(0.5));
        assert_eq!(first.tools, ["weather"]);
    }
    let server = Running::with(HookSettings::default()).await;
    let answer = server.post(LOG, &one).await;
    assert_eq!(answer.json(), json!({"accepted": 1, "rejected": 0}));
}

#[tokio::test]
async fn only_the_bad_record_is_rejected() {
    let mut nobody = logged("c-2");
    nobody["metadata"] = json!({});
    let list = json!([logged("c-1"), nobody, 7, {"messages": "x"}, logged("c-5")]).to_string();
    let lines = format!(
        "{}\nnot json\n{nobody}\n7\n{}\n",
        logged("c-1"),
        logged("c-5")
    );
    for body in [list, lines] {
        let server = Running::with(HookSettings::default()).await;
        let answer = server.send(LOG, &[], body).await;
        let answer = answer.json();
        assert_eq!(
            (&answer["accepted"], &answer["rejected"]),
            (&json!(2), &json!(3))
        );
        assert!(answer["reason"].is_string(), "{answer}");
        assert_eq!(server.scorer.counted().len(), 2);
    }
}

/// Python writes what strict JSON forbids; whoever sends it must not blind the export, nor go unseen.
#[tokio::test]
async fn a_list_is_salvaged_record_by_record() {
    let mark = |name: &str| {
        let mut record = logged(name);
        record["mark"] = json!("MARK");
        record.to_string()
    };
    let (nan, cut) = (
        mark("c-2").replace("\"MARK\"", "NaN"),
        mark("c-3").replace("\"MARK\"", "\"\\ud83d\""),
    );
    let broken = mark("c-4").replace("\"MARK\"", "nan");
    let list = format!("[{},{nan},{cut},{broken},{}]", logged("c-1"), logged("c-5"));
    let server = Running::with(HookSettings::default()).await;
    let answer = server.send(LOG, &[], list).await.json();
    assert_eq!(
        (&answer["accepted"], &answer["rejected"]),
        (&json!(4), &json!(1))
    );
    let counted = server.scorer.counted();
    let ids: Vec<_> = counted.iter().filter_map(|one| one.id.as_deref()).collect();
    assert_eq!(ids, ["c-1", "c-2", "c-3", "c-5"]);
}

#[tokio::test]
async fn records_without_content_are_rejected_aloud() {
    let server = Running::with(HookSettings::default()).await;
    for messages in [
        json!({}),
        json!(null),
        json!([]),
        json!("redacted-by-litellm"),
        json!([{"role": "user", "content": "redacted-by-litellm"}]),
        json!([{"role": "user", "content": "default-message-value"}]),
    ] {
        let mut record = logged("c-1");
        record["messages"] = messages.clone();
        let answer = server.post(LOG, &record).await.json();
        assert_eq!(answer["rejected"], 1, "{messages}");
        let reason = answer["reason"].as_str().expect("a reason");
        assert!(reason.contains("logging of messages is off"), "{reason}");
    }
    assert!(server.scorer.counted().is_empty());
}

#[tokio::test]
async fn times_are_read_as_text_too_and_never_invented() {
    let server = Running::with(HookSettings::default()).await;
    for time in [
        json!("2026-01-05T10:00:00.5Z"),
        json!("2026-01-05 10:00:00.500000"),
        json!(1_767_607_200_500_u64),
    ] {
        let mut record = logged(&time.to_string());
        record["startTime"] = time;
        server.post(LOG, &record).await;
    }
    let counted = server.scorer.counted();
    assert_eq!(counted.len(), 3);
    assert!(
        counted
            .iter()
            .all(|one| one.micros == 1_767_607_200_500_000)
    );
    let mut record = logged("c-9");
    record["startTime"] = json!("yesterday");
    let answer = server.post(LOG, &record).await.json();
    assert_eq!(answer["rejected"], 1);
    assert!(
        answer["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("startTime")),
        "{answer}"
    );
}

#[tokio::test]
async fn rows_of_spend_logs_are_read() {
    let server = Running::with(HookSettings::default()).await;
    let asked = json!([{"role": "user", "content": "Sing of snow."}]);
    let row = json!({"request_id": "r-1", "call_type": "acompletion", "api_key": "key-9", "model": "m",
        "startTime": "2026-01-05T10:00:00Z", "metadata": {"user_api_key": "key-9"}, "messages": {}, "response": {},
        "proxy_server_request": json!({"model": "m", "messages": asked}).to_string(), "status": "success"});
    assert_eq!(
        server.post(LOG, &row).await.json(),
        json!({"accepted": 1, "rejected": 0})
    );
    let counted = server.scorer.counted();
    assert_eq!(
        (counted[0].account.as_str(), counted[0].messages.len()),
        ("key-9", 1)
    );
    // A key that nobody knows is no account.
    let mut stranger = logged("c-2");
    stranger["status"] = json!("failure");
    stranger["error_information"] = json!({"error_code": "401"});
    assert_eq!(server.post(LOG, &stranger).await.json()["rejected"], 1);
}

#[tokio::test]
async fn failed_and_blocked_requests_are_distinguished() {
    let server = Running::with(HookSettings::default()).await;
    let mut stopped = logged("c-1");
    stopped["status"] = json!("failure");
    stopped["response"] = json!({});
    stopped["error_information"] = json!({"error_code": "400"});
    let mut failed = stopped.clone();
    failed["litellm_call_id"] = json!("c-2");
    failed["error_information"] = json!({"error_code": 429});
    stopped["guardrail_information"] = json!([{"guardrail_status": "guardrail_intervened"}]);
    server.post(LOG, &json!([stopped, failed])).await;
    let counted = server.scorer.counted();
    assert_eq!(
        (counted[0].status, counted[1].status),
        (Some(403), Some(429))
    );
    assert_eq!(counted[0].answer, None);
}

#[tokio::test]
async fn an_exchange_received_through_two_integrations_is_counted_once() {
    let server = Running::with(quiet_after(0.0)).await;
    let mut asked = request("c-1", "key-1", "Sing of snow.");
    asked["structured_messages"] = json!([{"role": "user", "content": "Sing of snow."}]);
    server.post(GUARDRAIL, &asked).await;
    server
        .post(GUARDRAIL, &response("c-1", "key-1", "Snow."))
        .await;
    server.scorer.has_counted(1).await;
    server
        .post(LOG, &json!([logged("c-1"), logged("c-1"), logged("c-2")]))
        .await;
    // The guardrail request again, as after a retry, and its response twice.
    server.post(GUARDRAIL, &asked).await;
    for _ in 0..2 {
        server
            .post(GUARDRAIL, &response("c-1", "key-1", "Snow."))
            .await;
    }
    assert_eq!(server.stopped().await.counted().len(), 2);
}

#[tokio::test]
async fn a_reused_id_does_not_hide_exchanges() {
    let server = Running::with(quiet_after(0.0)).await;
    for n in 0..5 {
        let mut record = logged("always-this");
        record["messages"][0]["content"] = json!(format!("Sing of snow, verse {n}."));
        for _ in 0..2 {
            let answer = server.post(LOG, &record).await;
            assert_eq!(answer.json(), json!({"accepted": 1, "rejected": 0}));
        }
    }
    assert_eq!(server.stopped().await.counted().len(), 5);
}

#[tokio::test]
async fn exchanges_without_an_id_are_counted_each_time() {
    let server = Running::with(HookSettings::default()).await;
    for _ in 0..3 {
        server
            .post("/portkey/webhook", &webhook("afterRequestHook", "user-1"))
            .await;
    }
    assert_eq!(server.stopped().await.counted().len(), 3);
}

/// Returns a request of Portkey's webhook.
pub(crate) fn webhook(event: &str, account: &str) -> Value {
    let after = event == "afterRequestHook";
    json!({
        "eventType": event,
        "provider": "openai",
        "requestType": "chatComplete",
        "metadata": {"_user": account},
        "request": {
            "json": {"model": "house-model", "temperature": 0.5,
                     "messages": [{"role": "user", "content": "Sing of fog."}]},
            "text": "Sing of fog.",
            "isStreamingRequest": false,
            "isTransformed": false,
        },
        "response": if after {
            json!({"json": {"choices": [{"finish_reason": "stop",
                   "message": {"role": "assistant", "content": "Fog."}}],
                   "usage": {"prompt_tokens": 4, "completion_tokens": 2}},
                   "text": "Fog.", "statusCode": 200})
        } else {
            json!({"json": {}, "text": "", "statusCode": null})
        },
    })
}

#[tokio::test]
async fn portkey_is_counted_after_the_model() {
    let server = Running::with(HookSettings::default()).await;
    for event in ["beforeRequestHook", "afterRequestHook"] {
        let answer = server
            .post("/portkey/webhook", &webhook(event, "user-1"))
            .await;
        assert_eq!(answer.json(), json!({"verdict": true}));
    }
    let counted = server.stopped().await.counted();
    assert_eq!(counted.len(), 1);
    assert_eq!(counted[0].account, "user-1");
    assert_eq!(counted[0].answer.as_deref(), Some("Fog."));
    assert_eq!(
        (counted[0].status, counted[0].tokens),
        (Some(200), (Some(4), Some(2)))
    );
}

#[tokio::test]
async fn a_stream_through_portkey_is_counted_without_its_text() {
    let server = Running::with(HookSettings::default()).await;
    let mut streamed = webhook("afterRequestHook", "user-1");
    streamed["request"]["isStreamingRequest"] = json!(true);
    streamed["response"] = json!({"json": null, "text": "", "statusCode": 200});
    server.post("/portkey/webhook", &streamed).await;
    let counted = server.stopped().await.counted();
    assert_eq!(
        (counted[0].answer.as_deref(), counted[0].status),
        (None, Some(200))
    );
}

#[tokio::test]
async fn agentgateway_is_counted_for_the_forwarded_account() {
    let server = Running::with(HookSettings::default()).await;
    let body = json!({"body": {"messages": [{"role": "user", "content": "Sing of ice."}]}});
    let account = [("x-stillwatch-account", "acc-1")];
    let answer = server
        .send("/agentgateway/request", &account, body.to_string())
        .await;
    assert_eq!(answer.json(), json!({"action": {}}));
    let body = json!({"body": {"choices": []}});
    let answer = server.post("/agentgateway/response", &body).await;
    assert_eq!(answer.json(), json!({"action": {}}));
    let counted = server.stopped().await.counted();
    assert_eq!(counted.len(), 1);
    assert_eq!(counted[0].account, "acc-1");
}

#[tokio::test]
async fn moderations_score_text_and_count_nothing() {
    let server = Running::with(HookSettings::default()).await;
    let long = "x".repeat(80);
    let body = json!({"input": ["short", long], "model": "any"});
    let answer = server.post("/v1/moderations", &body).await.json();
    assert_eq!(answer["model"], "fake@1");
    let results = answer["results"].as_array().expect("results");
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["flagged"], false);
    assert_eq!(results[0]["category_scores"]["capability_extraction"], 0.05);
    assert_eq!(results[1]["flagged"], true);
    let parts =
        json!({"input": [{"type": "text", "text": "one"}, {"type": "text", "text": "text"}]});
    let answer = server.post("/v1/moderations", &parts).await.json();
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(1));
    assert!(server.stopped().await.counted().is_empty());
}
