//! The parts of a conversation as chat APIs write them: messages, tools, settings, answers.
//!
//! Lenient where the contract is strict: a role that is not known speaks for the caller, a message without text keeps
//! its place, a part without text is skipped. A gateway's log is read for what it holds, not marked for its form.

use super::node::Node;
use crate::domain::{FinishReason, Message, Parameters, Response, ResponseFormat, Role, Sensitive};

/// Highest temperature that is read, as in traffic logs.
const TEMPERATURE_MAX: f64 = 100.0;

/// The messages of a list, of an object that holds one as `messages`, or of a string alone.
pub(super) fn messages(node: &Node<'_>) -> Vec<Message> {
    match node {
        Node::Text(text) => vec![message(Role::User, text)],
        Node::Object(_) if node.get("messages").is_absent() => {
            node_message(node).into_iter().collect()
        }
        Node::Object(_) => messages(node.get("messages")),
        _ => node.items().iter().filter_map(node_message).collect(),
    }
}

fn node_message(node: &Node<'_>) -> Option<Message> {
    match node {
        Node::Text(text) => Some(message(Role::User, text)),
        Node::Object(_) => {
            let content = content(node.first(&["content", "parts"]));
            Some(message(
                role(node.get("role").text().unwrap_or("user")),
                &content.unwrap_or_default(),
            ))
        }
        _ => None,
    }
}

/// A message.
pub(super) fn message(role: Role, content: &str) -> Message {
    Message {
        role,
        content: Sensitive::new(content.to_owned()),
    }
}

/// Who speaks.
pub(super) fn role(name: &str) -> Role {
    match name {
        "system" | "developer" => Role::System,
        "assistant" | "model" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        _ => Role::User,
    }
}

/// The text of a string or of a list of parts, joined by newlines; `None` where there is none.
pub(super) fn content(node: &Node<'_>) -> Option<String> {
    if let Some(text) = node.text() {
        return Some(text.to_owned());
    }
    let texts: Vec<&str> = node.items().iter().filter_map(part).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// A part's text: `text` in the APIs' forms, `content` in that of the telemetry conventions. What a model only thought,
/// and images, are not read.
fn part<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    let readable = matches!(
        node.get("type").text(),
        None | Some("text" | "input_text" | "output_text")
    );
    match node {
        Node::Text(text) => Some(text),
        _ if readable => node.first(&["text", "content"]).text(),
        _ => None,
    }
}

/// Names of the tools offered.
pub(super) fn tools(node: &Node<'_>) -> Vec<String> {
    let name = |tool: &Node<'_>| match tool {
        Node::Text(name) => Some(name.clone().into_owned()),
        _ => tool
            .get("function")
            .get("name")
            .name()
            .or_else(|| tool.first(&["name", "type"]).name()),
    };
    node.items().iter().filter_map(name).collect()
}

/// Sampling and output settings under the names of chat APIs.
pub(super) fn parameters(node: &Node<'_>) -> Parameters {
    let format = node.get("response_format");
    Parameters {
        temperature: temperature(node.get("temperature")),
        max_tokens: small(node.first(&["max_completion_tokens", "max_tokens"])),
        n: small(node.get("n")).filter(|n| *n > 0),
        response_format: format
            .text()
            .or_else(|| format.get("type").text())
            .map(response_format),
        reasoning_effort: node.get("reasoning_effort").name(),
        logprobs: node.get("logprobs").boolean(),
    }
}

/// A temperature that makes sense.
pub(super) fn temperature(node: &Node<'_>) -> Option<f32> {
    let value = node.number()?;
    (0.0..=TEMPERATURE_MAX)
        .contains(&value)
        .then_some(value as f32)
}

/// A count that fits 32 bits.
pub(super) fn small(node: &Node<'_>) -> Option<u32> {
    node.count().and_then(|count| u32::try_from(count).ok())
}

/// The shape of output that a name asks for.
pub(super) fn response_format(name: &str) -> ResponseFormat {
    match name {
        "text" => ResponseFormat::Text,
        "json_object" | "json" => ResponseFormat::JsonObject,
        "json_schema" => ResponseFormat::JsonSchema,
        _ => ResponseFormat::Other,
    }
}

/// Why the model stopped, in the words of the usual APIs.
pub(super) fn finish_reason(name: &str) -> FinishReason {
    match name.to_ascii_lowercase().as_str() {
        "stop" | "end_turn" | "stop_sequence" => FinishReason::Stop,
        "length" | "max_tokens" => FinishReason::Length,
        "tool_call" | "tool_calls" | "tool_use" | "function_call" => FinishReason::ToolCalls,
        "content_filter" | "refusal" | "safety" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}

/// An answer as chat completions, messages or completions have it; no status.
pub(super) fn answer(node: &Node<'_>) -> Response {
    let choice = node.get("choices").items().first().unwrap_or(node);
    let said = choice.first(&["message", "delta"]);
    let text = content(said.get("content"))
        .or_else(|| content(choice.get("text")))
        .or_else(|| content(node.get("content")))
        .or_else(|| output_items(node.get("output")));
    let usage = node.get("usage");
    Response {
        text: text.map(Sensitive::new),
        finish_reason: choice
            .first(&["finish_reason", "stop_reason"])
            .text()
            .map(finish_reason),
        status: None,
        input_tokens: usage.first(&["prompt_tokens", "input_tokens"]).count(),
        output_tokens: usage.first(&["completion_tokens", "output_tokens"]).count(),
    }
}

/// The text of an answer that is a list of items with parts.
fn output_items(node: &Node<'_>) -> Option<String> {
    let items = node.items().iter();
    let texts: Vec<String> = items
        .filter_map(|item| content(item.get("content")))
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}
