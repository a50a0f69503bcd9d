//! Sampling and output settings, and the numbers of requests and answers.

use crate::domain::chat_names::{HTTP_STATUSES, TEMPERATURES};
use crate::domain::{Parameters, ResponseFormat};
use crate::json::Node;

/// Reads sampling and output settings under the names of chat APIs, also where an API nests them.
pub(crate) fn parameters(node: &Node<'_>) -> Parameters {
    const LIMITS: [&str; 6] = [
        "max_completion_tokens",
        "max_tokens",
        "max_output_tokens",
        "maxOutputTokens",
        "maxTokens",
        "maxTokenCount",
    ];
    let nested = node.first(&[
        "generationConfig",
        "generation_config",
        "inferenceConfig",
        "textGenerationConfig",
    ]);
    let of = |names: &[&str]| {
        let outer = node.first(names);
        if outer.is_absent() {
            nested.first(names)
        } else {
            outer
        }
    };
    let format = of(&["response_format", "responseMimeType", "response_mime_type"]);
    let format = if format.is_absent() {
        node.get("text").get("format")
    } else {
        format
    };
    Parameters {
        temperature: temperature(of(&["temperature"])),
        max_tokens: small(of(&LIMITS)),
        n: small(of(&["n", "candidateCount", "candidate_count"])).filter(|n| *n > 0),
        response_format: format
            .text()
            .or_else(|| format.get("type").text())
            .map(|name| match name.trim() {
                "application/json" => "json_object",
                "text/plain" => "text",
                name => name,
            })
            .and_then(ResponseFormat::from_name),
        reasoning_effort: node
            .get("reasoning_effort")
            .name()
            .or_else(|| node.get("reasoning").get("effort").name()),
        logprobs: logprobs(of(&["logprobs", "responseLogprobs"])),
    }
}

/// Reads `logprobs`: a boolean, or in older APIs the number of alternatives to return.
fn logprobs(node: &Node<'_>) -> Option<bool> {
    let alternatives = || node.count().map(|count| count > 0);
    flag(node).or_else(alternatives)
}

/// Reads a boolean, also as text.
pub(crate) fn flag(node: &Node<'_>) -> Option<bool> {
    node.boolean().or_else(|| match node.text()?.trim() {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    })
}

/// Reads a temperature; `None` outside the valid range.
pub(crate) fn temperature(node: &Node<'_>) -> Option<f32> {
    let value = node.number()?;
    TEMPERATURES.contains(&value).then_some(value as f32)
}

/// Reads a count; `None` above [`crate::domain::chat_names::COUNT_MAX`].
pub(crate) fn small(node: &Node<'_>) -> Option<u32> {
    u32::try_from(node.count()?).ok()
}

/// Reads a number of input or output tokens.
pub(crate) fn tokens(node: &Node<'_>) -> Option<u64> {
    small(node).map(u64::from)
}

/// Reads an HTTP status.
pub(crate) fn status(node: &Node<'_>) -> Option<u16> {
    let status = u16::try_from(node.count()?).ok();
    status.filter(|status| HTTP_STATUSES.contains(status))
}
