//! What a body told, on its way to an [`Exchange`]: the last step, where required fields and bounds are checked.

use super::identity::{AccountOrder, Identity};
use crate::domain::chat_names::EVENT_MICROS;
use crate::domain::{Client, Exchange, Message, Parameters, Response, Sensitive, Timestamp};
use crate::wire::{Bounds, WireError, count};

/// What a translator must know beside the body.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// Stands in where the body has no time.
    pub(crate) received: Timestamp,
    /// How large an exchange may be.
    pub(crate) bounds: &'a Bounds,
    /// Who is the account.
    pub(crate) accounts: &'a AccountOrder,
}

/// An exchange in the making.
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
    /// The exchange. Names of bystanders (conversation, tools, client) that are over the bound are left out; an account
    /// or model that is, or more text than is read, refuses the exchange.
    ///
    /// # Errors
    /// The first field that is missing or over a bound.
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
        let said = |text: &Sensitive<String>| text.expose().len();
        let asked: usize = self.messages.iter().map(|m| said(&m.content)).sum();
        let text = asked + self.response.text.as_ref().map_or(0, said);
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

/// A time in seconds since 1970; `None` outside the years that are read.
pub(super) fn time_of_seconds(seconds: f64) -> Option<Timestamp> {
    time_of_micros((seconds * 1e6).round() as i64)
}

/// A time in microseconds since 1970; `None` outside the years that are read.
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
