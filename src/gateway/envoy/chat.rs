//! The body of a request to a chat API: `OpenAI`'s chat completions, Anthropic's messages.
//!
//! Bodies are controlled by the caller, so they are read like those of all gateways: a field of the wrong type is
//! absent, a message with an unknown role counts as the user's, and the memory used for a body is bounded.

use crate::domain::{Message, Parameters, Sensitive};
use crate::gateway::conversation::{content, messages, parameters, tools};
use crate::gateway::node::Node;
use crate::wire::Bounds;

/// The parts of a chat request that are used.
pub(super) struct Chat {
    pub(super) model: Option<String>,
    pub(super) system: Option<Sensitive<String>>,
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<String>,
    pub(super) parameters: Parameters,
}

/// Parses a chat request; `None` when the body is not one, or is over a bound.
pub(super) fn request(body: &[u8], bounds: &Bounds) -> Option<Chat> {
    let body = Node::read(body).ok()?;
    let messages = messages(body.get("messages"));
    let system = content(body.get("system"));
    let text: usize = messages.iter().map(|m| m.content.expose().len()).sum();
    let text = text + system.as_ref().map_or(0, String::len);
    if messages.is_empty() || messages.len() > bounds.messages_max || text > bounds.text_bytes_max {
        return None;
    }
    let short = |name: &String| !name.is_empty() && name.len() <= bounds.name_bytes_max;
    let tools = tools(body.get("tools")).into_iter().filter(short);
    let mut parameters = parameters(&body);
    parameters.reasoning_effort = parameters.reasoning_effort.filter(short);
    Some(Chat {
        model: body.get("model").name(),
        system: system.map(Sensitive::new),
        messages,
        tools: tools.take(bounds.tools_max).collect(),
        parameters,
    })
}
