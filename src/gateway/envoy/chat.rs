//! The body of a request to a chat API: `OpenAI`'s chat completions, Anthropic's messages.
//!
//! Bodies come from whoever calls the model, so only what is used is read into memory; all else is skipped as it is parsed. A
//! field of a type that the APIs do not allow makes the body none of theirs; a message of an unknown role speaks for the
//! caller.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::domain::{Message, Parameters, Role};
use crate::gateway::conversation::{message, response_format, role};
use crate::wire::Bounds;

/// What a request says.
pub(super) struct Chat {
    pub(super) model: Option<String>,
    pub(super) system: Option<String>,
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<String>,
    pub(super) parameters: Parameters,
}

/// A body.
#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    system: Option<Content>,
    messages: Vec<Turn>,
    tools: Option<Vec<Tool>>,
    temperature: Option<f32>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    n: Option<u32>,
    response_format: Option<Format>,
    reasoning_effort: Option<String>,
    logprobs: Option<bool>,
}

#[derive(Deserialize)]
struct Turn {
    role: Option<String>,
    content: Option<Content>,
}

#[derive(Deserialize)]
struct Tool {
    name: Option<String>,
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Format {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// What is said: text, or parts of which the text is read. Images, calls of tools and their results, and what a model only
/// thought are not, as on every route.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
    Unread(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Bare(String),
    Typed {
        #[serde(rename = "type")]
        kind: Option<String>,
        text: Option<String>,
    },
    Unread(IgnoredAny),
}

/// The request in a body; `None` for what is none, or is over a bound.
pub(super) fn request(body: &[u8], bounds: &Bounds) -> Option<Chat> {
    let body: Body = serde_json::from_slice(body).ok()?;
    let parameters = body.parameters(bounds);
    let messages: Vec<Message> = body.messages.into_iter().map(Turn::message).collect();
    let system = body.system.and_then(Content::text);
    let text: usize = messages.iter().map(|m| m.content.expose().len()).sum();
    let text = text + system.as_ref().map_or(0, String::len);
    if messages.is_empty() || messages.len() > bounds.messages_max || text > bounds.text_bytes_max {
        return None;
    }
    let short = |name: &String| !name.is_empty() && name.len() <= bounds.name_bytes_max;
    let tools = body.tools.into_iter().flatten().filter_map(Tool::name);
    Some(Chat {
        model: body.model.filter(|name| !name.is_empty()),
        system,
        messages,
        tools: tools.filter(short).take(bounds.tools_max).collect(),
        parameters,
    })
}

impl Body {
    fn parameters(&self, bounds: &Bounds) -> Parameters {
        let format = self.response_format.as_ref();
        let effort = self.reasoning_effort.clone();
        Parameters {
            temperature: self.temperature.filter(|value| value.is_finite()),
            max_tokens: self.max_completion_tokens.or(self.max_tokens),
            n: self.n,
            response_format: format.and_then(|format| format.kind.as_deref().map(response_format)),
            reasoning_effort: effort.filter(|name| name.len() <= bounds.name_bytes_max),
            logprobs: self.logprobs,
        }
    }
}

impl Turn {
    fn message(self) -> Message {
        let content = self.content.and_then(Content::text).unwrap_or_default();
        message(self.role.as_deref().map_or(Role::User, role), &content)
    }
}

impl Tool {
    fn name(self) -> Option<String> {
        self.function
            .and_then(|function| function.name)
            .or(self.name)
    }
}

impl Content {
    /// Parts joined by newlines; `None` where there is no text.
    fn text(self) -> Option<String> {
        let parts = match self {
            Self::Text(text) => return Some(text),
            Self::Parts(parts) => parts,
            Self::Unread(_) => return None,
        };
        let texts: Vec<String> = parts.into_iter().filter_map(Part::text).collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    }
}

impl Part {
    fn text(self) -> Option<String> {
        match self {
            Self::Bare(text) => Some(text),
            Self::Typed { kind, text } => {
                let readable = matches!(
                    kind.as_deref(),
                    None | Some("text" | "input_text" | "output_text")
                );
                text.filter(|_| readable)
            }
            Self::Unread(_) => None,
        }
    }
}

/// The text of a content within an answer.
pub(super) fn content(value: &Value) -> Option<String> {
    Content::deserialize(value).ok()?.text()
}

/// A string that is not empty.
pub(super) fn name(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}
