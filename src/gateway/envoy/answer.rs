//! The body of an answer of a chat API: one JSON value, or a stream of server-sent events read as it comes.
//!
//! Both are bounded. An answer beyond its bound, or packed, is counted without its text: what the model said weighs less
//! than that it was asked.

use crate::domain::{FinishReason, Response, Sensitive};
use crate::gateway::conversation::{answer, tokens};
use crate::gateway::node::Node;

/// Bytes of an answer in one piece that are held.
const JSON_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one event of a stream that are held; a longer one is skipped.
const EVENT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a streamed answer's text that are kept; what follows is not.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// What was said: the answer without its status, and the model that gave it.
#[derive(Default)]
pub(super) struct Said {
    pub(super) model: Option<String>,
    pub(super) response: Response,
}

/// An answer that is coming in.
#[derive(Default)]
pub(super) enum Answer {
    /// None yet, or none that is read.
    #[default]
    Unread,
    /// JSON, as far as it has come.
    Whole(Vec<u8>),
    /// Events.
    Stream(Box<Stream>),
}

impl Answer {
    /// An answer of a content type, packed or not.
    pub(super) fn of(content_type: &[u8], packed: bool) -> Self {
        let kind = content_type
            .split(|&byte| byte == b';')
            .next()
            .unwrap_or_default();
        match kind.trim_ascii().to_ascii_lowercase().as_slice() {
            _ if packed => Self::Unread,
            b"text/event-stream" => Self::Stream(Box::default()),
            b"application/json" => Self::Whole(Vec::new()),
            _ => Self::Unread,
        }
    }

    /// Adds a piece of the body, cut anywhere.
    pub(super) fn add(&mut self, piece: &[u8]) {
        match self {
            Self::Unread => {}
            Self::Whole(body) if body.len() + piece.len() > JSON_BYTES_MAX => *self = Self::Unread,
            Self::Whole(body) => body.extend_from_slice(piece),
            Self::Stream(stream) => stream.add(piece),
        }
    }

    /// Bytes held now.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Unread => 0,
            Self::Whole(body) => body.len(),
            Self::Stream(stream) => stream.held(),
        }
    }

    /// What it says.
    pub(super) fn read(self) -> Said {
        match self {
            Self::Unread => Said::default(),
            Self::Whole(body) => match Node::read(&body) {
                Ok(body) => Said {
                    model: body.get("model").name(),
                    response: answer(&body),
                },
                Err(_) => Said::default(),
            },
            Self::Stream(stream) => stream.read(),
        }
    }
}

/// What the events of a stream have said, and the line that is not yet complete.
#[derive(Default)]
pub(super) struct Stream {
    said: Said,
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

    fn read(mut self) -> Said {
        let last = self.line.take();
        self.event(&last);
        self.said.response.text = self.text.map(Sensitive::new);
        self.said
    }

    /// Reads a line. Both APIs repeat in the data what kind of event it is, so no other line matters.
    fn event(&mut self, line: &[u8]) {
        let Some(data) = line.strip_prefix(b"data:") else {
            return;
        };
        let Ok(event) = Node::read(data) else {
            // `[DONE]`, or a line cut off.
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
        self.said.model = self.said.model.take().or_else(model);
        let response = &mut self.said.response;
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

/// A line in the making.
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

    /// The line, empty when it was too long; the next one begins.
    fn take(&mut self) -> Vec<u8> {
        self.over = false;
        std::mem::take(&mut self.bytes)
    }
}
