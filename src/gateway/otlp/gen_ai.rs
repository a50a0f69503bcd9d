//! OpenTelemetry's own conventions, and what came before them.
//!
//! | | attributes |
//! |---|---|
//! | messages, now | `gen_ai.input.messages`, `gen_ai.output.messages`, `gen_ai.system_instructions` |
//! | messages, before | `gen_ai.prompt.N.role`, `.content`, `gen_ai.completion.N.*`; `gen_ai.prompt`; `events` |
//! | messages in events | see [`super::events`] |
//! | kind | `gen_ai.operation.name`, `llm.request.type`, `langsmith.span.kind` |
//!
//! A record with an operation or with messages is a model call, whatever the operation's name: frameworks invent new
//! ones. Only the known steps around calls are not: their messages come again with the calls themselves. An agent that
//! another service runs is a call, because nothing else tells of it.

use super::call::{Reading, complete, draft, kind, with_status};
use super::content::{answer_of, numbered, request_of, text_of, text_or_parts, tools_of};
use super::events;
use super::record::Record;
use crate::chat::{content, message, role};
use crate::domain::{Message, Response, Role, Sensitive, Tool};
use crate::json::Node;

/// Operations around model calls.
const AROUND: [&str; 14] = [
    "invoke_agent",
    "create_agent",
    "execute_tool",
    "invoke_workflow",
    "execute_event_loop_cycle",
    "create_thread",
    "process_thread_run",
    "retrieval",
    "workflow",
    "agent",
    "chain",
    "task",
    "tool",
    "plan",
];
/// The operation that is a call when another service runs the agent.
const REMOTE: &str = "invoke_agent";
/// Fields that an agent's own span has, with all messages of its calls.
const OF_AGENTS: [&str; 2] = ["all_messages_events", "pydantic_ai.all_messages"];

/// Reads a record in these conventions.
pub(super) fn read(record: &Record<'_>, resource: &Node<'_>) -> Reading {
    let attributes = &record.attributes;
    let operation = attributes.first(&["gen_ai.operation.name", "llm.request.type"]);
    let named = operation.text().map(str::trim).unwrap_or_default();
    let step = attributes.get("langsmith.span.kind").text();
    let around = AROUND.contains(&named) && !(named == REMOTE && record.outgoing)
        || step.is_some_and(|kind| kind != "llm")
        || !attributes.first(&OF_AGENTS).is_absent();
    if around {
        return Reading::Around;
    }
    let messages = prompt(record);
    let answer = answer(record);
    if named.is_empty() && messages.is_empty() && answer.text.is_none() {
        return Reading::Unknown;
    }
    let mut draft = draft(record, resource);
    draft.messages = messages;
    draft.kind = kind(operation);
    if draft.tools.is_empty() {
        draft.tools = tools(attributes);
    }
    complete(&mut draft.response, answer);
    Reading::Call(Box::new(with_status(draft)))
}

/// Reads the messages of the request from the first place that has any.
fn prompt(record: &Record<'_>) -> Vec<Message> {
    const WHOLE: [&str; 2] = ["gen_ai.input.messages", "gen_ai.prompt"];
    let attributes = &record.attributes;
    let mut prompt = Vec::new();
    for name in WHOLE {
        if prompt.is_empty() && !attributes.get(name).is_absent() {
            prompt = request_of(attributes.get(name)).messages;
        }
    }
    if prompt.is_empty() {
        prompt = indexed(attributes, "gen_ai.prompt.");
    }
    if prompt.is_empty() {
        prompt = events::of_list(attributes.get("events")).messages;
    }
    if prompt.is_empty() {
        prompt = events::of_span(record).messages;
    }
    let system = attributes.get("gen_ai.system_instructions").unfolded();
    if let Some(system) = content(&system)
        && !prompt.is_empty()
    {
        prompt.insert(0, message(Role::System, &system));
    }
    prompt
}

/// Reads the answer from every place that has a part of it.
fn answer(record: &Record<'_>) -> Response {
    let attributes = &record.attributes;
    let mut response = Response::default();
    for name in ["gen_ai.output.messages", "gen_ai.completion"] {
        if response.text.is_none() && !attributes.get(name).is_absent() {
            complete(&mut response, answer_of(attributes.get(name)));
        }
    }
    if response.text.is_none() {
        response.text = text_of(&indexed(attributes, "gen_ai.completion."));
        let refusal = attributes.get("gen_ai.completion.0.refusal").text();
        if refusal.is_some_and(|words| !words.is_empty()) {
            response.refused = Some(true);
        }
    }
    complete(
        &mut response,
        events::of_list(attributes.get("events")).response,
    );
    complete(&mut response, events::of_span(record).response);
    response
}

/// Reads messages whose parts are separate attributes: `<prefix>0.role` and so on.
fn indexed(attributes: &Node<'_>, prefix: &str) -> Vec<Message> {
    let messages = numbered(attributes, prefix).into_values().map(|parts| {
        let mut author = Role::User;
        let mut text = String::new();
        for (part, value) in parts {
            match part {
                "role" => author = value.text().map_or(Role::User, role),
                "content" => text = text_or_parts(value),
                _ => {}
            }
        }
        message(author, &text)
    });
    messages.collect()
}

/// Reads tools under the names of OpenLLMetry and of Pydantic AI.
fn tools(attributes: &Node<'_>) -> Vec<Tool> {
    let mut read = Vec::new();
    for parts in numbered(attributes, "llm.request.functions.").into_values() {
        let of = |wanted: &str| {
            let mut found = parts.iter().filter(|(part, _)| *part == wanted);
            found.find_map(|(_, value)| value.name())
        };
        if let Some(name) = of("name") {
            read.push(Tool {
                name,
                description: of("description").map(Sensitive::new),
            });
        }
    }
    if read.is_empty() {
        let parameters = attributes.get("model_request_parameters").unfolded();
        read = tools_of(parameters.get("function_tools"));
    }
    read
}
