//! `SGLang`: its log of requests, whose events of one request share a `rid`.

use super::body::{answer, draft_of};
use super::call::Call;
use super::format::{Format, Found};
use super::join::{Answer, Part};
use super::time::{Zone, time};
use crate::chat::{self, parameters, tokens};
use crate::domain::Role;
use crate::json::Node;

/// An event of a request.
pub(super) const EVENT: Format = Format {
    name: "sglang",
    noun: "an event of SGLang's request log",
    recognise: |record| {
        let event = record.get("event").text();
        event.is_some_and(|event| event.starts_with("request.")) && !record.get("rid").is_absent()
    },
    read: event,
};

fn event(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let Some(id) = record.get("rid").name() else {
        return vec![Found::NotACall];
    };
    let time = time(record.get("timestamp"), "timestamp", zone);
    if record.get("event").text() == Some("request.finished") {
        let out = record.get("out");
        let mut response = answer(out);
        let meta = out.get("meta_info");
        response.input_tokens = response
            .input_tokens
            .or_else(|| tokens(meta.get("prompt_tokens")));
        response.output_tokens = response
            .output_tokens
            .or_else(|| tokens(meta.get("completion_tokens")));
        let answer = Answer {
            response,
            time: Ok(None),
            model: None,
        };
        return vec![Found::Part(id, Part::Answer(Box::new(answer)))];
    }
    let sent = record.get("obj");
    let mut draft = draft_of(sent);
    if draft.messages.is_empty()
        && let Some(text) = chat::content(sent.get("text"))
    {
        draft.messages = vec![chat::message(Role::User, &text)];
    }
    draft.id = Some(id.clone());
    draft.parameters = parameters(sent.get("sampling_params"));
    vec![Found::Part(
        id,
        Part::Request(Box::new(Call { draft, time })),
    )]
}
