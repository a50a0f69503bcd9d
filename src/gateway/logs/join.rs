//! Calls that a log has in pieces: a request and its answer, or chunks of both.
//!
//! Pieces may come in any order and from different files. A call waits for its pieces until the end of the input, or
//! until more than [`WAITING_MAX`] calls or [`BYTES_MAX`] bytes of text wait: then the oldest is given out as it is, a
//! request without its answer; an answer that comes later is an error, as one without a request is.

use std::collections::{BTreeMap, HashMap};

use super::body::answer;
use super::call::Call;
use super::options::LogOptions;
use crate::chat;
use crate::domain::{Exchange, Response, Timestamp};
use crate::json::Node;
use crate::wire::WireError;
use crate::wire::json::LineError;

/// Maximum calls that wait for their other pieces.
const WAITING_MAX: usize = 65_536;
/// Maximum bytes of text of the calls that wait.
const BYTES_MAX: usize = 256 << 20;

/// A piece of a call.
pub(super) enum Part {
    /// The request; an answer may follow.
    Request(Box<Call>),
    /// The answer.
    Answer(Box<Answer>),
    /// A chunk of request and answer, both JSON text, with its position.
    Chunk(u64, Box<Call>, [String; 2]),
}

/// The answer to a call.
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) time: Result<Option<Timestamp>, WireError>,
    pub(super) model: Option<String>,
}

impl Part {
    /// Takes account and time from the fields that the operator named, where the record has them.
    ///
    /// # Errors
    /// When the named field holds something that is no time.
    pub(super) fn name_fields(
        &mut self,
        record: &Node<'_>,
        options: &LogOptions,
    ) -> Result<(), LineError> {
        match self {
            Self::Request(call) | Self::Chunk(_, call, _) => call.name_fields(record, options),
            Self::Answer(answer) => {
                if let Some(time) = options.time_in(record)? {
                    answer.time = Ok(Some(time));
                }
                Ok(())
            }
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Request(call) => call.bytes(),
            Self::Answer(answer) => answer
                .response
                .text
                .as_ref()
                .map_or(0, |t| t.expose().len()),
            Self::Chunk(_, call, texts) => {
                call.bytes() + texts.iter().map(String::len).sum::<usize>()
            }
        }
    }
}

/// A piece, and the call that it belongs to.
pub(crate) struct Pending {
    /// Name of the format, and what its records are called.
    format: [&'static str; 2],
    id: String,
    part: Part,
    received: Timestamp,
}

impl Pending {
    pub(super) fn new(
        format: [&'static str; 2],
        id: String,
        part: Part,
        received: Timestamp,
    ) -> Self {
        Self {
            format,
            id,
            part,
            received,
        }
    }
}

/// Puts calls together. `O` says where a piece stood; a call has the place of its first piece.
pub(crate) struct Joiner<O> {
    waiting: BTreeMap<u64, (O, Pending, Vec<Part>)>,
    serials: HashMap<(&'static str, String), u64>,
    next: u64,
    bytes: usize,
}

impl<O> Default for Joiner<O> {
    fn default() -> Self {
        Self {
            waiting: BTreeMap::new(),
            serials: HashMap::new(),
            next: 0,
            bytes: 0,
        }
    }
}

/// An exchange that was put together, or why it could not be, and where its first piece stood.
type Joined<O> = (O, Result<Exchange, LineError>);

impl<O> Joiner<O> {
    /// Takes a piece and passes on what is complete, and what has to go at the bound.
    pub(crate) fn add(&mut self, origin: O, pending: Pending, mut out: impl FnMut(Joined<O>)) {
        let key = (pending.format[0], pending.id.clone());
        self.bytes += pending.part.bytes();
        let serial = self.serials.get(&key).copied();
        match serial.and_then(|serial| self.waiting.get_mut(&serial)) {
            Some((_, first, rest)) => {
                let twice = matches!(
                    (&first.part, &pending.part),
                    (Part::Request(_), Part::Request(_)) | (Part::Answer(_), Part::Answer(_))
                );
                if twice {
                    // The same id again: another batch. The call that waited is given out as it is.
                    self.release(serial.unwrap_or_default(), &mut out);
                    self.keep(key, origin, pending);
                } else if matches!(pending.part, Part::Chunk(..)) {
                    rest.push(pending.part);
                } else {
                    rest.push(pending.part);
                    self.release(serial.unwrap_or_default(), &mut out);
                }
            }
            None => self.keep(key, origin, pending),
        }
        while self.waiting.len() > WAITING_MAX || self.bytes > BYTES_MAX && !self.waiting.is_empty()
        {
            let oldest = self.waiting.keys().next().copied().unwrap_or_default();
            self.release(oldest, &mut out);
        }
    }

