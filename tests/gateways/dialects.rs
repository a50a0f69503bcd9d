//! Tests of spans as each SDK and framework writes them: a call counts once, with all that its dialect tells of it, and
//! nothing that carries messages is accepted and forgotten.

use serde_json::{Value, json};
use stillwatch::internals::domain::{CallKind, FinishReason, Role};
use stillwatch::internals::server::HookSettings;

use crate::emitted::{PROTOBUF, Record, json_traces, protobuf_traces};
use crate::fixture::{Counted, Running};

/// The messages of every call here, in the form of chat APIs.
fn asked() -> Value {
    json!([{"role": "system", "content": "Answer in verse."},
           {"role": "user", "content": "Sing of hail."}])
}

/// An answer in the form of chat completions.
fn answered() -> Value {
    json!({"choices": [{"finish_reason": "stop",
                        "message": {"role": "assistant", "content": "Hail, hail."}}],
           "usage": {"prompt_tokens": 9, "completion_tokens": 4}})
}

fn open_inference() -> Value {
    json!({
        "openinference.span.kind": "LLM",
        "llm.model_name": "house-model",
        "llm.invocation_parameters": r#"{"temperature": "0.5", "max_tokens": 64}"#,
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Answer in verse.",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.contents.0.message_content.type": "text",
        "llm.input_messages.1.message.contents.0.message_content.text": "Sing of hail.",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "Hail, hail.",
        "llm.token_count.prompt": 9,
        "llm.token_count.completion": "4",
        "llm.tools.0.tool.json_schema":
            r#"{"type": "function", "function": {"name": "weather", "parameters": {}}}"#,
        "output.value": answered().to_string(),
        "output.mime_type": "application/json",
        "user.id": "customer-7",
        "session.id": "talk-1",
    })
}

fn open_inference_bodies() -> Value {
    let body = json!({"model": "house-model", "temperature": 0.5, "messages": asked(),
                      "tools": [{"type": "function", "function": {"name": "weather"}}]});
    json!({
        "openinference.span.kind": "LLM",
        "input.value": body.to_string(),
        "input.mime_type": "application/json",
        "output.value": answered().to_string(),
        "metadata": r#"{"user_id": "customer-7"}"#,
        "session.id": "talk-1",
    })
}

