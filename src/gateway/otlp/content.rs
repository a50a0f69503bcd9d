//! Requests, answers and tools inside attributes: as JSON text, as structures, or spread over numbered attributes.

use std::collections::BTreeMap;

use super::finish::finish_reason;
use crate::chat::{Request, answer, content, message, messages, request, texts_within, tools};
use crate::domain::{Message, Response, Role, Sensitive, Tool};
use crate::json::Node;

/// Reads a request from a value: the body of a chat API, a list of messages, one message, or plain text.
pub(super) fn request_of(value: &Node<'_>) -> Request {
    let node = plain(value.unfolded());
    let mut read = match &node {
        Node::Object(_) => request(&node),
        _ => Request::default(),
    };
    if read.messages.is_empty() {
        read.messages = match &node {
            Node::Object(_) if is_message(&node) => messages(&node),
            // An object of an application's own making: all of its text was the input.
            Node::Object(_) => Some(texts_within(&node))
                .filter(|text| !text.is_empty())
                .map(|text| message(Role::User, &text))
                .into_iter()
                .collect(),
            _ => messages(&node),
        };
    }
    // A prompt that happens to be JSON (a number, a list of numbers) is a text all the same.
    if let Some(text) = value.text()
        && read.messages.is_empty()
        && !matches!(text.trim(), "" | "[]" | "{}" | "null")
    {
        read.messages.push(message(Role::User, text));
    }
    if let Some(system) = read.system.take()
        && !read.messages.is_empty()
    {
        read.messages.insert(0, message(Role::System, &system));
    }
    read
}

/// Reads an answer from a value: the answer of a chat API, a list of messages, one message, or plain text.
pub(super) fn answer_of(value: &Node<'_>) -> Response {
    let node = plain(value.unfolded());
    let mut read = match &node {
        Node::Text(text) => Response {
            text: (!text.is_empty()).then(|| Sensitive::new(text.clone().into_owned())),
            ..Response::default()
        },
        Node::List(items) => {
            let mut read = items.first().map(answer).unwrap_or_default();
            read.text = text_of(&messages(&node));
            read
        }
        Node::Number(_) | Node::Boolean(_) => Response {
            text: value.text().map(|text| Sensitive::new(text.to_owned())),
            ..Response::default()
        },
        _ => {
            let generation = node.get("generations").items().first();
            let mut read = answer(generation.unwrap_or(&node));
            if read.text.is_none() && is_message(&node) {
                read.text = text_of(&messages(&node));
            }
            read
        }
    };
    if read.finish_reason.is_none() {
        let first = node.items().first().unwrap_or(&node);
        read.finish_reason = first.get("finish_reason").text().and_then(finish_reason);
    }
    read
}

/// Reads tools from a list of definitions or names, each possibly as JSON text.
pub(super) fn tools_of(value: &Node<'_>) -> Vec<Tool> {
    let node = value.unfolded();
    let items = node.items().iter();
    let definitions = items.map(|item| match item.text() {
        Some(text) if text.trim_start().starts_with('{') => item.unfolded(),
        _ => item.clone(),
    });
    match &node {
        Node::List(_) => tools(&Node::List(definitions.collect())),
        _ => tools(&node),
    }
}

/// Joins the text of messages; `None` when they have none.
pub(super) fn text_of(messages: &[Message]) -> Option<Sensitive<String>> {
    let texts = messages.iter().map(|one| one.content.expose().as_str());
    let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    (!texts.is_empty()).then(|| Sensitive::new(texts.join("\n")))
}

/// Returns the text of a message's content: as it is, or of its parts, where it is JSON of a list of typed parts.
pub(super) fn text_or_parts(value: &Node<'_>) -> String {
    let text = value.text().unwrap_or_default();
    if !text.starts_with('[') && value.text().is_some() {
        return text.to_owned();
    }
    let node = value.unfolded();
    let parts = node.items();
    if parts.iter().any(|part| !part.get("type").is_absent()) || parts.iter().any(is_text_block) {
        return content(&node).unwrap_or_default();
    }
    text.to_owned()
}

/// Groups attributes that are named `<prefix>0.role`, `<prefix>1.content` and so on by their number, in one pass.
pub(super) fn numbered<'n>(
    attributes: &'n Node<'_>,
    prefix: &str,
) -> BTreeMap<u32, Vec<(&'n str, &'n Node<'n>)>> {
    let mut found: BTreeMap<u32, Vec<_>> = BTreeMap::new();
    if let Node::Object(fields) = attributes {
        for (name, value) in fields {
            let Some((index, part)) = name
                .strip_prefix(prefix)
                .and_then(|rest| rest.split_once('.'))
            else {
                continue;
            };
            if let Ok(index) = index.parse() {
                found.entry(index).or_default().push((part, value));
            }
        }
    }
    found
}

/// Returns whether an object is a message rather than a request.
fn is_message(node: &Node<'_>) -> bool {
    const FIELDS: [&str; 3] = ["role", "content", "parts"];
    !node.first(&FIELDS).is_absent()
}

fn is_text_block(part: &Node<'_>) -> bool {
    part.get("text").text().is_some()
}

/// Takes `LangChain`'s wrappers off: lists of lists of messages, constructor calls around their arguments, and roles
/// that are written as types.
fn plain(node: Node<'_>) -> Node<'_> {
    match node {
        Node::List(items) => {
            let flat = items.into_iter().flat_map(|item| match item {
                Node::List(inner) => inner,
                other => vec![other],
            });
            Node::List(flat.map(bare).collect())
        }
        Node::Object(mut fields) => {
            for (name, value) in &mut fields {
                if matches!(name.as_ref(), "messages" | "generations") {
                    *value = plain(std::mem::take(value));
                }
            }
            Node::Object(fields)
        }
        other => other,
    }
}

/// Returns the arguments of a constructor call, or the value itself, with its role under the usual name. A message that
/// is complete as it stands is left alone: its writer could otherwise hide it behind a wrapper.
fn bare(node: Node<'_>) -> Node<'_> {
    let Node::Object(mut fields) = node else {
        return node;
    };
    let at = |wanted: &str| fields.iter().position(|(name, _)| name == wanted);
    if let (Some(wrapped), None) = (at("kwargs"), at("content")) {
        return bare(fields.swap_remove(wrapped).1);
    }
    let kind = at("type").filter(|_| at("role").is_none() && at("content").is_some());
    let author = match kind.and_then(|at| fields[at].1.text()) {
        Some("human") => Some("user"),
        Some("ai") => Some("assistant"),
        Some("system") => Some("system"),
        Some("tool") => Some("tool"),
        _ => None,
    };
    if let Some(author) = author {
        fields.push(("role".into(), Node::Text(author.into())));
    }
    Node::Object(fields)
}
