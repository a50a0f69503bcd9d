//! The fields read from a body, before they become an [`Exchange`]: the last step, where required fields and bounds are
//! checked.

use super::identity::{AccountOrder, Identity};
use super::{Call, Unread};
use crate::domain::chat_names::EVENT_MICROS;
use crate::domain::{
    CallKind, Client, Exchange, Message, Parameters, Response, Sensitive, Timestamp, Tool,
};
use crate::json::Node;
use crate::wire::{Bounds, WireError, count, fit, parse_time, time_of_number};

/// Inputs of a translator other than the body.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// Time of receipt, used when the body has no time.
    pub(crate) received: Timestamp,
    /// Size limits of an exchange.
    pub(crate) bounds: &'a Bounds,
    /// The parties that may be the account, in order of preference.
    pub(crate) accounts: &'a AccountOrder,
    /// Whether the body was shortened before it is read.
    pub(crate) shortened: bool,
}

/// An unchecked exchange; every field may be absent.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) id: Option<String>,
    pub(super) time: Option<Timestamp>,
    pub(super) identity: Identity,
    pub(super) conversation: Option<String>,
    pub(super) model: Option<String>,
    pub(super) system: Option<String>,
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<Tool>,
    pub(super) parameters: Parameters,
    pub(super) response: Response,
    pub(super) client: Client,
    pub(super) kind: Option<CallKind>,
    pub(super) mirror: bool,
    pub(super) session: Option<String>,
    pub(super) account_created: Option<Timestamp>,
    pub(super) plan: Option<String>,
    pub(super) quota_used: Option<f32>,
}

/// Name of a model that the gateway does not tell.
pub(crate) const UNKNOWN_MODEL: &str = "unknown";

impl Draft {
    /// Converts the draft to an exchange, cut to the bounds. Optional names over the bound are dropped.
    ///
    /// # Errors
    /// When no account is named or its name is over the bound, or when there are no messages.
    pub(super) fn finish(self, context: &Context<'_>) -> Result<Exchange, WireError> {
        if self.messages.is_empty() {
            return Err(WireError::MissingField { field: "messages" });
        }
        self.finish_unread(context)
    }

    /// Converts the draft of a call that reached the model, whether it has messages or not.
    ///
    /// # Errors
    /// When no account is named, or its name is over the bound.
    pub(super) fn finish_call(self, context: &Context<'_>) -> Result<Call, WireError> {
        let unread = self.messages.is_empty().then_some(Unread::NoMessages);
        let exchange = self.finish_unread(context)?;
        Ok(Call { exchange, unread })
    }

    /// Converts the draft to an exchange as [`Self::finish`] does, but accepts one without messages: a call that was
    /// made, of which nothing could be read.
    ///
    /// # Errors
    /// When no account is named, or its name is over the bound.
    pub(super) fn finish_unread(self, context: &Context<'_>) -> Result<Exchange, WireError> {
        let bounds = context.bounds;
        let account = self.identity.account(context.accounts).map(str::to_owned);
        let account = required("account", account, bounds)?;
        let short = |name: Option<String>| name.filter(|n| n.len() <= bounds.name_bytes_max);
        let hidden = |name: Option<String>| short(name).map(Sensitive::new);
        let within = |name: Option<Sensitive<String>>| {
            name.filter(|name| name.expose().len() <= bounds.name_bytes_max)
        };
        let end_user = self.identity.end_user.filter(|user| *user != account);
        let mut exchange = Exchange {
            id: short(self.id),
            time: self.time.unwrap_or(context.received),
            account,
            organization: short(self.identity.organization),
            conversation: short(self.conversation),
            model: short(self.model).unwrap_or_else(|| UNKNOWN_MODEL.to_owned()),
            system: self.system.map(Sensitive::new),
            messages: self.messages,
            tools: self.tools,
            parameters: Parameters {
                reasoning_effort: short(self.parameters.reasoning_effort),
                ..self.parameters
            },
            response: Response {
                refusal_category: short(self.response.refusal_category),
                ..self.response
            },
            client: Client {
                ip: within(self.client.ip),
                user_agent: within(self.client.user_agent),
                tls_fingerprint: within(self.client.tls_fingerprint),
                api_key: within(self.client.api_key),
                payment: within(self.client.payment),
                device: within(self.client.device),
                registration: within(self.client.registration),
                version: short(self.client.version),
            },
            kind: self.kind,
            mirror: self.mirror,
            truncated: context.shortened,
            session: hidden(self.session),
            end_user: hidden(end_user),
            account_created: self.account_created,
            plan: short(self.plan),
            quota_used: self.quota_used,
        };
        fit(&mut exchange, bounds);
        Ok(exchange)
    }
}

/// Reads a time: a number since 1970 in any usual unit, or text, in UTC unless it names a zone.
///
/// # Errors
/// When there is a value that is not a time.
pub(super) fn time_of(
    node: &Node<'_>,
    field: &'static str,
) -> Result<Option<Timestamp>, WireError> {
    let time = match node {
        Node::Absent => return Ok(None),
        Node::Text(text) if text.trim().parse::<f64>().is_err() => {
            let text = text.trim();
            let text = text.strip_suffix("UTC").unwrap_or(text).trim_end();
            parse_time(text).or_else(|| {
                let civil: jiff::civil::DateTime = text.parse().ok()?;
                let utc = jiff::tz::Offset::UTC.to_timestamp(civil).ok()?;
                time_of_micros(utc.as_microsecond())
            })
        }
        value => value.number().and_then(time_of_number),
    };
    let expected = "seconds since 1970, or a time such as 2026-05-01T12:00:00Z";
    let bad = || WireError::BadValue {
        field: field.to_owned(),
        expected,
    };
    time.map(Some).ok_or_else(bad)
}

/// Converts microseconds since 1970 to a timestamp; `None` outside the accepted years.
pub(super) fn time_of_micros(micros: i64) -> Option<Timestamp> {
    EVENT_MICROS
        .contains(&micros)
        .then(|| Timestamp::from_micros(micros))
}

fn required(
    field: &'static str,
    value: Option<String>,
    bounds: &Bounds,
) -> Result<String, WireError> {
    let value = value.ok_or(WireError::MissingField { field })?;
    count(field, value.len(), bounds.name_bytes_max, "bytes")?;
    Ok(value)
}
