//! The response body of a chat API: one JSON value, or a stream of server-sent events parsed as it arrives.
//!
//! Both are bounded. A response over its bound, or compressed, is counted without its text: the text of the response
//! matters less than the fact of the request.

use crate::chat::answer;
use crate::domain::{Response, Sensitive};
use crate::json::Node;

/// Maximum bytes buffered of a response that is one JSON value.
const JSON_BYTES_MAX: usize = 1024 * 1024;
/// Maximum bytes buffered of one event of a stream; a longer event is skipped.
const EVENT_BYTES_MAX: usize = 64 * 1024;
/// Maximum bytes kept of a streamed response's text; the rest is dropped.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// A parsed response body: the response without its status, and the model that generated it.
#[derive(Default)]
pub(super) struct ParsedAnswer {
    pub(super) model: Option<String>,
    pub(super) response: Response,
}

/// A response body that is being received.
#[derive(Default)]
pub(super) enum Answer {
    /// Not received yet, or not readable.
    #[default]
    Unread,
    /// JSON, as far as it has been received.
    Whole(Vec<u8>),
    /// Server-sent events.
    Stream(Box<Stream>),
}

impl Answer {
    /// Creates an empty body for a content type; a compressed one is not read.
    pub(super) fn of(content_type: &[u8], compressed: bool) -> Self {
        let kind = content_type
            .split(|&byte| byte == b';')
            .next()
            .unwrap_or_default();
        match kind.trim_ascii().to_ascii_lowercase().as_slice() {
            _ if compressed => Self::Unread,
            b"text/event-stream" | b"application/x-ndjson" => Self::Stream(Box::default()),
            kind if kind.ends_with(b"json") => Self::Whole(Vec::new()),
            _ => Self::Unread,
        }
    }

    /// Appends a chunk of the body, split at any byte.
    pub(super) fn add(&mut self, piece: &[u8]) {
        match self {
            Self::Unread => {}
            Self::Whole(body) if body.len() + piece.len() > JSON_BYTES_MAX => *self = Self::Unread,
            Self::Whole(body) => body.extend_from_slice(piece),
            Self::Stream(stream) => stream.add(piece),
        }
    }

    /// Returns the bytes buffered now.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Unread => 0,
            Self::Whole(body) => body.len(),
            Self::Stream(stream) => stream.held(),
        }
    }

    /// Parses what was received.
    pub(super) fn read(self) -> ParsedAnswer {
        match self {
            Self::Unread => ParsedAnswer::default(),
            Self::Whole(body) => match Node::read(&body) {
                // Gemini streams a list of events unless asked for server-sent ones.
                Ok(Node::List(events)) => {
                    let mut stream = Stream::default();
                    for event in &events {
                        stream.event(event);
                    }
                    stream.read()
                }
                Ok(body) => ParsedAnswer {
                    model: model(&body),
                    response: answer(&body),
                },
                Err(_) => ParsedAnswer::default(),
            },
            Self::Stream(stream) => stream.read(),
        }
    }
}

fn model(body: &Node<'_>) -> Option<String> {
    body.first(&["model", "modelVersion"]).name()
}

/// The content of the events so far, and the line that is not yet complete.
#[derive(Default)]
pub(super) struct Stream {
    parsed: ParsedAnswer,
    text: Option<String>,
    line: Line,
}

impl Stream {
    fn add(&mut self, piece: &[u8]) {
        let mut pieces = piece.split(|&byte| byte == b'\n').peekable();
        while let Some(part) = pieces.next() {
            self.line.add(part);
            if pieces.peek().is_some() {
                let line = self.line.take();
                self.line(&line);
            }
        }
    }

    fn held(&self) -> usize {
        self.line.bytes.len() + self.text.as_ref().map_or(0, String::len)
    }

    fn read(mut self) -> ParsedAnswer {
        let last = self.line.take();
        self.line(&last);
        self.parsed.response.text = self.text.map(Sensitive::new);
        self.parsed
    }

    /// Reads a line. All APIs repeat the event type in the data, so only data lines matter; a stream of plain JSON
    /// lines has no other.
    fn line(&mut self, line: &[u8]) {
        let data = line
            .strip_prefix(b"data:")
            .or_else(|| line.starts_with(b"{").then_some(line));
        // What is not JSON is `[DONE]`, or a truncated line.
        if let Some(Ok(event)) = data.map(Node::read) {
            self.event(&event);
        }
    }

    /// Reads an event: a piece of an answer, or one that wraps the answer so far.
    fn event(&mut self, event: &Node<'_>) {
        let wrapped = event.first(&["response", "message"]);
        if matches!(wrapped, Node::Object(_)) {
            self.merge(model(wrapped), answer(wrapped));
        }
        let kind = event.get("type").text().unwrap_or_default();
        let mut piece = answer(event);
        let delta = event.get("delta");
        match kind {
            "response.output_text.delta" => self.push(delta.text()),
            "response.refusal.delta" => piece.refused = Some(true),
            // They repeat what the deltas said.
            kind if kind.starts_with("response.") => {}
            _ => {
                let choice = event.get("choices").items().first();
                let text = choice
                    .map_or(delta, |choice| choice.get("delta"))
                    .first(&["content", "text"]);
                let text = text.text().or_else(|| event.get("response").text());
                let whole = piece.text.take();
                self.push(text.or_else(|| whole.as_ref().map(|text| text.expose().as_str())));
            }
        }
        let ending = answer(delta);
        self.merge(None, ending);
        self.merge(model(event), piece);
    }

    fn push(&mut self, text: Option<&str>) {
        let Some(text) = text else {
            return;
        };
        let kept = self.text.get_or_insert_default();
        if kept.len() + text.len() <= TEXT_BYTES_MAX {
            kept.push_str(text);
        }
    }

    /// Takes over what a later event says, except its text.
    fn merge(&mut self, model: Option<String>, later: Response) {
        self.parsed.model = self.parsed.model.take().or(model);
        let response = &mut self.parsed.response;
        response.input_tokens = later.input_tokens.or(response.input_tokens);
        response.output_tokens = later.output_tokens.or(response.output_tokens);
        response.finish_reason = later.finish_reason.or(response.finish_reason);
        response.refused = later.refused.or(response.refused);
        response.refusal_category = later.refusal_category.or(response.refusal_category.take());
    }
}

/// A line that is being received.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    over: bool,
}

impl Line {
    fn add(&mut self, part: &[u8]) {
        self.over |= self.bytes.len() + part.len() > EVENT_BYTES_MAX;
        if self.over {
            self.bytes.clear();
        } else {
            self.bytes.extend_from_slice(part);
        }
    }

    /// Returns the line, empty if it was too long, and starts the next one.
    fn take(&mut self) -> Vec<u8> {
        self.over = false;
        std::mem::take(&mut self.bytes)
    }
}
