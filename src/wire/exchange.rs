//! Conversion of the contract's exchange to `domain::Exchange`, within the bounds: the last step of every door.

use super::contract;
use super::{Bounds, WireError, fit, parse_time};
use crate::chat;
use crate::domain::chat_names::{COUNT_MAX, HTTP_STATUSES, TEMPERATURES};
use crate::domain::{
    CallKind, Client, Exchange, FinishReason, Message, Parameters, Response, ResponseFormat,
    Sensitive, Timestamp, Tool,
};

/// Checks and converts an exchange, cut to the bounds; `received` is used when it has no time. A setting or a number
/// out of its range is absent.
///
/// # Errors
/// When a required field is missing, a name is over its bound or a time is not one; names the first such field.
pub(crate) fn exchange_from_contract(
    exchange: contract::Exchange,
    received: Timestamp,
    bounds: &Bounds,
) -> Result<Exchange, WireError> {
    if exchange.messages.is_empty() {
        return Err(WireError::MissingField { field: "messages" });
    }
    let name = |field: &str, value: String| optional_name(field, value, bounds);
    let hidden =
        |field: &str, value: String| name(field, value).map(|name| name.map(Sensitive::new));
    let descriptions = exchange.tool_descriptions.into_iter().map(Some);
    let mut converted = Exchange {
        id: name("id", exchange.id)?,
        time: time("time", &exchange.time)?.unwrap_or(received),
        account: required_name("account", exchange.account, bounds)?,
        organization: name("organization", exchange.organization)?,
        conversation: name("conversation", exchange.conversation)?,
        model: required_name("model", exchange.model, bounds)?,
        system: present(exchange.system).map(Sensitive::new),
        messages: exchange.messages.into_iter().map(message).collect(),
        tools: exchange
            .tools
            .into_iter()
            .zip(descriptions.chain(std::iter::repeat(None)))
            .map(|(name, description)| Tool {
                name,
                description: description.and_then(present).map(Sensitive::new),
            })
            .collect(),
        parameters: match exchange.parameters.into_option() {
            Some(parameters) => parameters_from_contract(parameters, bounds)?,
            None => Parameters::default(),
        },
        response: match exchange.response.into_option() {
            Some(response) => response_from_contract(response, bounds)?,
            None => Response::default(),
        },
        client: match exchange.client.into_option() {
            Some(client) => client_from_contract(client, bounds)?,
            None => Client::default(),
        },
        kind: CallKind::from_name(&exchange.kind),
        mirror: exchange.mirror,
        truncated: false,
        session: hidden("session", exchange.session)?,
        end_user: hidden("end_user", exchange.end_user)?,
        account_created: time("account_created", &exchange.account_created)?,
        plan: name("plan", exchange.plan)?,
        quota_used: exchange
            .quota_used
            .filter(|share| share.is_finite() && *share >= 0.0),
    };
    fit(&mut converted, bounds);
    Ok(converted)
}

fn message(message: contract::Message) -> Message {
    Message {
        role: chat::role(&message.role),
        content: chat::text_or_placeholder(message.content),
    }
}

fn parameters_from_contract(
    parameters: contract::Parameters,
    bounds: &Bounds,
) -> Result<Parameters, WireError> {
    Ok(Parameters {
        temperature: parameters
            .temperature
            .filter(|value| TEMPERATURES.contains(&f64::from(*value))),
        max_tokens: parameters.max_tokens,
        n: parameters.n.filter(|n| *n > 0),
        response_format: ResponseFormat::from_name(&parameters.response_format),
        reasoning_effort: optional_name(
            "parameters.reasoning_effort",
            parameters.reasoning_effort,
            bounds,
        )?,
        logprobs: parameters.logprobs,
    })
}

fn response_from_contract(
    response: contract::Response,
    bounds: &Bounds,
) -> Result<Response, WireError> {
    let status = response
        .status
        .and_then(|status| u16::try_from(status).ok());
    let tokens = |count: Option<u64>| count.filter(|count| *count <= u64::from(COUNT_MAX));
    Ok(Response {
        text: present(response.text).map(chat::text_or_placeholder),
        finish_reason: FinishReason::from_name(&response.finish_reason),
        status: status.filter(|status| HTTP_STATUSES.contains(status)),
        input_tokens: tokens(response.input_tokens),
        output_tokens: tokens(response.output_tokens),
        refused: response.refused,
        refusal_category: optional_name(
            "response.refusal_category",
            response.refusal_category,
            bounds,
        )?,
    })
}

fn client_from_contract(client: contract::Client, bounds: &Bounds) -> Result<Client, WireError> {
    let name = |field: &str, value: String| {
        optional_name(field, value, bounds).map(|name| name.map(Sensitive::new))
    };
    Ok(Client {
        ip: name("client.ip", client.ip)?,
        user_agent: name("client.user_agent", client.user_agent)?,
        tls_fingerprint: name("client.tls_fingerprint", client.tls_fingerprint)?,
        api_key: name("client.api_key", client.api_key)?,
        payment: name("client.payment", client.payment)?,
        device: name("client.device", client.device)?,
        registration: name("client.registration", client.registration)?,
        version: optional_name("client.version", client.version, bounds)?,
    })
}

fn time(field: &str, text: &str) -> Result<Option<Timestamp>, WireError> {
    if text.is_empty() {
        return Ok(None);
    }
    let time = parse_time(text);
    time.map(Some).ok_or_else(|| WireError::BadValue {
        field: field.to_owned(),
        expected: "an RFC 3339 time such as 2026-05-01T12:00:00.123Z, from 1970 to 2199",
    })
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
    value: impl Into<String>,
    bounds: &Bounds,
) -> Result<String, WireError> {
    optional_name(field, value, bounds)?.ok_or(WireError::MissingField { field })
}

pub(super) fn optional_name(
    field: &str,
    value: impl Into<String>,
    bounds: &Bounds,
) -> Result<Option<String>, WireError> {
    let value = value.into();
    count(field, value.len(), bounds.name_bytes_max, "bytes")?;
    Ok(present(value))
}

/// Returns a string unless it is empty: in proto3 an empty string and an absent one are the same.
fn present(value: String) -> Option<String> {
    (!value.is_empty()).then_some(value)
}

pub(super) fn bad(field: String, expected: &'static str) -> WireError {
    WireError::BadValue { field, expected }
}
