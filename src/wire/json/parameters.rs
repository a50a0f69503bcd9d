//! The sampling and output parameters of a traffic line.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::MapAccess;

use super::scalar::Scalar;
use super::shape::{Fields, Object, Shape, value};
use super::{JsonKind, LineError};
use crate::domain::chat_names::{
    A_COUNT, A_POSITIVE_COUNT, A_TEMPERATURE, COUNT_MAX, TEMPERATURES,
};
use crate::domain::{Parameters, ResponseFormat};

/// The shape of sampling and output parameters in a line.
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
            n: self
                .n
                .count("parameters.n", (1, COUNT_MAX), A_POSITIVE_COUNT)?,
            response_format: self
                .response_format
                .name("parameters.response_format")?
                .and_then(|name| ResponseFormat::from_name(&name)),
            reasoning_effort: self.reasoning_effort.named("parameters.reasoning_effort")?,
            logprobs: logprobs(self.logprobs)?,
        })
    }
}

fn temperature(value: Scalar<'_>) -> Result<Option<f32>, LineError> {
    let field = "parameters.temperature";
    match value.number(field)? {
        None => Ok(None),
        Some(number) if TEMPERATURES.contains(&number) => Ok(Some(number as f32)),
        Some(_) => Err(LineError::OutOfRange {
            field,
            expected: A_TEMPERATURE,
        }),
    }
}

/// Reads `logprobs`: a boolean, or in older APIs the number of alternatives to return.
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

/// Parameters in their written form.
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
            response_format: parameters.response_format.map(ResponseFormat::name),
            reasoning_effort: parameters.reasoning_effort.as_deref(),
            logprobs: parameters.logprobs,
        }
    }
}
