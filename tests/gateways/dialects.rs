//! Tests of spans as each SDK and framework writes them: a call counts once, with all that its dialect tells of it, and
//! nothing that carries messages is accepted and forgotten.

use serde_json::{Value, json};
use stillwatch::internals::domain::{CallKind, FinishReason, Role};
use stillwatch::internals::server::HookSettings;

use crate::emitted::{PROTOBUF, Record, json_traces, protobuf_traces};
use crate::fixture::{Counted, Running};
use crate::one_call::{
    adk, asked, bare, every_dialect, mlflow, open_inference_bodies, pydantic_ai, vercel,
};

fn check(counted: &[Counted], dialect: &str) {
    assert_eq!(counted.len(), 1, "{dialect}");
    let counted = &counted[0];
    assert_eq!(
        (counted.account.as_str(), counted.model.as_str()),
        ("customer-7", "house-model"),
        "{dialect}"
    );
    assert_eq!(
        counted.messages,
        [
            (Role::System, "Answer in verse.".to_owned()),
            (Role::User, "Sing of hail.".to_owned()),
        ],
        "{dialect}"
    );
    assert_eq!(counted.answer.as_deref(), Some("Hail, hail."), "{dialect}");
    assert_eq!(counted.finish_reason, Some(FinishReason::Stop), "{dialect}");
    assert_eq!(
        (counted.status, counted.tokens, counted.temperature),
        (Some(200), (Some(9), Some(4)), Some(0.5)),
        "{dialect}"
    );
    assert_eq!(counted.tools, ["weather"], "{dialect}");
    assert_eq!(counted.session.as_deref(), Some("talk-1"), "{dialect}");
    assert!(counted.kind.is_none_or(CallKind::is_prompt), "{dialect}");
}

/// Sends records to a server of their own and returns what it counted and answered.
async fn sent(records: &[Record]) -> (Vec<Counted>, Value) {
    let server = Running::with(HookSettings::default()).await;
    let answer = server.post("/v1/traces", &json_traces(records)).await;
    assert_eq!(answer.status, 200);
    (server.scorer.counted(), answer.json())
}

#[tokio::test]
async fn every_dialect_means_the_same_call_in_both_encodings() {
    for (dialect, record) in every_dialect() {
        let record = record.outgoing();
        let (counted, answer) = sent(std::slice::from_ref(&record)).await;
        assert_eq!(answer, json!({}), "{dialect}");
        check(&counted, dialect);
        let server = Running::with(HookSettings::default()).await;
        let body = protobuf_traces(&[record]);
        assert_eq!(
            server.send("/v1/traces", &[PROTOBUF], body).await.status,
            200
        );
        check(&server.scorer.counted(), dialect);
    }
}

#[tokio::test]
async fn a_call_and_the_steps_around_it_count_once() {
    let with = |mut base: Value, name: &str, value: Value| {
        base[name] = value;
        Record::of(base)
    };
    let prompt = json!({"prompt": "Sing of hail.", "system": "Answer in verse."}).to_string();
    let mut outer = vercel();
    outer["ai.prompt"] = json!(prompt);
    let mut agent = bare();
    agent["gen_ai.input.messages"] = json!(asked().to_string());
    let around = [
        with(
            open_inference_bodies(),
            "openinference.span.kind",
            json!("CHAIN"),
        ),
        with(
            open_inference_bodies(),
            "openinference.span.kind",
            json!("AGENT"),
        ),
        with(outer, "ai.operationId", json!("ai.generateText")),
        with(vercel(), "ai.operationId", json!("ai.toolCall")),
        with(mlflow(), "mlflow.spanType", json!("\"AGENT\"")),
        with(adk(), "gen_ai.operation.name", json!("execute_tool")),
        with(
            agent.clone(),
            "gen_ai.operation.name",
            json!("invoke_agent"),
        ),
        with(
            agent.clone(),
            "gen_ai.operation.name",
            json!("execute_tool"),
        )
        .outgoing(),
        with(agent.clone(), "langsmith.span.kind", json!("chain")),
        with(pydantic_ai(), "all_messages_events", json!("[]")),
        Record::of(
            json!({"langfuse.observation.type": "agent", "user.id": "customer-7",
                          "langfuse.observation.input": asked().to_string()}),
        ),
    ];
    for record in around {
        let call = Record::of(agent.clone()).outgoing().span(1);
        let (counted, answer) = sent(&[record, call]).await;
        assert_eq!(answer, json!({}));
        assert_eq!(counted.len(), 1);
    }
    // An agent that another service runs has no other record.
    let remote = with(agent, "gen_ai.operation.name", json!("invoke_agent")).outgoing();
    assert_eq!(sent(&[remote]).await.0.len(), 1);
}

