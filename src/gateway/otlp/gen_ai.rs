//! Reads a span or log record of a model call from the attributes that its emitter writes.
//!
//! - Current conventions (LiteLLM, OpenLLMetry): request and response in `gen_ai.input.messages` and
//!   `gen_ai.output.messages`, account in `metadata.user_api_key_*` or `gen_ai.user`.
//! - Older conventions: `gen_ai.prompt.N.*` and `gen_ai.completion.N.*`, `traceloop.association.properties.*`.
//! - Langfuse: `langfuse.observation.input` and `.output`, `user.id` and `session.id`.
//!
//! `stillwatch.account` is the account wherever it is set. All other spans (HTTP, database, routing) are ignored.

use std::collections::BTreeMap;

use super::record::Record;
use crate::chat::{content, message, messages, role, small, temperature, tokens};
use crate::domain::{
    Client, FinishReason, Message, Parameters, Response, ResponseFormat, Role, Sensitive,
};
use crate::gateway::draft::{Draft, time_of_micros};
use crate::gateway::identity::Identity;
use crate::json::Node;

/// Model operations that return text.
const OPERATIONS: [&str; 3] = ["chat", "text_completion", "generate_content"];

/// Reads a model call from a record; `None` when the record is not of a model call.
pub(super) fn draft(record: &Record<'_>) -> Option<Draft> {
    let attributes = &record.attributes;
    let operation = attributes.get("gen_ai.operation.name").text();
    let generation = attributes.get("langfuse.observation.type").text() == Some("generation");
    let prompt = prompt(attributes);
    let is_model_call = generation
        || operation.is_some_and(|name| OPERATIONS.contains(&name))
        || operation.is_none() && !prompt.is_empty();
    is_model_call.then(|| Draft {
        id: attributes
            .first(&["litellm.call_id", "gen_ai.response.id"])
            .name()
            .or_else(|| record.span.clone()),
        time: time_of_micros((record.nanos / 1_000) as i64).filter(|_| record.nanos > 0),
        identity: identity(attributes),
        conversation: name(
            attributes,
            &[
                "gen_ai.conversation.id",
                "session.id",
                "langfuse.session.id",
                "traceloop.association.properties.session_id",
                "langfuse.observation.metadata.langfuse_session_id",
            ],
        ),
        model: name(
            attributes,
            &[
                "gen_ai.request.model",
                "gen_ai.response.model",
                "langfuse.observation.model.name",
            ],
        ),
        messages: prompt,
        tools: crate::chat::tools(&attributes.get("gen_ai.tool.definitions").unfolded()),
        parameters: parameters(attributes),
        response: response(attributes, record.failed),
        client: Client {
            ip: name(attributes, &["metadata.requester_ip_address"]).map(Sensitive::new),
            user_agent: name(attributes, &["metadata.user_agent"]).map(Sensitive::new),
            ..Client::default()
        },
        ..Draft::default()
    })
}

fn identity(attributes: &Node<'_>) -> Identity {
    let mut identity = Identity::of_litellm(attributes, "metadata.");
    identity.key = name(attributes, &["stillwatch.account"]).or(identity.key);
    identity.end_user = identity.end_user.or_else(|| {
        name(
            attributes,
            &[
                "gen_ai.user",
                "llm.user",
                "user.id",
                "enduser.id",
                "langfuse.user.id",
                "traceloop.association.properties.user_id",
                "langfuse.observation.metadata.langfuse_user_id",
            ],
        )
    });
    identity
}

/// Returns the first name that is present. Langfuse writes metadata as JSON, including the quotes.
fn name(attributes: &Node<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let value = attributes.get(name);
        match value.text() {
            Some(text) if text.starts_with('"') => value.unfolded().name(),
            _ => value.name(),
        }
    })
}