fn vercel() -> Value {
    json!({
        "operation.name": "ai.generateText.doGenerate verses",
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.id": "house-model",
        "ai.settings.temperature": 0.5,
        "ai.prompt.messages": json!([
            {"role": "system", "content": "Answer in verse."},
            {"role": "user", "content": [{"type": "text", "text": "Sing of hail."}]},
        ]).to_string(),
        "ai.prompt.tools": [r#"{"type": "function", "name": "weather", "inputSchema": {}}"#],
        "ai.response.text": "Hail, hail.",
        "ai.response.finishReason": "stop",
        "ai.usage.inputTokens": 9,
        "ai.usage.completionTokens": 4,
        "ai.telemetry.functionId": "verses",
        "ai.telemetry.metadata.userId": "customer-7",
        "ai.telemetry.metadata.sessionId": "talk-1",
    })
}

fn adk() -> Value {
    let request = json!({
        "model": "house-model",
        "contents": [{"role": "user", "parts": [{"text": "Sing of hail."}]}],
        "config": {"system_instruction": "Answer in verse.", "temperature": 0.5,
                   "tools": [{"function_declarations": [{"name": "weather"}]}]},
    });
    let answer = json!({
        "content": {"role": "model", "parts": [{"text": "Hail, hail."}]},
        "finish_reason": "STOP",
        "usage_metadata": {"prompt_token_count": 9, "candidates_token_count": 4},
    });
    json!({
        "gen_ai.system": "gcp.vertex.agent",
        "gcp.vertex.agent.session_id": "talk-1",
        "gcp.vertex.agent.llm_request": request.to_string(),
        "gcp.vertex.agent.llm_response": answer.to_string(),
        "enduser.pseudo.id": "customer-7",
    })
}

fn mlflow() -> Value {
    let body = json!({"model": "house-model", "temperature": 0.5, "messages": asked(),
                      "tools": [{"type": "function", "function": {"name": "weather"}}]});
    json!({
        "mlflow.spanType": "\"CHAT_MODEL\"",
        "mlflow.spanInputs": body.to_string(),
        "mlflow.spanOutputs": answered().to_string(),
        "mlflow.trace.session": "\"talk-1\"",
        "enduser.id": "customer-7",
    })
}

fn mlflow_of_langchain() -> Value {
    let messages = json!([[
        {"type": "system", "content": "Answer in verse."},
        {"lc": 1, "type": "constructor", "kwargs": {"type": "human", "content": "Sing of hail."}},
    ]]);
    let answer = json!({"generations": [[{"text": "Hail, hail.", "message":
        {"type": "ai", "content": "Hail, hail."}}]]});
    json!({
        "mlflow.spanType": "\"CHAT_MODEL\"",
        "mlflow.spanInputs": messages.to_string(),
        "mlflow.spanOutputs": answer.to_string(),
        "mlflow.chat.tools": r#"[{"type": "function", "function": {"name": "weather"}}]"#,
        "mlflow.chat.tokenUsage": r#"{"input_tokens": 9, "output_tokens": 4}"#,
        "gen_ai.request.model": "house-model",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.response.finish_reasons": ["stop"],
        "session.id": "talk-1",
        "user.id": "customer-7",
    })
}

fn logfire() -> Value {
    let body = json!({"model": "house-model", "temperature": 0.5, "messages": asked(),
                      "tools": [{"type": "function", "function": {"name": "weather"}}]});
    json!({
        "request_data": body.to_string(),
        "response_data": answered().to_string(),
        "user.id": "customer-7",
        "session.id": "talk-1",
    })
}

fn pydantic_ai() -> Value {
    let events = json!([
        {"event.name": "gen_ai.system.message", "content": "Answer in verse.", "role": "system"},
        {"event.name": "gen_ai.user.message", "content": "Sing of hail.", "role": "user"},
        {"event.name": "gen_ai.choice", "index": 0, "finish_reason": "stop",
         "message": {"role": "assistant", "content": "Hail, hail."}},
    ]);
    json!({
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "house-model",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 4,
        "events": events.to_string(),
        "model_request_parameters": r#"{"function_tools": [{"name": "weather"}]}"#,
        "user.id": "customer-7",
        "session.id": "talk-1",
    })
}

fn langfuse() -> Value {
    let input = json!({"messages": asked(),
                       "tools": [{"type": "function", "function": {"name": "weather"}}]});
    json!({
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "house-model",
        "langfuse.observation.model.parameters": r#"{"temperature": 0.5}"#,
        "langfuse.observation.input": input.to_string(),
        "langfuse.observation.output": r#"{"role": "assistant", "content": "Hail, hail.", "finish_reason": "stop"}"#,
        "langfuse.observation.usage_details": r#"{"input": 9, "output": 4}"#,
        "user.id": "customer-7",
        "session.id": "talk-1",
    })
}

/// Attributes of a call whose messages are elsewhere in the span.
fn bare() -> Value {
    json!({
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "house-model",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 4,
        "gen_ai.tool.definitions": [r#"{"type": "function", "name": "weather"}"#],
        "gen_ai.response.finish_reasons": "stop",
        "enduser.id": "customer-7",
        "session.id": "talk-1",
    })
}

fn in_events() -> Vec<(&'static str, Record)> {
    let details = json!({
        "gen_ai.system_instructions": r#"[{"type": "text", "content": "Answer in verse."}]"#,
        "gen_ai.input.messages":
            [{"role": "user", "parts": [{"type": "text", "content": "Sing of hail."}]}],
        "gen_ai.output.messages":
            [{"role": "assistant", "parts": [{"type": "text", "content": "Hail, hail."}]}],
    });
    vec![
        (
            "one event a message",
            Record::of(bare())
                .event("gen_ai.system.message", json!({"content": "Answer in verse."}))
                .event("gen_ai.user.message", json!({"content": "Sing of hail."}))
                .event("gen_ai.choice", json!({"message": r#"{"content": "Hail, hail."}"#})),
        ),
        (
            "folded into one attribute",
            Record::of(bare())
                .event(
                    "gen_ai.system.message",
                    json!({"gen_ai.event.content": r#"{"content": "Answer in verse."}"#}),
                )
                .event(
                    "gen_ai.user.message",
                    json!({"gen_ai.event.content": r#"{"content": "Sing of hail."}"#}),
                )
                .event(
                    "gen_ai.choice",
                    json!({"gen_ai.event.content": r#"{"message": {"content": "Hail, hail."}}"#}),
                ),
        ),
        (
            "one event a side",
            Record::of(bare())
                .event("gen_ai.content.prompt", json!({"gen_ai.prompt": asked().to_string()}))
                .event(
                    "gen_ai.content.completion",
                    json!({"gen_ai.completion": r#"[{"role": "assistant", "content": "Hail, hail."}]"#}),
                ),
        ),
        (
            "one event for all",
            Record::of(bare()).event("gen_ai.client.inference.operation.details", details),
        ),
    ]
}

fn every_dialect() -> Vec<(&'static str, Record)> {
    let mut all = vec![
        ("OpenInference", Record::of(open_inference())),
        (
            "OpenInference, whole bodies",
            Record::of(open_inference_bodies()),
        ),
        ("Vercel AI SDK", Record::of(vercel())),
        ("ADK", Record::of(adk())),
        ("MLflow", Record::of(mlflow())),
        ("MLflow of LangChain", Record::of(mlflow_of_langchain())),
        ("Logfire", Record::of(logfire())),
        ("Pydantic AI", Record::of(pydantic_ai())),
        ("Langfuse", Record::of(langfuse())),
    ];
    all.extend(in_events());
    all
}

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
        let (counted, answer) = sent(&[nobody.clone()]).await;
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
        r#"[1, 2, 3] is a list"#,
        "plain words",
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
                &text[..9]
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
