//! Dialects that keep the bodies of a call, as the model's API had them, in a pair of attributes.
//!
//! | | request | answer | kind |
//! |---|---|---|---|
//! | Google's ADK | `gcp.vertex.agent.llm_request` | `gcp.vertex.agent.llm_response` | |
//! | MLflow | `mlflow.spanInputs` | `mlflow.spanOutputs` | `mlflow.spanType` |
//! | Logfire | `request_data` | `response_data` | |

use super::call::{Reading, complete, complete_parameters, draft, name, with_status};
use super::content::{answer_of, request_of, tools_of};
use super::record::Record;
use crate::chat::{content, message, parameters};
use crate::domain::{CallKind, Role};
use crate::json::Node;

/// One dialect.
struct Pair {
    request: &'static str,
    answer: &'static str,
}

const ADK: Pair = Pair {
    request: "gcp.vertex.agent.llm_request",
    answer: "gcp.vertex.agent.llm_response",
};
const MLFLOW: Pair = Pair {
    request: "mlflow.spanInputs",
    answer: "mlflow.spanOutputs",
};
const LOGFIRE: Pair = Pair {
    request: "request_data",
    answer: "response_data",
};

/// Reads a record in one of these dialects.
pub(super) fn read(record: &Record<'_>, resource: &Node<'_>) -> Reading {
    let attributes = &record.attributes;
    let has = |pair: &Pair| !attributes.get(pair.request).is_absent();
    if has(&ADK) {
        // Tools and agents have the attribute too, as an empty object.
        let operation = attributes.get("gen_ai.operation.name").text();
        return match operation {
            Some("execute_tool" | "invoke_agent") => Reading::Around,
            _ => call(record, resource, &ADK, None),
        };
    }
    if has(&MLFLOW) {
        let kind = name(attributes, &["mlflow.spanType"]);
        let kind = match kind.as_deref() {
            Some("CHAT_MODEL" | "LLM") => CallKind::Text,
            Some("EMBEDDING") => CallKind::Embedding,
            Some("RERANKER") => CallKind::Rerank,
            _ => return Reading::Around,
        };
        return call(record, resource, &MLFLOW, Some(kind));
    }
    if has(&LOGFIRE) {
        return call(record, resource, &LOGFIRE, None);
    }
    Reading::Unknown
}

fn call(record: &Record<'_>, resource: &Node<'_>, pair: &Pair, kind: Option<CallKind>) -> Reading {
    let attributes = &record.attributes;
    let body = attributes.get(pair.request).unfolded();
    let request = request_of(attributes.get(pair.request));
    // ADK keeps settings, tools and instructions in an object of their own.
    let settings = body.get("config");
    let mut draft = draft(record, resource);
    draft.kind = kind;
    draft.model = draft.model.or(request.model);
    draft.messages = request.messages;
    let system = settings.first(&["system_instruction", "systemInstruction"]);
    if let Some(system) = content(system)
        && !draft.messages.is_empty()
    {
        draft.messages.insert(0, message(Role::System, &system));
    }
    for tools in [
        request.tools,
        tools_of(settings.get("tools")),
        tools_of(attributes.get("mlflow.chat.tools")),
    ] {
        if draft.tools.is_empty() {
            draft.tools = tools;
        }
    }
    complete_parameters(&mut draft.parameters, request.parameters);
    complete_parameters(&mut draft.parameters, parameters(settings));
    draft.identity.end_user = draft.identity.end_user.or(request.end_user);
    let usage = attributes.get("mlflow.chat.tokenUsage").unfolded();
    let response = &mut draft.response;
    complete(response, answer_of(attributes.get(pair.answer)));
    let usage = Node::Object(vec![("usage".into(), usage)]);
    complete(response, crate::chat::answer(&usage));
    Reading::Call(Box::new(with_status(draft)))
}
