//! The body of a request to a chat API: `OpenAI`'s chat completions, Anthropic's messages.
//!
//! Lenient: a field of an unusual type is absent, a message of an unknown role speaks for the caller.

use serde_json::Value;

use crate::domain::{FinishReason, Message, Parameters, ResponseFormat, Role, Sensitive};
use crate::wire::Bounds;

/// What a request says.
pub(super) struct Chat {
    pub(super) model: Option<String>,
    pub(super) system: Option<String>,
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<String>,
    pub(super) parameters: Parameters,
}

/// The request in a body; `None` for what is none, or is over a bound.
pub(super) fn request(body: &[u8], bounds: &Bounds) -> Option<Chat> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let messages: Vec<Message> = body["messages"]
        .as_array()?
        .iter()
        .filter_map(message)
        .collect();
    let system = content(&body["system"]);
    let text: usize = messages.iter().map(|m| m.content.expose().len()).sum();
    let text = text + system.as_ref().map_or(0, String::len);
    if messages.is_empty() || messages.len() > bounds.messages_max || text > bounds.text_bytes_max {
        return None;
    }
    let short = |name: &String| name.len() <= bounds.name_bytes_max;
    Some(Chat {
        model: name(&body["model"]),
        system,
        messages,
        tools: tools(&body["tools"])
            .filter(short)
            .take(bounds.tools_max)
            .collect(),
        parameters: parameters(&body),
    })
}

fn message(message: &Value) -> Option<Message> {
    let role = match message.as_object()?.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => Role::System,
        Some("assistant" | "model") => Role::Assistant,
        Some("tool" | "function") => Role::Tool,
        _ => Role::User,
    };
    Some(Message {
        role,
        content: Sensitive::new(content(&message["content"]).unwrap_or_default()),
    })
}

/// The text of a string or of a list of parts, joined by newlines; `None` where there is none. Images, calls of tools and
/// what a model only thought are not read.
pub(super) fn content(content: &Value) -> Option<String> {
    if let Some(text) = content.as_str() {
        return Some(text.to_owned());
    }
    let texts = content.as_array()?.iter().filter_map(part);
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

fn part(part: &Value) -> Option<String> {
    match part["type"].as_str() {
        // A tool's result holds parts of its own.
        Some("tool_result") => content(&part["content"]),
        None | Some("text" | "input_text" | "output_text") => {
            part["text"].as_str().or(part.as_str()).map(str::to_owned)
        }
        Some(_) => None,
    }
}

fn tools(tools: &Value) -> impl Iterator<Item = String> {
    let named = |tool: &Value| name(&tool["function"]["name"]).or_else(|| name(&tool["name"]));
    tools.as_array().into_iter().flatten().filter_map(named)
}

fn parameters(body: &Value) -> Parameters {
    let count = |field: &Value| field.as_u64().and_then(|count| u32::try_from(count).ok());
    let temperature = body["temperature"].as_f64().map(|value| value as f32);
    Parameters {
        temperature: temperature.filter(|value| value.is_finite()),
        max_tokens: count(&body["max_completion_tokens"]).or_else(|| count(&body["max_tokens"])),
        n: count(&body["n"]),
        response_format: body["response_format"]["type"]
            .as_str()
            .map(|format| match format {
                "text" => ResponseFormat::Text,
                "json_object" => ResponseFormat::JsonObject,
                "json_schema" => ResponseFormat::JsonSchema,
                _ => ResponseFormat::Other,
            }),
        reasoning_effort: name(&body["reasoning_effort"])
            .filter(|effort| effort.len() <= EFFORT_BYTES_MAX),
        logprobs: body["logprobs"].as_bool(),
    }
}

/// Longest name of an effort: they are words.
const EFFORT_BYTES_MAX: usize = 64;

/// A string that is not empty.
pub(super) fn name(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// Why the model stopped, in the words of both APIs.
pub(super) fn finish_reason(value: &Value) -> Option<FinishReason> {
    Some(match value.as_str()? {
        "stop" | "end_turn" | "stop_sequence" => FinishReason::Stop,
        "length" | "max_tokens" => FinishReason::Length,
        "tool_calls" | "tool_use" | "function_call" => FinishReason::ToolCalls,
        "content_filter" | "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    })
}
