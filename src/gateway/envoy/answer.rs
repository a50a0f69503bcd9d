//! The response body of a chat API: one JSON value, or a stream of server-sent events parsed as it arrives.
//!
//! Both are bounded. A response over its bound, or compressed, is counted without its text: the text of the response
//! matters less than the fact of the request.

use crate::chat::{answer, tokens};
use crate::domain::{FinishReason, Response, Sensitive};
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
            b"text/event-stream" => Self::Stream(Box::default()),
            b"application/json" => Self::Whole(Vec::new()),
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
                Ok(body) => ParsedAnswer {
                    model: body.get("model").name(),
                    response: answer(&body),
                },
                Err(_) => ParsedAnswer::default(),
            },
            Self::Stream(stream) => stream.read(),
        }
    }
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
                self.event(&line);
            }
        }
    }

    fn held(&self) -> usize {
        self.line.bytes.len() + self.text.as_ref().map_or(0, String::len)
    }

    fn read(mut self) -> ParsedAnswer {
        let last = self.line.take();
        self.event(&last);
        self.parsed.response.text = self.text.map(Sensitive::new);
        self.parsed
    }

    /// Reads a line. Both APIs repeat the event type in the data, so only data lines matter.
    fn event(&mut self, line: &[u8]) {
        let Some(data) = line.strip_prefix(b"data:") else {
            return;
        };
        let Ok(event) = Node::read(data) else {
            // `[DONE]`, or a truncated line.
            return;
        };
        let choice = event.get("choices").items().first().unwrap_or(&event);
        let (message, delta) = (event.get("message"), choice.get("delta"));
        let model = || {
            event
                .get("model")
                .name()
                .or_else(|| message.get("model").name())
        };
        self.parsed.model = self.parsed.model.take().or_else(model);
        let response = &mut self.parsed.response;
        for usage in [event.get("usage"), message.get("usage")] {
            let input = tokens(usage.first(&["prompt_tokens", "input_tokens"]));
            response.input_tokens = input.or(response.input_tokens);
            let output = tokens(usage.first(&["completion_tokens", "output_tokens"]));
            response.output_tokens = output.or(response.output_tokens);
        }
        let stopped = choice.get("finish_reason").text();
        let stopped = stopped.or_else(|| delta.get("stop_reason").text());
        let stopped = stopped.and_then(FinishReason::from_name);
        response.finish_reason = stopped.or(response.finish_reason);
        if let Some(text) = delta.first(&["content", "text"]).text() {
            let kept = self.text.get_or_insert_default();
            if kept.len() + text.len() <= TEXT_BYTES_MAX {
                kept.push_str(text);
            }
        }
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
