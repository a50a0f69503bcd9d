//! Amazon Bedrock's model invocation logs, from S3 or `CloudWatch`: `InvokeModel`, `Converse` and their streams.

use super::body::{answer, draft_of, kind};
use super::format::{Format, Found};
use super::time::{Zone, time};
use crate::chat::tokens;
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

const NOUN: &str = "a Bedrock model invocation log";

/// One invocation.
pub(super) const INVOCATION: Format = Format {
    name: "bedrock",
    noun: NOUN,
    recognise: |record| {
        record.get("schemaType").text() == Some("ModelInvocationLog")
            || !record.get("modelId").is_absent() && matches!(record.get("input"), Node::Object(_))
    },
    read: invocation,
};

fn invocation(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let input = record.get("input");
    let body = input.get("inputBodyJson").unfolded();
    if body.is_absent() {
        let why = if input.get("inputBodyS3Path").is_absent() {
            "no inputBodyJson: text is not among the data types that are logged"
        } else {
            "the body is in S3 (inputBodyS3Path): put it in place of inputBodyJson"
        };
        return vec![Found::NoContent(NOUN, why)];
    }
    let output = record.get("output");
    let model = record.get("modelId").name();
    let (account, session) = caller(record.get("identity").get("arn").text());
    let read = draft_of(&body);
    let mut response = answer(output.get("outputBodyJson"));
    response.input_tokens = response
        .input_tokens
        .or_else(|| tokens(input.get("inputTokenCount")));
    response.output_tokens = response
        .output_tokens
        .or_else(|| tokens(output.get("outputTokenCount")));
    response.status = Some(match record.get("errorCode").text() {
        None => 200,
        Some(code) if code.contains("Throttling") => 429,
        Some(_) => 400,
    });
    let draft = Draft {
        id: record.get("requestId").name(),
        identity: Identity {
            key: account,
            team: record.get("accountId").name(),
            end_user: read.identity.end_user,
            ..Identity::default()
        },
        kind: kind(record.get("operation").text(), model.as_deref()),
        model,
        response,
        session,
        ..read
    };
    Found::call(draft, time(record.get("timestamp"), "timestamp", zone))
}

/// Splits the caller's ARN: an assumed role is the account, and its last part the name of one session of it.
fn caller(arn: Option<&str>) -> (Option<String>, Option<String>) {
    match arn {
        Some(arn) if arn.contains(":assumed-role/") && arn.matches('/').count() >= 2 => {
            let (role, session) = arn.rsplit_once('/').unwrap_or((arn, ""));
            (Some(role.to_owned()), Some(session.to_owned()))
        }
        other => (other.map(str::to_owned), None),
    }
}
