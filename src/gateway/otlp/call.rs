//! What the records of model calls have in common, whatever the dialect of their messages: parties, times, settings.

use super::content::tools_of;
use super::finish::finish_reason;
use super::record::Record;
use crate::chat::{flag, small, status, temperature, tokens};
use crate::domain::{CallKind, Client, Parameters, Response, ResponseFormat};
use crate::gateway::draft::{Draft, time_of, time_of_micros};
use crate::gateway::identity::Identity;
use crate::json::Node;

/// What a record is, to one dialect.
pub(super) enum Reading {
    /// Not of this dialect.
    Unknown,
    /// A step around model calls (an agent, a chain, a tool), which repeats what the records of the calls carry.
    Around,
    /// A model call.
    Call(Box<Draft>),
}

/// Names of the end user, the most specific first.
const USERS: [&str; 10] = [
    "gen_ai.user",
    "llm.user",
    "gen_ai.request.user",
    "user.id",
    "enduser.id",
    "enduser.pseudo.id",
    "langfuse.user.id",
    "traceloop.association.properties.user_id",
    "langfuse.observation.metadata.langfuse_user_id",
    "mlflow.trace.user",
];
/// Names of the session.
const SESSIONS: [&str; 6] = [
    "session.id",
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "langfuse.observation.metadata.langfuse_session_id",
    "gcp.vertex.agent.session_id",
    "mlflow.trace.session",
];
/// Names of the provider's word for why it refused.
const REFUSAL_CATEGORIES: [&str; 5] = [
    "gen_ai.response.refusal_category",
    "gen_ai.response.refusal.category",
    "gen_ai.response.stop_details.category",
    "stop_details.category",
    "refusal_category",
];

/// Status of a call that failed without saying how.
const STATUS_FAILED: u16 = 500;
/// Status of a call that was answered.
const STATUS_ANSWERED: u16 = 200;

/// Reads all but the messages and the text of the answer. The resource is that of the program that emits the record;
/// it names the account or the user of programs that serve only one.
pub(super) fn draft(record: &Record<'_>, resource: &Node<'_>) -> Draft {
    let attributes = &record.attributes;
    let session = name(attributes, &SESSIONS);
    let sensitive = |names: &[&str]| name(attributes, names).map(Into::into);
    Draft {
        id: name(attributes, &["litellm.call_id", "gen_ai.response.id"])
            .or_else(|| record.span.clone()),
        time: time_of_micros((record.nanos / 1_000) as i64).filter(|_| record.nanos > 0),
        identity: identity(attributes, resource),
        conversation: name(attributes, &["gen_ai.conversation.id"]).or_else(|| session.clone()),
        model: name(
            attributes,
            &["gen_ai.request.model", "gen_ai.response.model"],
        ),
        tools: tools_of(attributes.get("gen_ai.tool.definitions")),
        parameters: parameters(attributes),
        response: response(attributes, record.failed),
        client: Client {
            ip: sensitive(&["metadata.requester_ip_address", "client.address"]),
            user_agent: sensitive(&["metadata.user_agent", "user_agent.original"]),
            device: sensitive(&["stillwatch.device", "app.installation.id", "device.id"]),
            registration: sensitive(&["stillwatch.registration"]),
            version: name(attributes, &["stillwatch.client_version"]),
            ..Client::default()
        },
        mirror: flag(attributes.get("stillwatch.mirror")) == Some(true),
        session,
        account_created: time_of(
            attributes.get("stillwatch.account_created"),
            "account_created",
        )
        .unwrap_or_default(),
        plan: name(attributes, &["stillwatch.plan"]),
        ..Draft::default()
    }
}

/// Returns the kind of call that an operation names; text where it names none.
pub(super) fn kind(operation: &Node<'_>) -> Option<CallKind> {
    operation.text().and_then(CallKind::from_name)
}

/// Fills in the status of a call from what it brought, once its answer is read.
pub(super) fn with_status(mut draft: Draft) -> Draft {
    let response = &mut draft.response;
    let answered = response.text.is_some() || response.finish_reason.is_some();
    response.status = response.status.or(answered.then_some(STATUS_ANSWERED));
    draft
}

