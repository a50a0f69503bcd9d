//! The parts of a conversation as chat APIs write them: requests, messages, tools, settings, answers.
//!
//! One reader for every door: the contract's JSON, gateways, telemetry and logs differ in what they wrap around a
//! request, not in how they write one. All share one set of names (`domain::chat_names`) and are lenient: an unknown
//! role counts as the user, a message without text keeps its position, a part without text is skipped, a number out of
//! bounds is absent. What reaches the model is read, not validated.
//!
//! Uses `domain` and `json`; knows no transport and no account.

mod answer;
mod messages;
mod settings;
mod tools;

pub(crate) use answer::answer;
pub(crate) use messages::{content, message, messages, role, text_or_placeholder, texts_within};
pub(crate) use settings::{flag, parameters, small, status, temperature, tokens};
pub(crate) use tools::tools;

use crate::domain::{Message, Parameters, Tool};
use crate::json::Node;

/// The parts of a request to a chat API that are read, whichever API it is.
#[derive(Default)]
pub(crate) struct Request {
    pub(crate) model: Option<String>,
    pub(crate) system: Option<String>,
    pub(crate) messages: Vec<Message>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) parameters: Parameters,
    /// The user behind the account, as the caller names it.
    pub(crate) end_user: Option<String>,
}

/// Reads a request body: chat completions, Responses, completions, Anthropic's messages, Gemini, Bedrock's Converse.
pub(crate) fn request(body: &Node<'_>) -> Request {
    Request {
        model: body.first(&["model", "modelId", "model_id"]).name(),
        system: system(body),
        messages: conversation(body),
        tools: tools(body.first(&["tools", "toolConfig", "functions"])),
        parameters: parameters(body),
        end_user: body
            .first(&["safety_identifier", "user"])
            .name()
            .or_else(|| body.get("metadata").get("user_id").name()),
    }
}

/// The names that chat APIs give a conversation.
pub(crate) const CONVERSATION: [&str; 6] = [
    "messages",
    "input",
    "contents",
    "prompt",
    "inputText",
    "chat_history",
];

/// Reads the messages of a body under whichever name its API gives them.
fn conversation(body: &Node<'_>) -> Vec<Message> {
    let read = CONVERSATION.iter().map(|name| messages(body.get(name)));
    read.into_iter()
        .find(|messages| !messages.is_empty())
        .unwrap_or_default()
}

/// Reads the system prompt that a body carries apart from its messages; `None` for a blank one.
pub(crate) fn system(body: &Node<'_>) -> Option<String> {
    const NAMES: [&str; 5] = [
        "system",
        "instructions",
        "system_instruction",
        "systemInstruction",
        "preamble",
    ];
    let text = NAMES.iter().find_map(|name| content(body.get(name)));
    text.filter(|text| !text.trim().is_empty())
}
