//! One call of a model as a log has it, before accounts and times are settled.

use super::LogOptions;
use super::join::Part;
use crate::chat;
use crate::domain::{CallKind, Exchange, Response, Role, Sensitive, Timestamp};
use crate::gateway::draft::{Context, Draft};
use crate::gateway::identity::{AccountOrder, Identity, Party};
use crate::json::Node;
use crate::wire::json::LineError;
use crate::wire::{Bounds, WireError};

/// What a format found in a record.
pub(super) enum Found {
    /// A whole call.
    Call(Box<Call>),
    /// A piece of the call with this id.
    Part(String, Part),
    /// Not a call of a model.
    NotACall,
    /// A record of a call without its content: what it looks like, and why there is none.
    NoContent(&'static str, &'static str),
}

/// A call, and its time as far as the log's own field for it could be read.
pub(super) struct Call {
    pub(super) draft: Draft,
    pub(super) time: Result<Option<Timestamp>, WireError>,
}

impl Call {
    pub(super) fn found(
        draft: Draft,
        time: Result<Option<Timestamp>, WireError>,
    ) -> Vec<Found> {
        vec![Found::Call(Box::new(Self { draft, time }))]
    }

    /// Takes account and time from the fields that the operator named, where the record has them.
    ///
    /// # Errors
    /// When the named field holds something that is no time.
    pub(super) fn name_fields(
        &mut self,
        record: &Node<'_>,
        options: &LogOptions,
    ) -> Result<(), LineError> {
        if let Some(name) = options.account.as_ref().and_then(|field| field.name_in(record)) {
            self.draft.identity.key = Some(name);
        }
        if let Some(time) = options.time_in(record)? {
            self.time = Ok(Some(time));
        }
        Ok(())
    }

    /// Converts the call to an exchange.
    ///
    /// # Errors
    /// When no account is named, there is no text, or the time cannot be read.
    pub(super) fn finish(
        mut self,
        looks_like: &'static str,
        received: Timestamp,
    ) -> Result<Exchange, LineError> {
        let order = AccountOrder::beginning_with(Party::Key);
        let prompt = self.draft.kind.is_none_or(CallKind::is_prompt);
        let lacks = [
            ("account", self.draft.identity.account(&order).is_none()),
            ("messages", prompt && self.draft.messages.is_empty()),
        ];
        let fields: Vec<&'static str> =
            lacks.into_iter().filter(|(_, lacks)| *lacks).map(|(name, _)| name).collect();
        if !fields.is_empty() {
            return Err(LineError::Lacking { looks_like, fields });
        }
        self.draft.time = self.time?;
        let context = Context {
            received,
            bounds: &Bounds::STANDARD,
            accounts: &order,
        };
        Ok(self.draft.finish_unread(&context)?)
    }

    /// Returns the bytes of text that the call holds.
    pub(super) fn bytes(&self) -> usize {
        let messages = self.draft.messages.iter();
        let answer = self.draft.response.text.as_ref();
        messages.map(|message| message.content.expose().len() + 32).sum::<usize>()
            + answer.map_or(0, |text| text.expose().len())
    }
}

impl LogOptions {
    /// Returns the time at the field that the operator named; `None` when none is named or the record lacks it.
    ///
    /// # Errors
    /// When the field holds something that is no time.
    pub(super) fn time_in(&self, record: &Node<'_>) -> Result<Option<Timestamp>, WireError> {
        let Some(field) = &self.time else {
            return Ok(None);
        };
        super::time::time(&field.value_in(record), field.shown(), self.zone)
    }
}

/// Reads the body of a request to any chat API.
pub(super) fn draft_of(body: &Node<'_>) -> Draft {
    let request = chat::request(body);
    let mut messages = request.messages;
    if let Some(system) = request.system
        && !messages.is_empty()
    {
        messages.insert(0, chat::message(Role::System, &system));
    }
    Draft {
        kind: kind(None, request.model.as_deref()),
        model: request.model,
        messages,
        tools: request.tools,
        parameters: request.parameters,
        identity: Identity {
            end_user: request.end_user,
            ..Identity::default()
        },
        ..Draft::default()
    }
}

/// Returns whether a value is the body of a request to a chat API.
pub(super) fn is_body(node: &Node<'_>) -> bool {
    let holds = |name: &&str| matches!(node.get(name), Node::List(_) | Node::Text(_));
    super::own::CONVERSATION.iter().any(|name| holds(&name))
}

/// Returns what a call asks for, by the name of its operation or path, and by its model where that only embeds.
pub(super) fn kind(operation: Option<&str>, model: Option<&str>) -> Option<CallKind> {
    let by_model = model.and_then(CallKind::from_name).filter(|kind| {
        matches!(kind, CallKind::Embedding | CallKind::Rerank | CallKind::Moderation)
    });
    by_model.or_else(|| operation.and_then(CallKind::from_name))
}

/// Reads an answer: a body of any chat API, its events or messages as a list, or a text.
pub(super) fn answer(node: &Node<'_>) -> Response {
    let node = node.unfolded();
    match &node {
        Node::Text(text) if !text.is_empty() => Response {
            text: Some(chat::text_or_placeholder(text.to_string())),
            ..Response::default()
        },
        Node::List(events) => {
            let mut whole = Response::default();
            for event in events {
                add_event(&mut whole, event);
            }
            whole
        }
        other => chat::answer(other),
    }
}

/// Adds one event of a streamed answer, or one of several answers.
fn add_event(whole: &mut Response, event: &Node<'_>) {
    let block = event.get("contentBlockDelta");
    let delta = if block.is_absent() { event.get("delta") } else { block.get("delta") };
    for part in [event, delta, event.get("message"), event.get("metadata")] {
        let read = chat::answer(part);
        whole.finish_reason = read.finish_reason.or(whole.finish_reason);
        whole.input_tokens = read.input_tokens.or(whole.input_tokens);
        whole.output_tokens = read.output_tokens.or(whole.output_tokens);
        whole.refused = read.refused.or(whole.refused);
        whole.refusal_category = read.refusal_category.or(whole.refusal_category.take());
    }
    let streamed = delta.get("text").text();
    let streamed = streamed.map(str::to_owned).or_else(|| {
        let text = chat::answer(event).text;
        text.map(Sensitive::into_inner)
    });
    let Some(text) = streamed.filter(|text| !text.is_empty()) else {
        return;
    };
    let before = whole.text.take().map(Sensitive::into_inner).unwrap_or_default();
    // A message that stands for itself begins a line; a delta continues one.
    let apart = !before.is_empty() && !event.first(&["role", "message"]).is_absent();
    let join = if apart { "\n" } else { "" };
    whole.text = Some(Sensitive::new([before.as_str(), join, &text].concat()));
}

/// Returns the first of several names that is present.
pub(super) fn name(record: &Node<'_>, paths: &[&str]) -> Option<String> {
    let mut names = paths.iter().map(|path| super::field::at(record, path).name());
    names.find_map(|name| name)
}

/// Returns a hidden name.
pub(super) fn hidden(record: &Node<'_>, paths: &[&str]) -> Option<Sensitive<String>> {
    name(record, paths).map(Sensitive::new)
}
