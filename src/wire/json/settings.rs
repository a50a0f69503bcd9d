//! Parameters, response and client of a traffic line.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::MapAccess;

use super::scalar::{COUNT_MAX, Scalar};
use super::shape::{Fields, Object, Shape, value};
use super::{JsonKind, LineError};
use crate::domain::{Client, FinishReason, Parameters, Response, ResponseFormat, Sensitive};

const A_COUNT: &str = "a whole number from 0 to 4294967295";

/// Highest temperature that is read; providers stop at 2.
const TEMPERATURE_MAX: f64 = 100.0;

/// Sampling and output settings as they stand in a line.
#[derive(Default)]
pub(super) struct ParametersShape<'a> {
    temperature: Scalar<'a>,
    max_tokens: Scalar<'a>,
    n: Scalar<'a>,
    response_format: FormatShape<'a>,
    reasoning_effort: Scalar<'a>,
    logprobs: Scalar<'a>,
}

impl<'de> Fields<'de> for ParametersShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "temperature" => self.temperature = value(object)?,
            "max_tokens" => self.max_tokens = value(object)?,
            "n" => self.n = value(object)?,
            "response_format" => self.response_format = value(object)?,
            "reasoning_effort" => self.reasoning_effort = value(object)?,
            "logprobs" => self.logprobs = value(object)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl ParametersShape<'_> {
    pub(super) fn into_parameters(self) -> Result<Parameters, LineError> {
        Ok(Parameters {
            temperature: temperature(self.temperature)?,
            max_tokens: self
                .max_tokens
                .count("parameters.max_tokens", (0, COUNT_MAX), A_COUNT)?,
            n: self.n.count(
                "parameters.n",
                (1, COUNT_MAX),
                "a whole number from 1 to 4294967295",
            )?,
            response_format: self
                .response_format
                .name("parameters.response_format")?
                .map(|name| format_from_name(&name)),
            reasoning_effort: self.reasoning_effort.named("parameters.reasoning_effort")?,
            logprobs: logprobs(self.logprobs)?,
        })
    }
}

fn temperature(value: Scalar<'_>) -> Result<Option<f32>, LineError> {
    let field = "parameters.temperature";
    match value.number(field)? {
        None => Ok(None),
        Some(number) if (0.0..=TEMPERATURE_MAX).contains(&number) => Ok(Some(number as f32)),
        Some(_) => Err(LineError::OutOfRange {
            field,
            expected: "a number from 0 to 100",
        }),
    }
}

/// A switch, or in older APIs the number of alternatives to show.
fn logprobs(value: Scalar<'_>) -> Result<Option<bool>, LineError> {
    let field = "parameters.logprobs";
    match value {
        Scalar::Absent => Ok(None),
        Scalar::Boolean(on) => Ok(Some(on)),
        Scalar::Number(_) => Ok(value.count(field, (0, COUNT_MAX), A_COUNT)?.map(|n| n > 0)),
        other => Err(other.wrong(field, "true, false or a number")),
    }
}

/// A response format: its name, or an object whose `type` is its name.
#[derive(Default)]
struct FormatShape<'a>(Scalar<'a>);

impl<'a> FormatShape<'a> {
    fn name(self, field: &'static str) -> Result<Option<Cow<'a, str>>, LineError> {
        self.0.text(field)
    }
}

impl<'de> Shape<'de> for FormatShape<'de> {
    fn other(found: JsonKind) -> Self {
        Self(Scalar::Other(found))
    }

    fn text(text: Cow<'de, str>) -> Self {
        Self(Scalar::Text(text))
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        Ok(match Object::<TypeShape>::object(object)? {
            Object::Fields { fields, .. } => Self(fields.kind),
            Object::Absent | Object::Other(_) => Self::default(),
        })
    }
}

#[derive(Default)]
struct TypeShape<'a> {
    kind: Scalar<'a>,
}

impl<'de> Fields<'de> for TypeShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        if name == "type" {
            self.kind = value(object)?;
        }
        Ok(name == "type")
    }
}

fn format_from_name(name: &str) -> ResponseFormat {
    match name {
        "text" => ResponseFormat::Text,
        "json_object" => ResponseFormat::JsonObject,
        "json_schema" => ResponseFormat::JsonSchema,
        _ => ResponseFormat::Other,
    }
}

const fn format_name(format: ResponseFormat) -> &'static str {
    match format {
        ResponseFormat::Text => "text",
        ResponseFormat::JsonObject => "json_object",
        ResponseFormat::JsonSchema => "json_schema",
        ResponseFormat::Other => "other",
    }
}

/// The answer as it stands in a line.
#[derive(Default)]
pub(super) struct ResponseShape<'a> {
    text: Scalar<'a>,
    finish_reason: Scalar<'a>,
    status: Scalar<'a>,
    input_tokens: Scalar<'a>,
    output_tokens: Scalar<'a>,
}

