//! Captures one HTTP request to a model and its response as Envoy streams them, and builds an exchange from both.
//!
//! Knows headers and bodies, not Envoy's messages: those belong to `server`. Holds raw text, so no type here implements
//! `Debug`.

mod answer;
mod route;

use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use answer::Answer;
use route::Route;

use super::draft::UNKNOWN_MODEL;
use super::{Call, Unread};
use crate::chat;
use crate::domain::chat_names::HTTP_STATUSES;
use crate::domain::{Client, Exchange, Response, Sensitive, Timestamp};
use crate::json::{Gather, Node};
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
    route: Option<Route>,
    caller: Option<Caller>,
    id: Option<String>,
    user_agent: Option<String>,
    packed: Option<Vec<u8>>,
    request: Gather,
    status: Option<u16>,
    answer: Answer,
}

impl ExchangeCapture {
    /// Creates an empty capture that keeps at most `bytes_max` of the request's body: its ends, if it is longer.
    pub(crate) fn within(bytes_max: usize) -> Self {
        Self {
            request: Gather::within(bytes_max),
            ..Self::default()
        }
    }

    /// Reads the request headers: whether this is a chat API request, and whose. The secret is in the header named
    /// `credential_header`. Names over the bound are ignored.
    pub(crate) fn request_head<'a>(
        &mut self,
        fields: impl Iterator<Item = (&'a str, &'a [u8])>,
        credential_header: &str,
        bounds: &Bounds,
    ) {
        let mut post = false;
        let mut route = None;
        let mut credential = None;
        for (name, value) in fields {
            let text = || {
                let text = std::str::from_utf8(value).ok()?;
                (!text.is_empty() && text.len() <= bounds.name_bytes_max).then(|| text.to_owned())
            };
            match name {
                ":method" => post = value == b"POST",
                ":path" => route = Route::of(value),
                ACCOUNT_HEADER => self.caller = text().map(Caller::Named).or(self.caller.take()),
                "x-request-id" => self.id = text(),
                "user-agent" => self.user_agent = text(),
                "content-encoding" if !value.eq_ignore_ascii_case(b"identity") => {
                    self.packed = Some(value.to_ascii_lowercase());
                }
                _ => {}
            }
            if name == credential_header && !value.is_empty() {
                credential = Some(Caller::Credential(Sensitive::new(value.to_vec())));
            }
        }
        self.route = route.filter(|_| post);
        self.caller = self.caller.take().or(credential);
    }

    /// Returns whether the request is worth capturing: a chat API request whose caller is known.
    pub(crate) const fn worthwhile(&self) -> bool {
        self.route.is_some() && self.caller.is_some()
    }

    /// Returns the caller of the request.
    pub(crate) const fn caller(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    /// Returns whether a credential without a name was refused: its caller may be anybody.
    pub(crate) const fn is_refused_stranger(&self) -> bool {
        matches!(self.caller, Some(Caller::Credential(_))) && matches!(self.status, Some(401 | 403))
    }

    /// Appends a chunk of the request body.
    pub(crate) fn request_body(&mut self, piece: &[u8]) {
        self.request.add(piece);
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
        self.request.held() + self.answer.held()
    }

    /// Discards the capture, because there is no room for it or it is not worth keeping.
    pub(crate) fn record_drop(&mut self) {
        *self = Self::default();
    }

    /// Builds the exchanges of `account`: one, or those of a batch. A body that cannot be read makes an exchange
    /// without messages. Parts of the response that were not received (the client disconnected) or not read (it was
    /// compressed) are absent.
    pub(crate) fn exchanges(
        self,
        account: &str,
        received: Timestamp,
        bounds: &Bounds,
    ) -> Vec<Call> {
        let route = self.route.unwrap_or_default();
        let shortened = self.request.is_shortened();
        let body = match self.packed {
            None => self.request.finish().ok_or(Unread::TooLarge),
            Some(encoding) => unpacked(self.request, &encoding, bounds),
        };
        let node = match &body {
            Ok(body) => Node::read_or_outline(body).map_err(|_| Unread::Malformed),
            Err(unread) => Err(*unread),
        };
        let (body, unread) = match node {
            Ok(body) => (body, None),
            Err(unread) => (Node::Absent, Some(unread)),
        };
        let answer = self.answer.read();
        let exchange = |(index, body): (usize, &Node<'_>)| {
            let request = chat::request(body);
            let unread =
                unread.or_else(|| request.messages.is_empty().then_some(Unread::NoMessages));
            let within = |name: &String| name.len() <= bounds.name_bytes_max;
            let named = |names: &[&str]| body.first(names).name().filter(within);
            let model = request.model.or_else(|| route.model.clone());
            let model = model.or_else(|| answer.model.clone()).filter(within);
            let batched = |id: &String| {
                if route.batch {
                    format!("{id}-{index}")
                } else {
                    id.clone()
                }
            };
            let mut exchange = Exchange {
                id: self.id.as_ref().map(batched),
                time: received,
                account: account.to_owned(),
                conversation: named(&["conversation"]),
                model: model.unwrap_or_else(|| UNKNOWN_MODEL.to_owned()),
                system: request.system.map(Sensitive::new),
                messages: request.messages,
                tools: request.tools,
                parameters: request.parameters,
                response: Response {
                    status: self.status,
                    ..if route.batch {
                        Response::default()
                    } else {
                        answer.response.clone()
                    }
                },
                client: Client {
                    user_agent: self.user_agent.clone().map(Sensitive::new),
                    ..Client::default()
                },
                session: named(&["session_id"]).map(Sensitive::new),
                end_user: request.end_user.filter(within).map(Sensitive::new),
                truncated: shortened,
                ..Exchange::default()
            };
            fit(&mut exchange, bounds);
            Call { exchange, unread }
        };
        let parts = if route.batch {
            batch(&body)
        } else {
            Vec::new()
        };
        if parts.is_empty() {
            return vec![exchange((0, &body))];
        }
        parts.into_iter().enumerate().map(exchange).collect()
    }
}

