//! Messages and the text of their contents.

use crate::domain::chat_names::{is_attached_part, is_placeholder, is_text_part};
use crate::domain::{Message, Role, Sensitive};
use crate::json::Node;

/// Levels of lists and objects that are searched for text inside what a tool returned.
const DEPTH_MAX: usize = 6;

/// Reads messages from a list, from an object with a `messages` list, from one message, or from a single string.
///
/// What a tool returned and what was attached become messages of their own, before the message that carries them.
pub(crate) fn messages(node: &Node<'_>) -> Vec<Message> {
    match node {
        Node::Text(text) => vec![message(Role::User, text)],
        Node::Object(_) if node.get("messages").is_absent() => {
            let mut one = Vec::new();
            push_item(node, &mut one);
            one
        }
        Node::Object(_) => messages(node.get("messages")),
        _ => {
            let items = node.items();
            let mut read = Vec::with_capacity(items.len());
            for item in items {
                push_item(item, &mut read);
            }
            read
        }
    }
}

/// Builds a message.
pub(crate) fn message(role: Role, content: &str) -> Message {
    Message {
        role,
        content: text_or_placeholder(content.to_owned()),
    }
}

/// Wraps a text; a placeholder of a redacting gateway is no content.
pub(crate) fn text_or_placeholder(text: String) -> Sensitive<String> {
    Sensitive::new(if is_placeholder(&text) {
        String::new()
    } else {
        text
    })
}

/// Maps a role name to a role; unknown names count as the user, who must not be able to hide a message behind one.
pub(crate) fn role(name: &str) -> Role {
    Role::from_name(name).unwrap_or(Role::User)
}

fn push_item(item: &Node<'_>, out: &mut Vec<Message>) {
    match item {
        Node::Text(text) => out.push(message(Role::User, text)),
        Node::Object(_) => push_message(item, out),
        _ => {}
    }
}

/// Reads one item of a conversation: a message, or what stands beside messages in newer APIs (a tool's output, a call).
fn push_message(item: &Node<'_>, out: &mut Vec<Message>) {
    let named = item.first(&["role", "from"]).text();
    let kind = item.get("type").text().unwrap_or_default();
    if named.is_none() && is_attached_part(kind) {
        return out.push(message(Role::Tool, &texts_within(item)));
    }
    let author = match named {
        Some(name) => role(name),
        // An item that is neither a message nor a text is the model's: a call, a thought.
        None if !(kind.is_empty() || kind == "message" || is_text_part(kind)) => Role::Assistant,
        None => Role::User,
    };
    let content = item.first(&["content", "parts", "value", "text"]);
    for part in content.items() {
        if let Some(text) = attached(part) {
            out.push(message(Role::Tool, &text));
        }
    }
    out.push(message(author, &self::content(content).unwrap_or_default()));
}

/// Reads the text of a string, of one part, or of a list of parts joined by newlines; `None` when there is none.
pub(crate) fn content(node: &Node<'_>) -> Option<String> {
    match node {
        Node::Text(text) => Some(text.clone().into_owned()),
        Node::Object(_) if !node.get("parts").is_absent() => content(node.get("parts")),
        Node::Object(_) => part(node).map(str::to_owned),
        _ => {
            let texts: Vec<&str> = node.items().iter().filter_map(part).collect();
            (!texts.is_empty()).then(|| texts.join("\n"))
        }
    }
}

/// Reads a part's text: `text` in the chat APIs, `content` in the telemetry conventions. Reasoning parts and images are
/// not read.
fn part<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    let readable = node.get("type").text().is_none_or(is_text_part) && !is_thought(node);
    match node {
        Node::Text(text) => Some(text),
        _ if readable => node.first(&["text", "content"]).text(),
        _ => None,
    }
}

/// Returns whether a part is marked as a model's thought.
fn is_thought(node: &Node<'_>) -> bool {
    node.get("thought").boolean() == Some(true)
}

/// Reads the text of a part that somebody else wrote: a document, a file, a tool's result.
fn attached(part: &Node<'_>) -> Option<String> {
    const WRAPPED: [&str; 5] = [
        "document",
        "toolResult",
        "functionResponse",
        "function_response",
        "searchResult",
    ];
    let wrapped = part.first(&WRAPPED);
    let holder = match part.get("type").text() {
        Some(kind) if is_attached_part(kind) => part,
        _ if !wrapped.is_absent() => wrapped,
        _ => return None,
    };
    let text = texts_within(holder);
    (!text.is_empty()).then_some(text)
}

/// Reads all text inside a value, joined by newlines: of an object, the fields that hold text in the formats of tools
/// and documents. Encoded bytes are not text.
pub(crate) fn texts_within(node: &Node<'_>) -> String {
    let mut texts = Vec::new();
    collect(node, DEPTH_MAX, &mut texts);
    texts.join("\n")
}

fn collect<'n>(node: &'n Node<'_>, depth: usize, texts: &mut Vec<&'n str>) {
    /// Fields that name, type or number things.
    const UNREAD: [&str; 16] = [
        "type",
        "id",
        "name",
        "role",
        "status",
        "format",
        "media_type",
        "mimeType",
        "mediaType",
        "call_id",
        "tool_use_id",
        "toolUseId",
        "toolCallId",
        "toolName",
        "file_id",
        "bytes",
    ];
    match node {
        Node::Text(text) if !text.is_empty() => texts.push(text),
        Node::List(items) if depth > 0 => {
            for item in items {
                collect(item, depth - 1, texts);
            }
        }
        Node::Object(fields) if depth > 0 => {
            let media = node.get("mediaType").text();
            let encoded = node.get("type").text() == Some("base64")
                || media.is_some_and(|media| !media.starts_with("text/"))
                || is_thought(node);
            let fields = fields.iter().filter(|(name, value)| {
                let bytes = value.text().is_some_and(|text| text.starts_with("data:"));
                let unread = UNREAD.contains(&name.as_ref()) || (encoded && name == "data");
                !(unread || bytes)
            });
            for (_, value) in fields {
                collect(value, depth - 1, texts);
            }
        }
        _ => {}
    }
}
