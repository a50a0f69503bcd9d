//! The answer of a chat API.

use super::messages::content;
use super::settings::tokens;
use crate::domain::chat_names::is_placeholder;
use crate::domain::{FinishReason, Response, Sensitive};
use crate::json::Node;

/// Reads an answer in the form of any chat API; without its HTTP status.
pub(crate) fn answer(node: &Node<'_>) -> Response {
    let choice = node.first(&["choices", "candidates"]).items().first();
    let choice = choice.unwrap_or(node);
    let message = choice.first(&["message", "delta"]);
    let text = content(message.get("content"))
        .or_else(|| content(choice.get("text")))
        .or_else(|| content(choice.get("content")))
        .or_else(|| content(node.get("content")))
        .or_else(|| content(node.get("output").get("message").get("content")))
        .or_else(|| output_items(node.get("output")))
        .filter(|text| !is_placeholder(text));
    let usage = node.first(&["usage", "usageMetadata", "usage_metadata"]);
    let refused = is_refusal(message.get("refusal"))
        || is_refusal(node.get("refusal"))
        || node.get("output").items().iter().any(has_refusal);
    let category = refusal_category(choice).or_else(|| refusal_category(node));
    let blocked = node.get("promptFeedback").get("blockReason").text();
    let reason = choice
        .first(&["finish_reason", "stop_reason", "finishReason", "stopReason"])
        .text()
        .or_else(|| node.first(&["stop_reason", "stopReason"]).text())
        .or_else(|| node.get("incomplete_details").get("reason").text())
        .or(blocked);
    Response {
        text: text.map(Sensitive::new),
        finish_reason: reason.and_then(FinishReason::from_name),
        status: None,
        input_tokens: tokens(usage.first(&[
            "prompt_tokens",
            "input_tokens",
            "inputTokens",
            "promptTokenCount",
            "prompt_token_count",
        ])),
        output_tokens: tokens(usage.first(&[
            "completion_tokens",
            "output_tokens",
            "outputTokens",
            "candidatesTokenCount",
            "candidates_token_count",
        ])),
        refused: (refused || category.is_some()).then_some(true),
        refusal_category: category,
    }
}

/// Reads the provider's word for why it refused: Anthropic's `stop_details.category`.
fn refusal_category(node: &Node<'_>) -> Option<String> {
    let details = node.first(&["stop_details", "stopDetails"]);
    details.get("category").name()
}

/// Returns whether a `refusal` field says that the model refused: its words, or `true`.
fn is_refusal(node: &Node<'_>) -> bool {
    node.boolean()
        .unwrap_or_else(|| node.text().is_some_and(|text| !text.is_empty()))
}

/// Returns whether an item of a Responses answer holds a refusal.
fn has_refusal(item: &Node<'_>) -> bool {
    let parts = item.get("content").items().iter();
    let mut refusals = parts.filter(|part| part.get("type").text() == Some("refusal"));
    refusals.next().is_some()
}

/// Reads the text of a response that is a list of items with parts.
fn output_items(node: &Node<'_>) -> Option<String> {
    let items = node.items().iter();
    let texts: Vec<String> = items
        .filter_map(|item| content(item.get("content")))
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}
