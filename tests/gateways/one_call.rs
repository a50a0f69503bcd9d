//! One call of a model as each SDK and framework writes its span.

use serde_json::{Value, json};

use crate::emitted::Record;

/// The messages of every call here, in the form of chat APIs.
pub(crate) fn asked() -> Value {
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

pub(crate) fn open_inference_bodies() -> Value {
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

pub(crate) fn vercel() -> Value {
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

pub(crate) fn adk() -> Value {
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

pub(crate) fn mlflow() -> Value {
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

pub(crate) fn pydantic_ai() -> Value {
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
pub(crate) fn bare() -> Value {
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

/// Returns the call as every dialect writes it.
pub(crate) fn every_dialect() -> Vec<(&'static str, Record)> {
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
