//! The `moderations` endpoint of OpenAI's API: text in, a score per category out. Here there is one category.

use serde_json::{Value, json};

use super::Context;
use crate::chat::{content, message};
use crate::domain::{Exchange, Message, Risk, Role};
use crate::json::Node;
use crate::wire::WireError;

/// The category: how much a text, by itself, looks like an extraction request.
const CATEGORY: &str = "capability_extraction";
/// Lowest score at which a text is flagged: more likely than not.
const FLAGGED_FROM: f64 = 0.5;
/// Maximum texts of one request.
const INPUTS_MAX: usize = 64;

/// Reads one exchange per text. The exchanges have no account and are not added to any history.
///
/// # Errors
/// When the body is not JSON, or `input` is neither text nor a list of texts or parts within the bounds.
pub(crate) fn read(body: &[u8], context: &Context<'_>) -> Result<Vec<Exchange>, WireError> {
    let body = Node::read(body)?;
    let input = body.get("input");
    let texts: Vec<String> = match input {
        // A list of parts is one text, a list of strings is several.
        Node::List(items) if items.iter().all(|item| item.text().is_some()) => items
            .iter()
            .filter_map(Node::text)
            .map(str::to_owned)
            .collect(),
        _ => content(input).into_iter().collect(),
    };
    if texts.is_empty() {
        return Err(WireError::MissingField { field: "input" });
    }
    over("input", texts.len(), INPUTS_MAX, "texts")?;
    let bytes = texts.iter().map(String::len).sum();
    over("input", bytes, context.bounds.text_bytes_max, "bytes")?;
    let exchange = |text: &String| alone(message(Role::User, text), context);
    Ok(texts.iter().map(exchange).collect())
}

/// Builds the response, in the order of the texts. `model` is the bundle that scored.
pub(crate) fn answer_of(risks: &[Risk], model: &str) -> Value {
    let result = |risk: &Risk| {
        let flagged = risk.value() >= FLAGGED_FROM;
        json!({
            "flagged": flagged,
            "categories": {CATEGORY: flagged},
            "category_scores": {CATEGORY: risk.value()},
            "category_applied_input_types": {CATEGORY: ["text"]},
        })
    };
    let results: Vec<Value> = risks.iter().map(result).collect();
    json!({"id": "modr-stillwatch", "model": model, "results": results})
}

fn alone(message: Message, context: &Context<'_>) -> Exchange {
    Exchange {
        time: context.received,
        messages: vec![message],
        ..Exchange::default()
    }
}

fn over(field: &str, got: usize, bound: usize, unit: &'static str) -> Result<(), WireError> {
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
