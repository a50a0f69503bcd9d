//! The response in a traffic line.

use serde::Serialize;
use serde::de::MapAccess;

use super::LineError;
use super::scalar::Scalar;
use super::shape::{Fields, value};
use crate::domain::chat_names::{A_COUNT, AN_HTTP_STATUS, COUNT_MAX, HTTP_STATUSES};
use crate::domain::{FinishReason, Response, Sensitive};

/// The shape of a response in a line.
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
        let statuses = (
            u32::from(*HTTP_STATUSES.start()),
            u32::from(*HTTP_STATUSES.end()),
        );
        let status = self
            .status
            .count("response.status", statuses, AN_HTTP_STATUS)?;
        Ok(Response {
            text: self
                .text
                .text("response.text")?
                .map(|text| Sensitive::new(text.into_owned())),
            finish_reason: self
                .finish_reason
                .text("response.finish_reason")?
                .and_then(|name| FinishReason::from_name(&name)),
            status: status.map(|status| status as u16),
            input_tokens: tokens(self.input_tokens, "response.input_tokens")?,
            output_tokens: tokens(self.output_tokens, "response.output_tokens")?,
        })
    }
}

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
}

impl<'a> ResponseForm<'a> {
    pub(super) fn new(response: &'a Response) -> Self {
        Self {
            text: response.text.as_ref().map(|text| text.expose().as_str()),
            finish_reason: response.finish_reason.map(FinishReason::name),
            status: response.status,
            input_tokens: response.input_tokens,
            output_tokens: response.output_tokens,
        }
    }
}