#[tokio::test]
async fn whatever_carries_messages_is_counted_or_rejected_aloud() {
    for operation in [
        "responses",
        "messages",
        "acompletion",
        "Chat ",
        "made.up",
        "",
    ] {
        let mut attributes = bare();
        attributes["gen_ai.operation.name"] = json!(operation);
        attributes["gen_ai.input.messages"] = json!(asked().to_string());
        let (counted, answer) = sent(&[Record::of(attributes)]).await;
        assert_eq!((counted.len(), answer), (1, json!({})), "{operation:?}");
    }
    for (dialect, record) in every_dialect() {
        let nobody = record.without(&["user.id", "enduser.id", "enduser.pseudo.id", "metadata"]);
        let nobody = nobody.without(&["ai.telemetry.metadata.userId"]);
        let (counted, answer) = sent(std::slice::from_ref(&nobody)).await;
        assert!(counted.is_empty(), "{dialect}");
        let reason = json!({"rejectedSpans": "1", "errorMessage": "`account` is required"});
        assert_eq!(answer, json!({"partialSuccess": reason}), "{dialect}");
        // A program that serves one customer may say so once for all of its records.
        let (counted, _) =
            sent(&[nobody.resource(json!({"stillwatch.account": "customer-7"}))]).await;
        check(&counted, dialect);
    }
}

