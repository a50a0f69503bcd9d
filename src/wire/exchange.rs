//! Conversion of the contract's exchange to `domain::Exchange`, within the bounds.

use super::contract::{ClientView, ExchangeView, MessageView, ParametersView, ResponseView};
use super::{Bounds, WireError, parse_time};
use crate::domain::chat_names::{
    A_COUNT, A_POSITIVE_COUNT, A_ROLE, A_TEMPERATURE, AN_HTTP_STATUS, COUNT_MAX, HTTP_STATUSES,
    TEMPERATURES,
};
use crate::domain::{
    Client, Exchange, FinishReason, Message, Parameters, Response, ResponseFormat, Role, Sensitive,
    Timestamp,
};

/// Validates and converts an exchange; `received` is used when it has no time.
///
/// # Errors
/// When a field is missing, invalid or over a bound; names the first one.
pub(crate) fn exchange_from_contract(
    exchange: &ExchangeView<'_>,
    received: Timestamp,
    bounds: &Bounds,
) -> Result<Exchange, WireError> {
    count(
        "messages",
        exchange.messages.len(),
        bounds.messages_max,
        "messages",
    )?;
    count("tools", exchange.tools.len(), bounds.tools_max, "tools")?;
    text_within(exchange, bounds.text_bytes_max)?;
    if exchange.messages.is_empty() {
        return Err(WireError::MissingField { field: "messages" });
    }
    let name = |field: &str, value: &str| optional_name(field, value, bounds);
    Ok(Exchange {
        id: name("id", exchange.id)?,
        time: time(exchange.time, received)?,
        account: required_name("account", exchange.account, bounds)?,
        organization: name("organization", exchange.organization)?,
        conversation: name("conversation", exchange.conversation)?,
        model: required_name("model", exchange.model, bounds)?,
        system: present(exchange.system).map(Sensitive::new),
        messages: exchange
            .messages
            .iter()
            .enumerate()
            .map(|(index, message)| message_from_contract(index, message))
            .collect::<Result<_, _>>()?,
        tools: exchange
            .tools
            .iter()
            .enumerate()
            .map(|(index, tool)| {
                count(
                    &format!("tools[{index}]"),
                    tool.len(),
                    bounds.name_bytes_max,
                    "bytes",
                )?;
                Ok((*tool).to_owned())
            })
            .collect::<Result<_, WireError>>()?,
        parameters: match exchange.parameters.as_option() {
            Some(parameters) => parameters_from_contract(parameters, bounds)?,
            None => Parameters::default(),
        },
        response: match exchange.response.as_option() {
            Some(response) => response_from_contract(response)?,
            None => Response::default(),
        },
        client: match exchange.client.as_option() {
            Some(client) => client_from_contract(client, bounds)?,
            None => Client::default(),
        },
    })
}

fn message_from_contract(index: usize, message: &MessageView<'_>) -> Result<Message, WireError> {
    let role = Role::from_name(message.role);
    Ok(Message {
        role: role.ok_or_else(|| bad(format!("messages[{index}].role"), A_ROLE))?,
        content: Sensitive::new(message.content.to_owned()),
    })
}

fn parameters_from_contract(
    parameters: &ParametersView<'_>,
    bounds: &Bounds,
) -> Result<Parameters, WireError> {
    let out_of_range = |value: f32| !TEMPERATURES.contains(&f64::from(value));
    if parameters.temperature.is_some_and(out_of_range) {
        return Err(bad("parameters.temperature".to_owned(), A_TEMPERATURE));
    }
    if parameters.n == Some(0) {
        return Err(bad("parameters.n".to_owned(), A_POSITIVE_COUNT));
    }
    Ok(Parameters {
        temperature: parameters.temperature,
        max_tokens: parameters.max_tokens,
        n: parameters.n,
        response_format: ResponseFormat::from_name(parameters.response_format),
        reasoning_effort: optional_name(
            "parameters.reasoning_effort",
            parameters.reasoning_effort,
            bounds,
        )?,
        logprobs: parameters.logprobs,
    })
}

fn response_from_contract(response: &ResponseView<'_>) -> Result<Response, WireError> {
    let status = |status: u32| {
        let status = u16::try_from(status).ok();
        let status = status.filter(|status| HTTP_STATUSES.contains(status));
        status.ok_or_else(|| bad("response.status".to_owned(), AN_HTTP_STATUS))
    };
    Ok(Response {
        text: present(response.text).map(Sensitive::new),
        finish_reason: FinishReason::from_name(response.finish_reason),
        status: response.status.map(status).transpose()?,
        input_tokens: tokens("response.input_tokens", response.input_tokens)?,
        output_tokens: tokens("response.output_tokens", response.output_tokens)?,
    })
}

fn tokens(field: &str, count: Option<u64>) -> Result<Option<u64>, WireError> {
    match count {
        Some(count) if count > u64::from(COUNT_MAX) => Err(bad(field.to_owned(), A_COUNT)),
        count => Ok(count),
    }
}

fn client_from_contract(client: &ClientView<'_>, bounds: &Bounds) -> Result<Client, WireError> {
    let name = |field: &str, value: &str| {
        optional_name(field, value, bounds).map(|name| name.map(Sensitive::new))
    };
    Ok(Client {
        ip: name("client.ip", client.ip)?,
        user_agent: name("client.user_agent", client.user_agent)?,
        tls_fingerprint: name("client.tls_fingerprint", client.tls_fingerprint)?,
        api_key: name("client.api_key", client.api_key)?,
        payment: name("client.payment", client.payment)?,
    })
}

fn time(text: &str, received: Timestamp) -> Result<Timestamp, WireError> {
    if text.is_empty() {
        return Ok(received);
    }
    parse_time(text).ok_or_else(|| {
        bad(
            "time".to_owned(),
            "an RFC 3339 time such as 2026-05-01T12:00:00.123Z",
        )
    })
}

fn text_within(exchange: &ExchangeView<'_>, bound: usize) -> Result<(), WireError> {
    let messages: usize = exchange
        .messages
        .iter()
        .map(|message| message.content.len())
        .sum();
    let response = exchange
        .response
        .as_option()
        .map_or(0, |response| response.text.len());
    count(
        "text",
        exchange.system.len() + messages + response,
        bound,
        "bytes",
    )
}

/// Checks that a field has at most `bound` units.
///
/// # Errors
/// When `got` is over `bound`.
pub(crate) fn count(
    field: &str,
    got: usize,
    bound: usize,
    unit: &'static str,
) -> Result<(), WireError> {
    if got <= bound {
        return Ok(());
    }
    Err(WireError::OverBound {
        field: field.to_owned(),
        got,
        bound,
        unit,
    })
}

/// Reads a required name, within the bounds.
///
/// # Errors
/// When it is empty or over the bound.
pub(crate) fn required_name(
    field: &'static str,
    value: &str,
    bounds: &Bounds,
) -> Result<String, WireError> {
    optional_name(field, value, bounds)?.ok_or(WireError::MissingField { field })
}

pub(super) fn optional_name(
    field: &str,
    value: &str,
    bounds: &Bounds,
) -> Result<Option<String>, WireError> {
    count(field, value.len(), bounds.name_bytes_max, "bytes")?;
    Ok(present(value))
}

/// Returns a string unless it is empty: in proto3 an empty string and an absent one are the same.
fn present(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

pub(super) fn bad(field: String, expected: &'static str) -> WireError {
    WireError::BadValue { field, expected }
}