/// Fills what `response` lacks from `other`, which was read from another part of the same record.
pub(super) fn complete(response: &mut Response, other: Response) {
    response.text = response.text.take().or(other.text);
    response.finish_reason = response.finish_reason.or(other.finish_reason);
    response.input_tokens = response.input_tokens.or(other.input_tokens);
    response.output_tokens = response.output_tokens.or(other.output_tokens);
    response.refused = response.refused.or(other.refused);
    response.refusal_category = response.refusal_category.take().or(other.refusal_category);
}

/// Fills what `parameters` lacks from `other`.
pub(super) fn complete_parameters(parameters: &mut Parameters, other: Parameters) {
    parameters.temperature = parameters.temperature.or(other.temperature);
    parameters.max_tokens = parameters.max_tokens.or(other.max_tokens);
    parameters.n = parameters.n.or(other.n);
    parameters.response_format = parameters.response_format.or(other.response_format);
    parameters.reasoning_effort = parameters
        .reasoning_effort
        .take()
        .or(other.reasoning_effort);
    parameters.logprobs = parameters.logprobs.or(other.logprobs);
}

/// Returns the first name that is present. Some emitters write every value as JSON, including the quotes.
pub(super) fn name(attributes: &Node<'_>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let value = attributes.get(name);
        match value.text() {
            Some(text) if text.starts_with('"') => value.unfolded().name(),
            _ => value.name(),
        }
    })
}

fn identity(attributes: &Node<'_>, resource: &Node<'_>) -> Identity {
    const ACCOUNT: [&str; 1] = ["stillwatch.account"];
    let mut identity = Identity::of_litellm(attributes, "metadata.");
    identity.key = name(attributes, &ACCOUNT)
        .or(identity.key)
        .or_else(|| name(resource, &ACCOUNT));
    identity.end_user = identity
        .end_user
        .or_else(|| name(attributes, &USERS))
        .or_else(|| name(resource, &USERS));
    identity.organization = identity
        .organization
        .or_else(|| name(attributes, &["stillwatch.organization"]));
    identity
}

fn parameters(attributes: &Node<'_>) -> Parameters {
    let of = |names: &[&str]| attributes.first(names);
    Parameters {
        temperature: temperature(of(&["gen_ai.request.temperature"])),
        max_tokens: small(of(&["gen_ai.request.max_tokens"])),
        n: small(of(&["gen_ai.request.choice.count"])).filter(|n| *n > 0),
        response_format: of(&[
            "gen_ai.output.type",
            "gen_ai.openai.request.response_format",
        ])
        .text()
        .and_then(ResponseFormat::from_name),
        reasoning_effort: name(
            attributes,
            &[
                "gen_ai.request.reasoning_effort",
                "gen_ai.openai.request.reasoning_effort",
            ],
        ),
        logprobs: None,
    }
}

fn response(attributes: &Node<'_>, failed: bool) -> Response {
    let reasons = attributes
        .first(&[
            "gen_ai.response.finish_reasons",
            "gen_ai.response.finish_reason",
            "llm.response.finish_reason",
            "gen_ai.completion.0.finish_reason",
        ])
        .unfolded();
    let reason = reasons.items().first().unwrap_or(&reasons).text();
    let category = name(attributes, &REFUSAL_CATEGORIES);
    let refusal = attributes.first(&["gen_ai.response.refusal", "refusal"]);
    let refused = flag(refusal).or_else(|| Some(!refusal.text()?.is_empty()));
    Response {
        text: None,
        finish_reason: reason.and_then(finish_reason),
        status: [
            "http.response.status_code",
            "http.status_code",
            "error.type",
        ]
        .iter()
        .find_map(|name| status(attributes.get(name)))
        .or(failed.then_some(STATUS_FAILED)),
        input_tokens: tokens(attributes.first(&[
            "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens",
            "llm.usage.prompt_tokens",
        ])),
        output_tokens: tokens(attributes.first(&[
            "gen_ai.usage.output_tokens",
            "gen_ai.usage.completion_tokens",
            "llm.usage.completion_tokens",
        ])),
        refused: if category.is_some() {
            Some(true)
        } else {
            refused
        },
        refusal_category: category,
    }
}