#[tokio::test]
async fn what_is_no_prompt_says_so() {
    let cases = [
        (
            json!({"openinference.span.kind": "EMBEDDING", "user.id": "u",
                "embedding.embeddings.0.embedding.text": "a list"}),
            CallKind::Embedding,
        ),
        (
            json!({"openinference.span.kind": "RERANKER", "user.id": "u",
                "input.value": "a list"}),
            CallKind::Rerank,
        ),
        (
            json!({"ai.operationId": "ai.embedMany.doEmbed", "user.id": "u",
                "ai.values": ["\"a list\""]}),
            CallKind::Embedding,
        ),
        (
            json!({"langfuse.observation.type": "embedding", "user.id": "u",
                "langfuse.observation.input": "a list"}),
            CallKind::Embedding,
        ),
        (
            json!({"mlflow.spanType": "EMBEDDING", "user.id": "u",
                "mlflow.spanInputs": r#"{"input": ["a list"]}"#}),
            CallKind::Embedding,
        ),
        (
            json!({"gen_ai.operation.name": "embeddings", "user.id": "u",
                "gen_ai.prompt.0.content": "a list"}),
            CallKind::Embedding,
        ),
        (
            json!({"llm.request.type": "rerank", "user.id": "u",
                "gen_ai.prompt.0.content": "a list"}),
            CallKind::Rerank,
        ),
    ];
    for (attributes, kind) in cases {
        let (counted, answer) = sent(&[Record::of(attributes)]).await;
        assert_eq!(answer, json!({}));
        assert_eq!(counted[0].kind, Some(kind));
        assert_eq!(counted[0].messages, [(Role::User, "a list".to_owned())]);
    }
    // Without content such a call still counts: nobody judges its text.
    let silent = json!({"gen_ai.operation.name": "embeddings", "user.id": "u"});
    assert_eq!(sent(&[Record::of(silent)]).await.0.len(), 1);
}

#[tokio::test]
async fn refusals_are_read_with_their_category() {
    let with = |fields: Value| {
        let mut attributes = bare();
        attributes["gen_ai.input.messages"] = json!(asked().to_string());
        for (name, value) in fields.as_object().expect("an object") {
            attributes[name] = value.clone();
        }
        Record::of(attributes)
    };
    let category = Some("reasoning_extraction".to_owned());
    let refusals = [
        (
            json!({"gen_ai.response.finish_reasons": ["refusal"],
                "gen_ai.response.refusal_category": "reasoning_extraction"}),
            category.clone(),
        ),
        (
            json!({"stop_details.category": "reasoning_extraction"}),
            category,
        ),
        (json!({"gen_ai.response.refusal": "I cannot help."}), None),
        (json!({"refusal": true}), None),
        (
            json!({"gen_ai.output.messages":
                r#"[{"role": "assistant", "content": null, "refusal": "I cannot."}]"#}),
            None,
        ),
        (json!({"gen_ai.completion.0.refusal": "I cannot."}), None),
    ];
    for (fields, category) in refusals {
        let (counted, _) = sent(&[with(fields.clone())]).await;
        assert_eq!(counted[0].refusal, (Some(true), category), "{fields}");
    }
    let reasons = [
        (
            with(json!({"gen_ai.response.finish_reasons": ["content_filter"]})),
            FinishReason::ContentFilter,
        ),
        (
            with(json!({"gen_ai.response.finish_reasons": r#"["tool-calls"]"#})),
            FinishReason::ToolCalls,
        ),
        (
            with(json!({"gen_ai.response.finish_reasons": "FinishReason.SAFETY"})),
            FinishReason::ContentFilter,
        ),
    ];
    for (record, reason) in reasons {
        assert_eq!(sent(&[record]).await.0[0].finish_reason, Some(reason));
    }
    let (counted, _) = sent(&[with(json!({"gen_ai.response.finish_reasons": []})).failed()]).await;
    assert_eq!((counted[0].status, counted[0].refusal.0), (Some(500), None));
}

#[tokio::test]
async fn hostile_values_cost_no_call() {
    let texts = |text: &str| {
        [
            ("gen_ai.input.messages", json!(text)),
            ("gen_ai.prompt", json!(text)),
            ("input.value", json!(text)),
            ("ai.prompt.messages", json!(text)),
            ("langfuse.observation.input", json!(text)),
            ("gcp.vertex.agent.llm_request", json!(text)),
            ("mlflow.spanInputs", json!(text)),
        ]
    };
    let marks = json!({"openinference.span.kind": "LLM", "ai.operationId": "ai.streamText.doStream",
                       "langfuse.observation.type": "generation", "mlflow.spanType": "LLM"});
    let many: Vec<Value> = (0..2_000)
        .map(|n| json!({"role": "user", "content": format!("{n}")}))
        .collect();
    for text in [
        r#"[{"role": "user", "content": "cut \ud83d"}]"#,
        r#"[{"role": "user", "content": "not a number", "x": NaN, "y": -Infinity}]"#,
        r#"[{"role": "user", "content": "broken"#,
        r"[1, 2, 3] is a list",
        "plain words",
        "42",
        "[1, 2]",
        r#""quoted""#,
        r#"{"question": "in the application's own words"}"#,
        &json!(many).to_string(),
    ] {
        for (name, value) in texts(text) {
            let mut attributes = json!({"user.id": 7, "gen_ai.usage.input_tokens": "many",
                                        "gen_ai.request.temperature": "0.5"});
            attributes[name] = value;
            for (mark, dialect) in marks.as_object().expect("an object") {
                if mark.split('.').next() == name.split('.').next()
                    || mark.starts_with("openinference") && name == "input.value"
                {
                    attributes[mark] = dialect.clone();
                }
            }
            let (counted, answer) = sent(&[Record::of(attributes)]).await;
            assert_eq!(
                (counted.len(), &answer),
                (1, &json!({})),
                "{name} {}",
                &text[..text.len().min(9)]
            );
            assert_eq!(counted[0].account, "7");
            assert!(
                counted[0].messages.iter().any(|(_, text)| !text.is_empty()),
                "{name} {text}"
            );
            assert_eq!(counted[0].truncated, text.len() > 10_000, "{name}");
        }
    }
    let numbered = (0..2_000).map(|n| {
        (
            format!("llm.input_messages.{n}.message.content"),
            json!("x"),
        )
    });
    let mut attributes: serde_json::Map<String, Value> = numbered.collect();
    attributes.insert("user.id".to_owned(), json!("u"));
    attributes.insert(
        "llm.input_messages.99999999999.message.content".to_owned(),
        json!("x"),
    );
    let (counted, _) = sent(&[Record::of(attributes.into())]).await;
    assert_eq!((counted.len(), counted[0].truncated), (1, true));
}