/// Reads the messages of the request.
fn prompt(attributes: &Node<'_>) -> Vec<Message> {
    let mut prompt = messages(&attributes.get("gen_ai.input.messages").unfolded());
    if prompt.is_empty() {
        prompt = messages(&attributes.get("langfuse.observation.input").unfolded());
    }
    if prompt.is_empty() {
        prompt = indexed(attributes, "gen_ai.prompt.");
    }
    if prompt.is_empty()
        && let Some(text) = attributes.get("gen_ai.prompt").text()
    {
        prompt = vec![message(Role::User, text)];
    }
    let system = attributes.get("gen_ai.system_instructions").unfolded();
    if let Some(system) = content(&system)
        && !prompt.is_empty()
    {
        prompt.insert(0, message(Role::System, &system));
    }
    prompt
}

/// Reads messages whose parts are separate attributes, `<prefix>0.role` and so on, in one pass over the attributes.
fn indexed(attributes: &Node<'_>, prefix: &str) -> Vec<Message> {
    let Node::Object(fields) = attributes else {
        return Vec::new();
    };
    let mut found: BTreeMap<u32, (Role, String)> = BTreeMap::new();
    for (name, value) in fields {
        let Some((index, part)) = name
            .strip_prefix(prefix)
            .and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        let (Ok(index), Some(text)) = (index.parse(), value.text()) else {
            continue;
        };
        let entry = found.entry(index).or_insert((Role::User, String::new()));
        match part {
            "role" => entry.0 = role(text),
            // A list of parts, as JSON.
            "content" if text.starts_with('[') => {
                entry.1 = content(&value.unfolded()).unwrap_or_default();
            }
            "content" => text.clone_into(&mut entry.1),
            _ => {}
        }
    }
    let messages = found.into_values();
    messages.map(|(role, text)| message(role, &text)).collect()
}

fn parameters(attributes: &Node<'_>) -> Parameters {
    let langfuse = attributes
        .get("langfuse.observation.model.parameters")
        .unfolded();
    let of = |name: &str, short: &str| {
        let value = attributes.get(name);
        if value.is_absent() {
            langfuse.get(short).clone()
        } else {
            value.clone()
        }
    };
    Parameters {
        temperature: temperature(&of("gen_ai.request.temperature", "temperature")),
        max_tokens: small(&of("gen_ai.request.max_tokens", "max_tokens")),
        n: small(&of("gen_ai.request.choice.count", "n")).filter(|n| *n > 0),
        response_format: attributes
            .first(&[
                "gen_ai.output.type",
                "gen_ai.openai.request.response_format",
            ])
            .text()
            .and_then(ResponseFormat::from_name),
        ..Parameters::default()
    }
}

fn response(attributes: &Node<'_>, failed: bool) -> Response {
    let mut answers = messages(&attributes.get("gen_ai.output.messages").unfolded());
    if answers.is_empty() {
        answers = messages(&attributes.get("langfuse.observation.output").unfolded());
    }
    if answers.is_empty() {
        answers = indexed(attributes, "gen_ai.completion.");
    }
    let usage = attributes
        .get("langfuse.observation.usage_details")
        .unfolded();
    let tokens = |names: &[&str], short: &[&str]| {
        let count = tokens(attributes.first(names));
        count.or_else(|| tokens(usage.first(short)))
    };
    let reasons = attributes.get("gen_ai.response.finish_reasons").unfolded();
    let reason = reasons.items().first().and_then(Node::text);
    let reason = reason.or_else(|| attributes.get("gen_ai.completion.0.finish_reason").text());
    let answered = !answers.is_empty() || reason.is_some();
    let text = answers
        .iter()
        .map(|answer| answer.content.expose().as_str());
    let text = text.collect::<Vec<_>>().join("\n");
    Response {
        text: (!text.is_empty()).then(|| Sensitive::new(text)),
        finish_reason: reason.and_then(FinishReason::from_name),
        status: match (failed, answered) {
            (true, _) => Some(500),
            (false, true) => Some(200),
            (false, false) => None,
        },
        input_tokens: tokens(
            &["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"],
            &["input", "prompt_tokens", "input_tokens"],
        ),
        output_tokens: tokens(
            &[
                "gen_ai.usage.output_tokens",
                "gen_ai.usage.completion_tokens",
            ],
            &["output", "completion_tokens", "output_tokens"],
        ),
        ..Response::default()
    }
}
