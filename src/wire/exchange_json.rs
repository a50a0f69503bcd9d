//! An exchange in JSON: one lenient reader for a line of a traffic log and for the body of a call.
//!
//! Any JSON becomes the contract's message; what is of the wrong type is absent. What an exchange cannot do without is
//! checked afterwards, for JSON and protobuf alike, in [`exchange_from_contract`](super::exchange_from_contract). So a
//! line means the same through every door, and every error names its field.

use serde::de::{Deserialize, Deserializer};

use super::contract;
use super::time::{format_time, time_of_number};
use crate::chat;
use crate::domain::{Message, Parameters, Response, ResponseFormat, Sensitive, Tool};
use crate::json::Node;

/// The form that serde deserializes in place of [`contract::Exchange`].
pub(crate) struct ExchangeJson(contract::Exchange);

impl<'de> Deserialize<'de> for ExchangeJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(exchange_from_json(&Node::deserialize(deserializer)?)))
    }
}

impl From<ExchangeJson> for contract::Exchange {
    fn from(form: ExchangeJson) -> Self {
        form.0
    }
}

/// Top-level fields of an exchange in JSON that are not read from a chat API's request.
const OWN_FIELDS: [&str; 20] = [
    "id",
    "time",
    "account",
    "organization",
    "conversation",
    "model",
    "system",
    "messages",
    "tools",
    "tool_descriptions",
    "parameters",
    "response",
    "client",
    "kind",
    "mirror",
    "session",
    "end_user",
    "account_created",
    "plan",
    "quota_used",
];

/// Returns the number of top-level fields that are not part of the format.
pub(crate) fn unknown_fields(node: &Node<'_>) -> u32 {
    let names = node.names().filter(|name| {
        !OWN_FIELDS
            .iter()
            .any(|own| own == name || camel(own) == *name)
    });
    u32::try_from(names.count()).unwrap_or(u32::MAX)
}

/// Reads an exchange from any JSON value.
pub(crate) fn exchange_from_json(node: &Node<'_>) -> contract::Exchange {
    let body = chat::request(node);
    let text = |name: &str| named(node, name);
    let parameters = field(node, "parameters");
    let parameters = if matches!(parameters, Node::Object(_)) {
        chat::parameters(parameters)
    } else {
        body.parameters
    };
    contract::Exchange {
        id: text("id"),
        time: time(field(node, "time")),
        account: text("account"),
        organization: text("organization"),
        conversation: text("conversation"),
        model: body.model.unwrap_or_default(),
        system: body.system.unwrap_or_default(),
        messages: body.messages.into_iter().map(message).collect(),
        tools: body.tools.iter().map(|tool| tool.name.clone()).collect(),
        tool_descriptions: descriptions(field(node, "tool_descriptions"), body.tools),
        parameters: parameters_form(parameters).into(),
        response: response(field(node, "response")).into(),
        client: client(field(node, "client")).into(),
        kind: text("kind"),
        mirror: chat::flag(field(node, "mirror")).unwrap_or_default(),
        session: text("session"),
        end_user: text("end_user"),
        account_created: time(field(node, "account_created")),
        plan: text("plan"),
        quota_used: field(node, "quota_used").number().map(|share| share as f32),
    }
}

/// Returns a field under its name or, as protobuf's JSON mapping writes it, its name in camel case.
fn field<'n, 'a>(node: &'n Node<'a>, name: &str) -> &'n Node<'a> {
    let value = node.get(name);
    if value.is_absent() && name.contains('_') {
        return node.get(&camel(name));
    }
    value
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        name + &initial.to_ascii_uppercase() + rest
    })
}

fn named(node: &Node<'_>, name: &str) -> String {
    field(node, name).name().unwrap_or_default()
}

/// Returns a time as RFC 3339 text if it is one or a number; any other text as it is, for the check to name.
fn time(node: &Node<'_>) -> String {
    let number = match node {
        Node::Text(text) if text.trim().parse::<f64>().is_err() => None,
        value => value.number(),
    };
    match (number.and_then(time_of_number), node) {
        (Some(time), _) => format_time(time),
        (None, Node::Absent) => String::new(),
        (None, node) => node.name().unwrap_or_else(|| "not a time".to_owned()),
    }
}

fn message(message: Message) -> contract::Message {
    contract::Message {
        role: message.role.name().to_owned(),
        content: message.content.into_inner(),
    }
}

/// Returns the descriptions as given apart from the tools, or those of the tools.
fn descriptions(given: &Node<'_>, tools: Vec<Tool>) -> Vec<String> {
    let given = given.items();
    let described = tools.iter().any(|tool| tool.description.is_some());
    if given.is_empty() && !described {
        return Vec::new();
    }
    let own = |(index, tool): (usize, Tool)| {
        let given = given.get(index).and_then(Node::text).map(str::to_owned);
        let own = tool.description.map(Sensitive::into_inner);
        own.or(given).unwrap_or_default()
    };
    tools.into_iter().enumerate().map(own).collect()
}

fn parameters_form(parameters: Parameters) -> Option<contract::Parameters> {
    (parameters != Parameters::default()).then(|| contract::Parameters {
        temperature: parameters.temperature,
        max_tokens: parameters.max_tokens,
        n: parameters.n,
        response_format: parameters
            .response_format
            .map(ResponseFormat::name)
            .unwrap_or_default()
            .to_owned(),
        reasoning_effort: parameters.reasoning_effort.unwrap_or_default(),
        logprobs: parameters.logprobs,
    })
}

/// Reads the answer: the contract's own fields, or the body that a chat API answered.
fn response(node: &Node<'_>) -> Option<contract::Response> {
    if node.is_absent() {
        return None;
    }
    let answer: Response = chat::answer(node);
    let text = answer
        .text
        .or_else(|| node.text().map(|text| text.to_owned().into()));
    let refusal = field(node, "refused");
    Some(contract::Response {
        text: text.map(Sensitive::into_inner).unwrap_or_default(),
        finish_reason: field(node, "finish_reason")
            .name()
            .or_else(|| answer.finish_reason.map(|reason| reason.name().to_owned()))
            .unwrap_or_default(),
        status: chat::status(field(node, "status")).map(u32::from),
        input_tokens: chat::tokens(field(node, "input_tokens")).or(answer.input_tokens),
        output_tokens: chat::tokens(field(node, "output_tokens")).or(answer.output_tokens),
        refused: chat::flag(refusal).or(answer.refused),
        refusal_category: field(node, "refusal_category")
            .name()
            .or(answer.refusal_category)
            .unwrap_or_default(),
    })
}

fn client(node: &Node<'_>) -> Option<contract::Client> {
    if node.is_absent() {
        return None;
    }
    let text = |name: &str| named(node, name);
    Some(contract::Client {
        ip: text("ip"),
        user_agent: text("user_agent"),
        tls_fingerprint: text("tls_fingerprint"),
        api_key: text("api_key"),
        payment: text("payment"),
        device: text("device"),
        registration: text("registration"),
        version: text("version"),
    })
}
