//! The answer of a traffic line, as it is written.

use serde::Serialize;

use crate::domain::{FinishReason, Response};

/// A response in its written form.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_category: Option<&'a str>,
}

impl<'a> ResponseForm<'a> {
    pub(super) fn new(response: &'a Response) -> Self {
        Self {
            text: response.text.as_ref().map(|text| text.expose().as_str()),
            finish_reason: response.finish_reason.map(FinishReason::name),
            status: response.status,
            input_tokens: response.input_tokens,
            output_tokens: response.output_tokens,
            refused: response.refused,
            refusal_category: response.refusal_category.as_deref(),
        }
    }
}