/// Returns the requests of a batch, as Anthropic's (`params`), `OpenAI`'s (`body`) and Google's (`request`) APIs hold
/// them.
fn batch<'n, 'a>(body: &'n Node<'a>) -> Vec<&'n Node<'a>> {
    let google = body
        .get("batch")
        .first(&["input_config", "inputConfig"])
        .get("requests");
    let list = [body.get("requests"), google.get("requests")];
    let items = list.into_iter().flat_map(Node::items);
    let held = items.map(|item| item.first(&["params", "body", "request"]));
    held.filter(|request| !request.is_absent()).collect()
}

/// Decompresses a body to at most the bytes of text of one exchange, twice over: JSON is longer than what it says.
fn unpacked(packed: Gather, encoding: &[u8], bounds: &Bounds) -> Result<Vec<u8>, Unread> {
    if packed.is_shortened() {
        return Err(Unread::TooLarge);
    }
    let packed = packed.finish().ok_or(Unread::TooLarge)?;
    let mut plain = Vec::new();
    let most = 2 * bounds.text_bytes_max as u64;
    let read = match encoding {
        b"gzip" | b"x-gzip" => MultiGzDecoder::new(&*packed)
            .take(most + 1)
            .read_to_end(&mut plain),
        b"deflate" => ZlibDecoder::new(&*packed)
            .take(most + 1)
            .read_to_end(&mut plain),
        _ => return Err(Unread::Malformed),
    };
    read.map_err(|_| Unread::Malformed)?;
    if plain.len() as u64 > most {
        return Err(Unread::TooLarge);
    }
    Ok(plain)
}

fn status(value: &[u8]) -> Option<u16> {
    let status = std::str::from_utf8(value).ok()?.parse().ok();
    status.filter(|status| HTTP_STATUSES.contains(status))
}

#[cfg(test)]
mod tests;
