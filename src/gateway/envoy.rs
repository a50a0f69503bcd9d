//! Captures one HTTP request to a model and its response as Envoy streams them, and builds an exchange from both.
//!
//! Knows headers and bodies, not Envoy's messages: those belong to `server`. Holds raw text, so no type here implements
//! `Debug`.

mod answer;

use answer::Answer;

use super::draft::UNKNOWN_MODEL;
use crate::chat;
use crate::domain::chat_names::HTTP_STATUSES;
use crate::domain::{Client, Exchange, Response, Sensitive, Timestamp};
use crate::json::Node;
use crate::wire::{Bounds, fit};

/// Header in which the operator's own proxy names the account. Its value is trusted, so the proxy must strip this
/// header from client requests.
const ACCOUNT_HEADER: &str = "x-account-id";

/// The sender of a request, identified by its headers.
#[derive(Clone)]
pub(crate) enum Caller {
    /// The account name set by the operator.
    Named(String),
    /// A secret, which must be replaced by a keyed digest before it leaves this module.
    Credential(Sensitive<Vec<u8>>),
}

/// One request and its response, as far as they have been received.
#[derive(Default)]
pub(crate) struct ExchangeCapture {
    chat: bool,
    caller: Option<Caller>,
    id: Option<String>,
    user_agent: Option<String>,
    request: Vec<u8>,
    status: Option<u16>,
    answer: Answer,
}

impl ExchangeCapture {
    /// Reads the request headers: whether this is a chat API request, and whose. The secret is in the header named
    /// `credential_header`. Names over the bound are ignored.
    pub(crate) fn request_head<'a>(
        &mut self,
        fields: impl Iterator<Item = (&'a str, &'a [u8])>,
        credential_header: &str,
        bounds: &Bounds,
    ) {
        let mut post = false;
        let mut chat_path = false;
        let mut credential = None;
        for (name, value) in fields {
            let text = || {
                let text = std::str::from_utf8(value).ok()?;
                (!text.is_empty() && text.len() <= bounds.name_bytes_max).then(|| text.to_owned())
            };
            match name {
                ":method" => post = value == b"POST",
                ":path" => chat_path = is_chat(value),
                ACCOUNT_HEADER => self.caller = text().map(Caller::Named).or(self.caller.take()),
                "x-request-id" => self.id = text(),
                "user-agent" => self.user_agent = text(),
                _ => {}
            }
            if name == credential_header && !value.is_empty() {
                credential = Some(Caller::Credential(Sensitive::new(value.to_vec())));
            }
        }
        self.chat = post && chat_path;
        self.caller = self.caller.take().or(credential);
    }

    /// Returns whether the request is worth capturing: a chat API request whose caller is known.
    pub(crate) const fn worthwhile(&self) -> bool {
        self.chat && self.caller.is_some()
    }

    /// Returns the caller of the request.
    pub(crate) const fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// Appends a chunk of the request body.
    pub(crate) fn request_body(&mut self, piece: &[u8]) {
        self.request.extend_from_slice(piece);
    }

    /// Reads the response headers.
    pub(crate) fn response_head<'a>(&mut self, fields: impl Iterator<Item = (&'a str, &'a [u8])>) {
        let (mut kind, mut compressed) = (&b""[..], false);
        for (name, value) in fields {
            match name {
                ":status" => self.status = status(value),
                "content-type" => kind = value,
                "content-encoding" => compressed = !value.eq_ignore_ascii_case(b"identity"),
                _ => {}
            }
        }
        self.answer = Answer::of(kind, compressed);
    }

    /// Appends a chunk of the response body.
    pub(crate) fn response_body(&mut self, piece: &[u8]) {
        self.answer.add(piece);
    }

    /// Returns the bytes buffered now.
    pub(crate) fn held(&self) -> usize {
        self.request.len() + self.answer.held()
    }

    /// Discards the capture, because there is no room for it or it is not worth keeping.
    pub(crate) fn record_drop(&mut self) {
        *self = Self::default();
    }

    /// Builds the exchange of `account`. A body that cannot be read makes an exchange without messages. Parts of the
    /// response that were not received (the client disconnected) or not read (it was compressed) are absent.
    pub(crate) fn exchange(
        self,
        account: String,
        received: Timestamp,
        bounds: &Bounds,
    ) -> Exchange {
        let body = Node::read(&self.request).unwrap_or_default();
        let request = chat::request(&body);
        let answer = self.answer.read();
        let within = |name: &String| name.len() <= bounds.name_bytes_max;
        let model = request.model.or(answer.model).filter(within);
        let mut exchange = Exchange {
            id: self.id,
            time: received,
            account,
            model: model.unwrap_or_else(|| UNKNOWN_MODEL.to_owned()),
            system: request.system.map(Sensitive::new),
            messages: request.messages,
            tools: request.tools,
            parameters: request.parameters,
            response: Response {
                status: self.status,
                ..answer.response
            },
            client: Client {
                user_agent: self.user_agent.map(Sensitive::new),
                ..Client::default()
            },
            end_user: request.end_user.filter(within).map(Sensitive::new),
            ..Exchange::default()
        };
        fit(&mut exchange, bounds);
        exchange
    }
}

fn status(value: &[u8]) -> Option<u16> {
    let status = std::str::from_utf8(value).ok()?.parse().ok();
    status.filter(|status| HTTP_STATUSES.contains(status))
}

/// Returns whether a path is that of an `OpenAI` chat completion or an Anthropic message, under any prefix.
fn is_chat(path: &[u8]) -> bool {
    let path = path.split(|&byte| byte == b'?').next().unwrap_or_default();
    path.ends_with(b"/chat/completions") || path.ends_with(b"/messages")
}

#[cfg(test)]
mod tests;