impl<'de> Fields<'de> for ResponseShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "text" => self.text = value(object)?,
            "finish_reason" => self.finish_reason = value(object)?,
            "status" => self.status = value(object)?,
            "input_tokens" => self.input_tokens = value(object)?,
            "output_tokens" => self.output_tokens = value(object)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl ResponseShape<'_> {
    pub(super) fn into_response(self) -> Result<Response, LineError> {
        let tokens = |value: Scalar<'_>, field| {
            let count = value.count(field, (0, COUNT_MAX), A_COUNT)?;
            Ok(count.map(u64::from))
        };
        let status =
            self.status
                .count("response.status", (100, 999), "a status from 100 to 999")?;
        Ok(Response {
            text: self
                .text
                .text("response.text")?
                .map(|text| Sensitive::new(text.into_owned())),
            finish_reason: self
                .finish_reason
                .text("response.finish_reason")?
                .map(|name| finish_from_name(&name)),
            status: status.map(|status| status as u16),
            input_tokens: tokens(self.input_tokens, "response.input_tokens")?,
            output_tokens: tokens(self.output_tokens, "response.output_tokens")?,
        })
    }
}

/// Names of the usual APIs, in either case.
fn finish_from_name(name: &str) -> FinishReason {
    match name.to_ascii_lowercase().as_str() {
        "stop" | "end_turn" | "stop_sequence" => FinishReason::Stop,
        "length" | "max_tokens" => FinishReason::Length,
        "tool_calls" | "tool_use" | "function_call" => FinishReason::ToolCalls,
        "content_filter" | "refusal" | "safety" => FinishReason::ContentFilter,
        _ => FinishReason::Other,
    }
}

const fn finish_name(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Other => "other",
    }
}

/// Where the call came from, as it stands in a line.
#[derive(Default)]
pub(super) struct ClientShape<'a> {
    ip: Scalar<'a>,
    user_agent: Scalar<'a>,
    tls_fingerprint: Scalar<'a>,
    api_key: Scalar<'a>,
    payment: Scalar<'a>,
}

impl<'de> Fields<'de> for ClientShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "ip" => self.ip = value(object)?,
            "user_agent" => self.user_agent = value(object)?,
            "tls_fingerprint" => self.tls_fingerprint = value(object)?,
            "api_key" => self.api_key = value(object)?,
            "payment" => self.payment = value(object)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl ClientShape<'_> {
    pub(super) fn into_client(self) -> Result<Client, LineError> {
        let named = |value: Scalar<'_>, field| Ok(value.named(field)?.map(Sensitive::new));
        Ok(Client {
            ip: named(self.ip, "client.ip")?,
            user_agent: named(self.user_agent, "client.user_agent")?,
            tls_fingerprint: named(self.tls_fingerprint, "client.tls_fingerprint")?,
            api_key: named(self.api_key, "client.api_key")?,
            payment: named(self.payment, "client.payment")?,
        })
    }
}

/// Settings as they are written.
#[derive(Serialize, PartialEq, Default)]
pub(super) struct ParametersForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
}

impl<'a> ParametersForm<'a> {
    pub(super) fn new(parameters: &'a Parameters) -> Self {
        Self {
            temperature: parameters.temperature,
            max_tokens: parameters.max_tokens,
            n: parameters.n,
            response_format: parameters.response_format.map(format_name),
            reasoning_effort: parameters.reasoning_effort.as_deref(),
            logprobs: parameters.logprobs,
        }
    }
}

/// An answer as it is written.
#[derive(Serialize, PartialEq, Default)]
pub(super) struct ResponseForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finish_reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens: Option<u64>,
}

impl<'a> ResponseForm<'a> {
    pub(super) fn new(response: &'a Response) -> Self {
        Self {
            text: response.text.as_ref().map(|text| text.expose().as_str()),
            finish_reason: response.finish_reason.map(finish_name),
            status: response.status,
            input_tokens: response.input_tokens,
            output_tokens: response.output_tokens,
        }
    }
}

/// A client as it is written.
#[derive(Serialize, PartialEq, Default)]
pub(super) struct ClientForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_fingerprint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<&'a str>,
}

impl<'a> ClientForm<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        let exposed = |value: &'a Option<Sensitive<String>>| {
            value.as_ref().map(|value| value.expose().as_str())
        };
        Self {
            ip: exposed(&client.ip),
            user_agent: exposed(&client.user_agent),
            tls_fingerprint: exposed(&client.tls_fingerprint),
            api_key: exposed(&client.api_key),
            payment: exposed(&client.payment),
        }
    }
}
