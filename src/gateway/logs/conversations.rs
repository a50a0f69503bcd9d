//! Published conversations: `WildChat`, LMSYS-Chat, `ShareGPT`. One record is one exchange: the last answer,
//! with everything said before it as its messages.

use super::body::{hidden, name};
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::chat;
use crate::domain::{Client, Message, Response, Role};
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

/// A conversation of `WildChat`, whose account is the digest of the address that it came from.
pub(super) const WILDCHAT: Format = Format {
    name: "wildchat",
    noun: "a WildChat conversation",
    recognise: |record| {
        !record.get("conversation_hash").is_absent() && !record.get("conversation").is_absent()
    },
    read: conversation,
};

/// A conversation of LMSYS-Chat-1M, which names nobody.
pub(super) const LMSYS: Format = Format {
    name: "lmsys",
    noun: "an LMSYS conversation",
    recognise: |record| matches!(record.get("conversation"), Node::List(_)),
    read: conversation,
};

/// A conversation in the form of `ShareGPT`, which names nobody.
pub(super) const SHAREGPT: Format = Format {
    name: "sharegpt",
    noun: "a ShareGPT conversation",
    recognise: |record| matches!(record.get("conversations"), Node::List(_)),
    read: conversation,
};

fn conversation(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let turns = record.first(&["conversation", "conversations"]).items();
    let mut messages: Vec<Message> = turns.iter().map(turn).collect();
    let answered = messages
        .last()
        .is_some_and(|last| last.role == Role::Assistant);
    let answer = messages.pop_if(|_| answered);
    let first = turns.first().unwrap_or(record);
    let id = name(record, &["conversation_hash", "conversation_id", "id"]);
    let draft = Draft {
        id: id.clone(),
        identity: Identity {
            key: name(record, &["hashed_ip"]),
            ..Identity::default()
        },
        conversation: id,
        model: name(record, &["model"]),
        messages,
        response: Response {
            text: answer.map(|answer| answer.content),
            ..Response::default()
        },
        client: Client {
            user_agent: hidden(record, &["header.user-agent"]),
            ..Client::default()
        },
        ..Draft::default()
    };
    let start = record.get("timestamp");
    let start = if start.is_absent() {
        first.get("timestamp")
    } else {
        start
    };
    Found::call(draft, time(start, "timestamp", zone))
}

fn turn(item: &Node<'_>) -> Message {
    const MODELS: [&str; 7] = ["gpt", "chatgpt", "ai", "bot", "bing", "bard", "assistant"];
    let author = item.first(&["role", "from"]).text().unwrap_or_default();
    let role = if MODELS.contains(&author.to_ascii_lowercase().as_str()) {
        Role::Assistant
    } else {
        chat::role(author)
    };
    let text = chat::content(item.first(&["content", "value", "text"]));
    chat::message(role, &text.unwrap_or_default())
}
