//! Our own format: one exchange, as the scoring service takes it.

use super::{Item, LogOptions};
use crate::domain::Exchange;
use crate::json::Node;
use crate::wire::json::LineError;
use crate::wire::{
    Bounds, exchange_from_contract, exchange_from_json, format_time, parse_time, unknown_fields,
};

/// The names that chat APIs give a conversation.
pub(super) const CONVERSATION: [&str; 6] =
    ["messages", "input", "contents", "prompt", "inputText", "chat_history"];

/// Returns whether a record names an account and has a conversation at its top level.
pub(super) fn recognise(record: &Node<'_>) -> bool {
    let named = !record.get("account").is_absent();
    named && CONVERSATION.iter().any(|name| !record.get(name).is_absent())
}

/// Reads an exchange.
pub(super) fn read(record: &Node<'_>, options: &LogOptions) -> Item {
    match exchange(record, options) {
        Ok(exchange) => Item::Exchange(Box::new(exchange), unknown_fields(record)),
        Err(error) => Item::Bad(error),
    }
}

fn exchange(record: &Node<'_>, options: &LogOptions) -> Result<Exchange, LineError> {
    if !matches!(record, Node::Object(_)) {
        let found = record.kind();
        return Err(LineError::NotAnObject { found });
    }
    let mut form = exchange_from_json(record);
    if let Some(name) = options.account.as_ref().and_then(|field| field.name_in(record)) {
        form.account = name;
    }
    if let Some(time) = options.time_in(record)? {
        form.time = format_time(time);
    } else if options.zone.is_some() && parse_time(&form.time).is_none() {
        let written = Node::Text(form.time.as_str().into());
        let time = super::time::time(&written, "time", options.zone)?;
        form.time = time.map(format_time).unwrap_or_default();
    }
    Ok(exchange_from_contract(form, options.received, &Bounds::STANDARD)?)
}
