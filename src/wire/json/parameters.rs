//! The settings of a traffic line, as they are written.

use serde::Serialize;

use crate::domain::{Parameters, ResponseFormat};

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
