//! The body of an answer of a chat API: one JSON value, or a stream of server-sent events read as it comes.
//!
//! Both are bounded. An answer beyond its bound, or packed, is counted without its text: what the model said weighs less
//! than that it was asked.

use serde_json::Value;

use super::chat::{content, name};
use crate::domain::FinishReason;
use crate::gateway::conversation;

/// Bytes of an answer in one piece that are held.
const JSON_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one event of a stream that are held; a longer one is skipped.
const EVENT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a streamed answer's text that are kept; what follows is not.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// What was said.
#[derive(Default)]
pub(super) struct Said {
    pub(super) model: Option<String>,
    pub(super) text: Option<String>,
    pub(super) finish_reason: Option<FinishReason>,
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
}

/// An answer that is coming in.
#[derive(Default)]
pub(super) enum Answer {
    /// None yet, or none that is read.
    #[default]
    Unread,
    /// JSON, as far as it has come.
    Whole(Vec<u8>),
    /// What the events of a stream have said, and the line that is not yet complete.
    Stream(Box<Said>, Line),
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
            b"text/event-stream" => Self::Stream(Box::default(), Line::default()),
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
            Self::Stream(said, line) => {
                let mut pieces = piece.split(|&byte| byte == b'\n').peekable();
                while let Some(part) = pieces.next() {
                    line.add(part);
                    if pieces.peek().is_some() {
                        said.line(&line.take());
                    }
                }
            }
        }
    }

    /// Bytes held now.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Unread => 0,
            Self::Whole(body) => body.len(),
            Self::Stream(said, line) => {
                line.bytes.len() + said.text.as_ref().map_or(0, String::len)
            }
        }
    }

    /// What it says.
    pub(super) fn read(self) -> Said {
        match self {
            Self::Unread => Said::default(),
            Self::Whole(body) => {
                let mut said = Said::default();
                if let Ok(body) = serde_json::from_slice::<Value>(&body) {
                    said.whole(&body);
                }
                said
            }
            Self::Stream(mut said, mut line) => {
                said.line(&line.take());
                *said
            }
        }
    }
}

/// A line in the making.
#[derive(Default)]
pub(super) struct Line {
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

impl Said {
    fn whole(&mut self, body: &Value) {
        self.model = name(&body["model"]);
        self.usage(&body["usage"]);
        let choice = &body["choices"][0];
        let stopped = finish_reason(&choice["finish_reason"]);
        self.finish_reason = stopped.or_else(|| finish_reason(&body["stop_reason"]));
        self.text = content(&choice["message"]["content"]).or_else(|| content(&body["content"]));
    }

    /// A line of a stream. Both APIs repeat in the data what kind of event it is, so no other line matters.
    fn line(&mut self, line: &[u8]) {
        let Some(data) = line.strip_prefix(b"data:") else {
            return;
        };
        let Ok(event) = serde_json::from_slice::<Value>(data) else {
            // `[DONE]`, or a line cut off.
            return;
        };
        let choice = &event["choices"][0];
        let message = &event["message"];
        if self.model.is_none() {
            self.model = name(&event["model"]).or_else(|| name(&message["model"]));
        }
        self.usage(&event["usage"]);
        self.usage(&message["usage"]);
        let stopped = finish_reason(&choice["finish_reason"]);
        let stopped = stopped.or_else(|| finish_reason(&event["delta"]["stop_reason"]));
        self.finish_reason = stopped.or(self.finish_reason);
        let text = choice["delta"]["content"].as_str();
        if let Some(text) = text.or_else(|| event["delta"]["text"].as_str()) {
            let kept = self.text.get_or_insert_default();
            if kept.len() + text.len() <= TEXT_BYTES_MAX {
                kept.push_str(text);
            }
        }
    }

    fn usage(&mut self, usage: &Value) {
        let count = |names: [&str; 2]| names.into_iter().find_map(|name| usage[name].as_u64());
        self.input_tokens = count(["prompt_tokens", "input_tokens"]).or(self.input_tokens);
        self.output_tokens = count(["completion_tokens", "output_tokens"]).or(self.output_tokens);
    }
}

/// Why the model stopped, if it says so.
fn finish_reason(value: &Value) -> Option<FinishReason> {
    value.as_str().map(conversation::finish_reason)
}