    /// Passes on everything that still waits, in the order in which it came.
    pub(crate) fn finish(&mut self, mut out: impl FnMut(Joined<O>)) {
        while let Some(serial) = self.waiting.keys().next().copied() {
            self.release(serial, &mut out);
        }
    }

    fn keep(&mut self, key: (&'static str, String), origin: O, pending: Pending) {
        self.serials.insert(key, self.next);
        self.waiting
            .insert(self.next, (origin, pending, Vec::new()));
        self.next += 1;
    }

    fn release(&mut self, serial: u64, out: &mut impl FnMut(Joined<O>)) {
        let Some((origin, first, rest)) = self.waiting.remove(&serial) else {
            return;
        };
        let held = rest.iter().map(Part::bytes).sum::<usize>() + first.part.bytes();
        self.bytes = self.bytes.saturating_sub(held);
        self.serials.remove(&(first.format[0], first.id));
        let parts = std::iter::once(first.part).chain(rest);
        out((origin, joined(first.format[1], parts, first.received)));
    }
}

fn joined(
    looks_like: &'static str,
    parts: impl Iterator<Item = Part>,
    received: Timestamp,
) -> Result<Exchange, LineError> {
    let (mut call, mut answer, mut chunks) = (None, None, Vec::new());
    for part in parts {
        match part {
            Part::Request(request) => call = Some(request),
            Part::Answer(given) => answer = Some(given),
            Part::Chunk(sequence, call, texts) => chunks.push((sequence, call, texts)),
        }
    }
    if !chunks.is_empty() {
        call = whole(chunks);
    }
    let Some(mut call) = call else {
        return Err(LineError::NoContent {
            looks_like,
            why: "an answer whose request is in none of the files; give the file of requests, too",
        });
    };
    if let Some(answer) = answer {
        call.draft.response = answer.response;
        if matches!(call.time, Ok(None)) {
            call.time = answer.time;
        }
        call.draft.model = call.draft.model.or(answer.model);
    }
    call.finish(looks_like, received)
}

/// Puts chunks together: the fields of the first, the texts of all.
fn whole(mut chunks: Vec<(u64, Box<Call>, [String; 2])>) -> Option<Box<Call>> {
    chunks.sort_by_key(|(sequence, ..)| *sequence);
    let texts = |side: usize| chunks.iter().map(move |(.., texts)| texts[side].as_str());
    let messages = continued(texts(0));
    let given = continued(texts(1));
    let mut chunks = chunks.into_iter();
    let (_, mut call, _) = chunks.next()?;
    for (_, other, _) in chunks {
        let identity = &mut call.draft.identity;
        identity.key = identity.key.take().or(other.draft.identity.key);
        call.draft.model = call.draft.model.take().or(other.draft.model);
        let response = &mut call.draft.response;
        response.input_tokens = response.input_tokens.or(other.draft.response.input_tokens);
        response.output_tokens = response
            .output_tokens
            .or(other.draft.response.output_tokens);
    }
    call.draft.messages = messages
        .into_iter()
        .map(|(role, text)| chat::message(chat::role(&role), &text))
        .collect();
    let text: Vec<String> = given.into_iter().map(|(_, text)| text).collect();
    let text = text.join("\n");
    if !text.is_empty() {
        call.draft.response.text = Some(chat::text_or_placeholder(text));
    }
    Some(call)
}

/// Reads messages that were cut into chunks: the first message of a chunk continues the last one of the chunk before
/// when both have the same author. Chunks that are not JSON each are pieces of one JSON text.
fn continued<'t>(chunks: impl Iterator<Item = &'t str>) -> Vec<(String, String)> {
    let chunks: Vec<&str> = chunks.filter(|chunk| !chunk.trim().is_empty()).collect();
    let parsed = chunks.iter().map(|chunk| Node::read(chunk.as_bytes()));
    let Ok(parsed) = parsed.collect::<Result<Vec<_>, _>>() else {
        let whole = chunks.concat();
        let Ok(node) = Node::read(whole.as_bytes()) else {
            return vec![("user".to_owned(), whole)];
        };
        return listed(&node);
    };
    let mut messages: Vec<(String, String)> = Vec::new();
    for chunk in &parsed {
        for (index, (role, text)) in listed(chunk).into_iter().enumerate() {
            match messages.last_mut() {
                Some(last) if index == 0 && last.0 == role => last.1.push_str(&text),
                _ => messages.push((role, text)),
            }
        }
    }
    messages
}

fn listed(node: &Node<'_>) -> Vec<(String, String)> {
    if let Node::Text(_) = node {
        let text = answer(node).text.map(crate::domain::Sensitive::into_inner);
        return vec![("user".to_owned(), text.unwrap_or_default())];
    }
    let items = node.items().iter().map(|item| {
        let role = item.get("role").name().unwrap_or_else(|| "user".to_owned());
        (role, chat::content(item.get("content")).unwrap_or_default())
    });
    items.collect()
}
