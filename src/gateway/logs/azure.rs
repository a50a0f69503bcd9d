//! Azure API Management's log of language models (`ApiManagementGatewayLlmLog`): rows of a call share a
//! `CorrelationId`, and long messages are cut into chunks with a `SequenceNumber`.

use super::body::{hidden, kind, name};
use super::call::Call;
use super::format::{Format, Found};
use super::join::Part;
use super::time::{Zone, time};
use crate::chat::tokens;
use crate::domain::{Client, Response};
use crate::gateway::draft::Draft;
use crate::gateway::identity::Identity;
use crate::json::Node;

const NOUN: &str = "a row of ApiManagementGatewayLlmLog";

/// A row, which is a chunk of a call.
pub(super) const MANAGEMENT: Format = Format {
    name: "azure-apim",
    noun: NOUN,
    recognise: |record| {
        !record.get("CorrelationId").is_absent()
            && !record
                .first(&["RequestMessages", "ResponseMessages", "SequenceNumber"])
                .is_absent()
    },
    read: row,
};

fn row(record: &Node<'_>, zone: Option<Zone>) -> Vec<Found> {
    let Some(id) = record.get("CorrelationId").name() else {
        return vec![Found::NoContent(NOUN, "no CorrelationId")];
    };
    let text = |field: &str| match record.get(field) {
        Node::Text(text) => text.to_string(),
        _ => String::new(),
    };
    let model = name(record, &["ModelName", "DeploymentName"]);
    let draft = Draft {
        id: Some(id.clone()),
        identity: Identity {
            key: name(record, &["ApimSubscriptionId", "SubscriptionId"]),
            user: name(record, &["UserId"]),
            ..Identity::default()
        },
        kind: kind(record.get("OperationName").text(), model.as_deref()),
        model,
        response: Response {
            input_tokens: tokens(record.get("PromptTokens")),
            output_tokens: tokens(record.get("CompletionTokens")),
            ..Response::default()
        },
        client: Client {
            ip: hidden(record, &["CallerIpAddress"]),
            ..Client::default()
        },
        ..Draft::default()
    };
    // Log Analytics has all times in UTC.
    let time = time(
        record.get("TimeGenerated"),
        "TimeGenerated",
        zone.or(Some(Zone::UTC)),
    );
    let texts = [text("RequestMessages"), text("ResponseMessages")];
    let sequence = record.get("SequenceNumber").count().unwrap_or_default();
    vec![Found::Part(
        id,
        Part::Chunk(sequence, Box::new(Call { draft, time }), texts),
    )]
}
