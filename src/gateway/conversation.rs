//! Readers for the parts of a conversation in the formats of chat APIs: messages, tools, parameters, responses.
//!
//! All readers share one set of names (`domain::chat_names`). Lenient where the contract is strict: an unknown role
//! counts as the user, a message without text keeps its position, a part without text is skipped, and a number out of
//! bounds is absent. A gateway's log is read for its content, not validated for its form.

use super::node::Node;
use crate::domain::chat_names::{HTTP_STATUSES, TEMPERATURES, is_text_part};
use crate::domain::{FinishReason, Message, Parameters, Response, ResponseFormat, Role, Sensitive};

/// Reads messages from a list, from an object with a `messages` list, or from a single string.
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
                role(node.get("role").text().unwrap_or_default()),
                &content.unwrap_or_default(),
            ))
        }
        _ => None,
    }
}

/// Builds a message.
pub(super) fn message(role: Role, content: &str) -> Message {
    Message {
        role,
        content: Sensitive::new(content.to_owned()),
    }
}

/// Maps a role name to a role; unknown names count as the user.
pub(super) fn role(name: &str) -> Role {
    Role::from_name(name).unwrap_or(Role::User)
}

/// Reads the text of a string, or of a list of parts joined by newlines; `None` when there is none.
pub(super) fn content(node: &Node<'_>) -> Option<String> {
    if let Some(text) = node.text() {
        return Some(text.to_owned());
    }
    let texts: Vec<&str> = node.items().iter().filter_map(part).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// Reads a part's text: `text` in the chat APIs, `content` in the telemetry conventions. Reasoning parts and images are
/// not read.
fn part<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    let readable = node.get("type").text().is_none_or(is_text_part);
    match node {
        Node::Text(text) => Some(text),
        _ if readable => node.first(&["text", "content"]).text(),
        _ => None,
    }
}

/// Reads the names of the tools offered.
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

/// Reads sampling and output parameters under the names of chat APIs.
pub(super) fn parameters(node: &Node<'_>) -> Parameters {
    let format = node.get("response_format");
    Parameters {
        temperature: temperature(node.get("temperature")),
        max_tokens: small(node.first(&["max_completion_tokens", "max_tokens"])),
        n: small(node.get("n")).filter(|n| *n > 0),
        response_format: format
            .text()
            .or_else(|| format.get("type").text())
            .and_then(ResponseFormat::from_name),
        reasoning_effort: node.get("reasoning_effort").name(),
        logprobs: logprobs(node.get("logprobs")),
    }
}

/// Reads `logprobs`: a boolean, or in older APIs the number of alternatives to return.
fn logprobs(node: &Node<'_>) -> Option<bool> {
    let alternatives = || node.count().map(|count| count > 0);
    node.boolean().or_else(alternatives)
}

/// Reads a temperature; `None` outside the valid range.
pub(super) fn temperature(node: &Node<'_>) -> Option<f32> {
    let value = node.number()?;
    TEMPERATURES.contains(&value).then_some(value as f32)
}

/// Reads a count; `None` above [`crate::domain::chat_names::COUNT_MAX`].
pub(super) fn small(node: &Node<'_>) -> Option<u32> {
    u32::try_from(node.count()?).ok()
}

/// Reads a number of input or output tokens.
pub(super) fn tokens(node: &Node<'_>) -> Option<u64> {
    small(node).map(u64::from)
}

/// Reads an HTTP status.
pub(super) fn status(node: &Node<'_>) -> Option<u16> {
    let status = u16::try_from(node.count()?).ok();
    status.filter(|status| HTTP_STATUSES.contains(status))
}

/// Reads a response in the form of chat completions, messages or completions; without its status.
pub(super) fn answer(node: &Node<'_>) -> Response {
    let choice = node.get("choices").items().first().unwrap_or(node);
    let message = choice.first(&["message", "delta"]);
    let text = content(message.get("content"))
        .or_else(|| content(choice.get("text")))
        .or_else(|| content(node.get("content")))
        .or_else(|| output_items(node.get("output")));
    let usage = node.get("usage");
    Response {
        text: text.map(Sensitive::new),
        finish_reason: choice
            .first(&["finish_reason", "stop_reason"])
            .text()
            .and_then(FinishReason::from_name),
        status: None,
        input_tokens: tokens(usage.first(&["prompt_tokens", "input_tokens"])),
        output_tokens: tokens(usage.first(&["completion_tokens", "output_tokens"])),
    }
}

/// Reads the text of a response that is a list of items with parts.
fn output_items(node: &Node<'_>) -> Option<String> {
    let items = node.items().iter();
    let texts: Vec<String> = items
        .filter_map(|item| content(item.get("content")))
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}
