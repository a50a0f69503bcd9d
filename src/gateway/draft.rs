//! The fields read from a body, before they become an [`Exchange`]: the last step, where required fields and bounds are
//! checked.

use super::identity::{AccountOrder, Identity};
use crate::domain::chat_names::EVENT_MICROS;
use crate::domain::{Client, Exchange, Message, Parameters, Response, Sensitive, Timestamp};
use crate::wire::{Bounds, WireError, count};

/// Inputs of a translator other than the body.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// Time of receipt, used when the body has no time.
    pub(crate) received: Timestamp,
    /// Size limits of an exchange.
    pub(crate) bounds: &'a Bounds,
    /// The parties that may be the account, in order of preference.
    pub(crate) accounts: &'a AccountOrder,
}

/// An unchecked exchange; every field may be absent.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) id: Option<String>,
    pub(super) time: Option<Timestamp>,
    pub(super) identity: Identity,
    pub(super) conversation: Option<String>,
    pub(super) model: Option<String>,
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<String>,
    pub(super) parameters: Parameters,
    pub(super) response: Response,
    pub(super) client: Client,
}

impl Draft {
    /// Converts the draft to an exchange. Optional names (conversation, tools, client) over the bound are dropped; an
    /// account or model over the bound, or too much text, rejects the exchange.
    ///
    /// # Errors
    /// When a field is missing or over a bound; names the first one.
    pub(super) fn finish(mut self, context: &Context<'_>) -> Result<Exchange, WireError> {
        let bounds = context.bounds;
        let account = self.identity.account(context.accounts).map(str::to_owned);
        let account = required("account", account, bounds)?;
        let model = required("model", self.model, bounds)?;
        if self.messages.is_empty() {
            return Err(WireError::MissingField { field: "messages" });
        }
        let messages = self.messages.len();
        count("messages", messages, bounds.messages_max, "messages")?;
        let bytes = |text: &Sensitive<String>| text.expose().len();
        let prompt: usize = self.messages.iter().map(|m| bytes(&m.content)).sum();
        let text = prompt + self.response.text.as_ref().map_or(0, bytes);
        count("text", text, bounds.text_bytes_max, "bytes")?;
        self.tools.truncate(bounds.tools_max);
        self.tools
            .retain(|tool| tool.len() <= bounds.name_bytes_max);
        let short = |name: Option<String>| name.filter(|n| n.len() <= bounds.name_bytes_max);
        let hidden = |name: Option<Sensitive<String>>| {
            name.filter(|name| name.expose().len() <= bounds.name_bytes_max)
        };
        self.parameters.reasoning_effort = short(self.parameters.reasoning_effort);
        Ok(Exchange {
            id: short(self.id),
            time: self.time.unwrap_or(context.received),
            account,
            organization: short(self.identity.organization),
            conversation: short(self.conversation),
            model,
            system: None,
            messages: self.messages,
            tools: self.tools,
            parameters: self.parameters,
            response: self.response,
            client: Client {
                ip: hidden(self.client.ip),
                user_agent: hidden(self.client.user_agent),
                ..Client::default()
            },
        })
    }
}

/// Converts seconds since 1970 to a timestamp; `None` outside the accepted years.
pub(super) fn time_of_seconds(seconds: f64) -> Option<Timestamp> {
    time_of_micros((seconds * 1e6).round() as i64)
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
