//! The body of a request to a chat API: `OpenAI`'s chat completions, Anthropic's messages.
//!
//! Bodies come from whoever calls the model, so they are read as those of all gateways are: a field of the wrong type is
//! absent, a message of an unknown role speaks for the caller, and what a body may take in memory is bounded.

use crate::domain::{Message, Parameters, Sensitive};
use crate::gateway::conversation::{content, messages, parameters, tools};
use crate::gateway::node::Node;
use crate::wire::Bounds;

/// What a request says.
pub(super) struct Chat {
    pub(super) model: Option<String>,
    pub(super) system: Option<Sensitive<String>>,
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<String>,
    pub(super) parameters: Parameters,
}

/// The request in a body; `None` for what is none, or is over a bound.
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
