//! Our own format: one exchange, as the scoring service takes it.

use super::options::LogOptions;
use super::time::time;
use crate::chat::CONVERSATION;
use crate::domain::Exchange;
use crate::json::Node;
use crate::wire::json::LineError;
use crate::wire::{
    Bounds, exchange_from_contract, exchange_from_json, format_time, parse_time, unknown_fields,
};

/// Returns whether a record names an account and has a conversation at its top level.
pub(super) fn recognise(record: &Node<'_>) -> bool {
    let named = !record.get("account").is_absent();
    named
        && CONVERSATION
            .iter()
            .any(|name| !record.get(name).is_absent())
}

/// Reads an exchange, and the number of fields that are not part of the format.
///
/// # Errors
/// When a required field is missing or a field that must be read cannot be.
pub(super) fn read(record: &Node<'_>, options: &LogOptions) -> Result<(Exchange, u32), LineError> {
    if !matches!(record, Node::Object(_)) {
        let found = record.kind();
        return Err(LineError::NotAnObject { found });
    }
    let mut form = exchange_from_json(record);
    if let Some(name) = options.account_in(record) {
        form.account = name;
    }
    if let Some(time) = options.time_in(record)? {
        form.time = format_time(time);
    } else if options.zone.is_some() && parse_time(&form.time).is_none() {
        let written = Node::Text(form.time.as_str().into());
        let stated = time(&written, "time", options.zone)?;
        form.time = stated.map(format_time).unwrap_or_default();
    }
    let exchange = exchange_from_contract(form, options.received, &Bounds::STANDARD)?;
    Ok((exchange, unknown_fields(record)))
}
