//! `LangSmith`: runs, whose messages `LangChain` serialises as its own classes.

use super::body::{answer, draft_of, name};
use super::field::at;
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::chat;
use crate::domain::{Message, Role, Sensitive};
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

/// A run.
pub(super) const RUN: Format = Format {
    name: "langsmith",
    noun: "a LangSmith run",
    recognise: |record| !record.get("run_type").is_absent() && !record.get("inputs").is_absent(),
    read: run,
};

fn run(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    if record.get("run_type").text() != Some("llm") {
        return vec![Found::NotACall];
    }
    let inputs = record.get("inputs").unfolded();
    let outputs = record.get("outputs").unfolded();
    let mut read = draft_of(&inputs);
    let serialised = messages(&inputs);
    if !serialised.is_empty() {
        read.messages = serialised;
    }
    let settings = at(record, "extra.invocation_params");
    let generation = at(&outputs, "generations.0.0");
    let mut response = if generation.is_absent() {
        answer(&outputs)
    } else {
        answer(&generation)
    };
    response.text = response.text.or_else(|| {
        let message = generation.get("message");
        chat::content(fields(message).get("content")).map(Sensitive::new)
    });
    response.input_tokens = response
        .input_tokens
        .or_else(|| chat::tokens(record.get("prompt_tokens")));
    response.output_tokens = response
        .output_tokens
        .or_else(|| chat::tokens(record.get("completion_tokens")));
    let failed = record.get("status").text() == Some("error") || !record.get("error").is_absent();
    response.status = Some(if failed { 500 } else { 200 });
    let model = [
        "extra.metadata.ls_model_name",
        "extra.invocation_params.model",
    ];
    let draft = Draft {
        id: record.get("id").name(),
        identity: Identity {
            end_user: name(record, &["extra.metadata.user_id", "extra.metadata.user"]),
            ..Identity::default()
        },
        conversation: name(
            record,
            &[
                "extra.metadata.session_id",
                "extra.metadata.thread_id",
                "extra.metadata.conversation_id",
            ],
        ),
        model: name(record, &model),
        tools: if read.tools.is_empty() {
            chat::tools(settings.get("tools"))
        } else {
            read.tools
        },
        parameters: chat::parameters(&settings),
        response,
        ..read
    };
    // LangSmith's times are in UTC.
    Found::call(
        draft,
        time(
            record.get("start_time"),
            "start_time",
            zone.or(Some(Zone::UTC)),
        ),
    )
}

/// Reads `LangChain`'s messages: a list, or one list for each prompt of a batch, of which the first is read.
fn messages(inputs: &Node<'_>) -> Vec<Message> {
    let listed = inputs.first(&["messages", "prompts"]).items();
    let listed = match listed.first() {
        Some(Node::List(first)) => first.as_slice(),
        _ => listed,
    };
    let read = listed
        .iter()
        .filter(|item| !item.get("kwargs").is_absent() || !item.get("data").is_absent());
    read.map(message).collect()
}

/// Returns the fields of a serialised object.
fn fields<'n, 'a>(item: &'n Node<'a>) -> &'n Node<'a> {
    let inner = item.first(&["kwargs", "data"]);
    if inner.is_absent() { item } else { inner }
}

fn message(item: &Node<'_>) -> Message {
    let inner = fields(item);
    let class = item.get("id").items().last().and_then(Node::text);
    let kind = inner
        .get("type")
        .text()
        .or(item.get("type").text().filter(|t| *t != "constructor"));
    let named = [class.unwrap_or_default(), kind.unwrap_or_default()];
    let is = |names: [&str; 2]| named.iter().any(|name| names.contains(name));
    let role = if is(["SystemMessage", "system"]) {
        Role::System
    } else if is(["AIMessage", "ai"]) || is(["AIMessageChunk", "AIMessageChunk"]) {
        Role::Assistant
    } else if is(["ToolMessage", "tool"]) || is(["FunctionMessage", "function"]) {
        Role::Tool
    } else {
        Role::User
    };
    chat::message(
        role,
        &chat::content(inner.get("content")).unwrap_or_default(),
    )
}
