//! What Envoy shows of one HTTP request to a model and its answer, gathered until it is an exchange.
//!
//! Knows heads and bodies, not Envoy's messages: those are `server`'s. Holds raw text, so nothing here can be printed.

mod answer;
mod chat;

use answer::Answer;

use crate::domain::chat_names::HTTP_STATUSES;
use crate::domain::{Client, Exchange, Response, Sensitive, Timestamp};
use crate::wire::Bounds;

/// Header in which the operator's own proxy names the account. Whoever sets it speaks for the account, so the proxy must
/// remove what clients send under this name.
const ACCOUNT_HEADER: &str = "x-account-id";

/// Who made a request, by its head.
#[derive(Clone)]
pub(crate) enum Caller {
    /// By the name that the operator gives the account.
    Named(String),
    /// By a secret, which must become a keyed digest before it goes anywhere.
    Credential(Sensitive<Vec<u8>>),
}

/// One request and its answer, as far as they were shown.
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
    /// Reads the request's head: is it a call to a chat API, and whose? The secret is in the field named
    /// `credential_header`. Names over the bound are not read.
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

    /// Whether there is anything to gather: a call to a chat API whose caller is known.
    pub(crate) const fn worthwhile(&self) -> bool {
        self.chat && self.caller.is_some()
    }

    /// Who made the request.
    pub(crate) const fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// Adds a piece of the request's body.
    pub(crate) fn request_body(&mut self, piece: &[u8]) {
        self.request.extend_from_slice(piece);
    }

    /// Reads the answer's head.
    pub(crate) fn response_head<'a>(&mut self, fields: impl Iterator<Item = (&'a str, &'a [u8])>) {
        let (mut kind, mut packed) = (&b""[..], false);
        for (name, value) in fields {
            match name {
                ":status" => self.status = status(value),
                "content-type" => kind = value,
                "content-encoding" => packed = !value.eq_ignore_ascii_case(b"identity"),
                _ => {}
            }
        }
        self.answer = Answer::of(kind, packed);
    }

    /// Adds a piece of the answer's body.
    pub(crate) fn response_body(&mut self, piece: &[u8]) {
        self.answer.add(piece);
    }

    /// Bytes held now.
    pub(crate) fn held(&self) -> usize {
        self.request.len() + self.answer.held()
    }

    /// Forgets what was gathered: there is no room for it, or it is not worthwhile.
    pub(crate) fn record_drop(&mut self) {
        *self = Self::default();
    }

    /// The exchange of `account`; `None` when the request is not one that a chat API reads, or is over a bound. What is
    /// absent of the answer, because the client went away or it was packed, is absent of the exchange.
    pub(crate) fn exchange(
        self,
        account: String,
        received: Timestamp,
        bounds: &Bounds,
    ) -> Option<Exchange> {
        let request = chat::request(&self.request, bounds)?;
        let said = self.answer.read();
        let within = |name: &String| name.len() <= bounds.name_bytes_max;
        Some(Exchange {
            id: self.id,
            time: received,
            account,
            organization: None,
            conversation: None,
            model: request.model.or(said.model).filter(within)?,
            system: request.system,
            messages: request.messages,
            tools: request.tools,
            parameters: request.parameters,
            response: Response {
                status: self.status,
                ..said.response
            },
            client: Client {
                user_agent: self.user_agent.map(Sensitive::new),
                ..Client::default()
            },
        })
    }
}

fn status(value: &[u8]) -> Option<u16> {
    let status = std::str::from_utf8(value).ok()?.parse().ok();
    status.filter(|status| HTTP_STATUSES.contains(status))
}

/// Whether a path is that of an `OpenAI` chat completion or an Anthropic message, under whatever prefix.
fn is_chat(path: &[u8]) -> bool {
    let path = path.split(|&byte| byte == b'?').next().unwrap_or_default();
    path.ends_with(b"/chat/completions") || path.ends_with(b"/messages")
}

#[cfg(test)]
mod tests;
