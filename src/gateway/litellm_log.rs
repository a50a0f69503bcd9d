//! LiteLLM's log export (`generic_api`): its standard logging payload, as single records, as lines, or as a list.
//!
//! The content type is JSON for all three forms, so the body decides: a list, or objects one after another. A record
//! that cannot be used does not affect the others.

use super::draft::{Draft, time_of_seconds};
use super::identity::Identity;
use super::{Context, STATUS_BLOCKED};
use crate::chat::{answer, content, messages, parameters, status, tokens, tools};
use crate::domain::{Client, Exchange, Response, Sensitive};
use crate::json::Node;
use crate::wire::WireError;

/// Maximum records of one body; the exporter sends at most 512.
const RECORDS_MAX: usize = 2_048;

/// Reads the exchanges of a body; a record that cannot be used is an error in its position.
///
/// # Errors
/// When no record can be read, because the body is empty or one malformed value, or when there are too many records.
pub(crate) fn read(
    body: &[u8],
    context: &Context<'_>,
) -> Result<Vec<Result<Exchange, WireError>>, WireError> {
    match Node::read(body) {
        Ok(Node::List(records)) => {
            bounded(records.len())?;
            let exchanges = records.iter().map(|record| exchange(record, context));
            Ok(exchanges.collect())
        }
        Ok(record) => Ok(vec![exchange(&record, context)]),
        Err(error) => lines(body, error.into(), context),
    }
}

/// Reads one record per line. A single line that is not JSON fails the whole body with `error`.
fn lines(
    body: &[u8],
    error: WireError,
    context: &Context<'_>,
) -> Result<Vec<Result<Exchange, WireError>>, WireError> {
    let lines = || {
        let lines = body.split(|byte| *byte == b'\n');
        lines.filter(|line| !line.trim_ascii().is_empty())
    };
    match lines().take(RECORDS_MAX + 1).count() {
        0 | 1 => Err(error),
        count => {
            bounded(count)?;
            let read = |line| exchange(&Node::read(line)?, context);
            Ok(lines().map(read).collect())
        }
    }
}

fn bounded(got: usize) -> Result<(), WireError> {
    if got <= RECORDS_MAX {
        return Ok(());
    }
    Err(WireError::OverBound {
        field: "body".to_owned(),
        got,
        bound: RECORDS_MAX,
        unit: "records",
    })
}

fn exchange(record: &Node<'_>, context: &Context<'_>) -> Result<Exchange, WireError> {
    draft(record).finish(context)
}

/// Reads one record, before anything is required of it.
pub(super) fn draft(record: &Node<'_>) -> Draft {
    let metadata = record.get("metadata");
    let mut identity = Identity::of_litellm(metadata, "");
    identity.end_user = identity.end_user.or_else(|| record.get("end_user").name());
    let named = |name: &str| {
        let here = record.get(name).name();
        here.or_else(|| metadata.get(name).name())
            .map(Sensitive::new)
    };
    let settings = record.get("model_parameters");
    Draft {
        id: record.first(&["litellm_call_id", "id"]).name(),
        time: record.get("startTime").number().and_then(time_of_seconds),
        identity,
        // A trace is more often one call than one conversation; used as the conversation, it would make every
        // conversation look like a single exchange.
        conversation: record.get("session_id").name(),
        model: record
            .get("model_group")
            .name()
            .or_else(|| record.get("model").name()),
        messages: messages(record.get("messages")),
        tools: tools(settings.get("tools")),
        parameters: parameters(settings),
        response: response(record),
        client: Client {
            ip: named("requester_ip_address"),
            user_agent: named("user_agent"),
            ..Client::default()
        },
        ..Draft::default()
    }
}

fn response(record: &Node<'_>) -> Response {
    let got = record.get("response");
    let mut response = answer(got);
    response.text = response.text.or_else(|| content(got).map(Sensitive::new));
    response.input_tokens = tokens(record.get("prompt_tokens"));
    response.output_tokens = tokens(record.get("completion_tokens"));
    response.status = Some(match record.get("status").text() {
        Some("failure") if intervened(record) => STATUS_BLOCKED,
        Some("failure") => {
            let code = status(record.get("error_information").get("error_code"));
            code.filter(|code| (400..600).contains(code)).unwrap_or(500)
        }
        _ => 200,
    });
    response
}

/// Returns whether a guardrail, this one or another, blocked the call.
fn intervened(record: &Node<'_>) -> bool {
    const STOPPED: Option<&str> = Some("guardrail_intervened");
    let guardrails = record.get("guardrail_information");
    record.get("status_fields").get("guardrail_status").text() == STOPPED
        || guardrails.get("guardrail_status").text() == STOPPED
        || guardrails
            .items()
            .iter()
            .any(|guardrail| guardrail.get("guardrail_status").text() == STOPPED)
}
