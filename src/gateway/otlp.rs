//! OpenTelemetry over HTTP: spans and log records of model calls, in protobuf or JSON.
//!
//! The response to an exporter is a partial success: how many records of model calls could not be used, and why the
//! first could not. Records of anything else are accepted and ignored.

mod gen_ai;
mod protobuf;
mod record;

use serde_json::json;

use super::Context;
use super::draft::Draft;
use crate::domain::Exchange;
use crate::json::Node;
use crate::wire::WireError;

pub(crate) use record::Signal;

/// Maximum model calls of one body; exporters send some 512 spans at once.
const RECORDS_MAX: usize = 2_048;

/// The encoding of a request body and of its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

/// The contents of a body.
#[derive(Default)]
pub(crate) struct Export {
    /// Model calls.
    pub(crate) exchanges: Vec<Exchange>,
    /// Records of model calls that could not be used.
    pub(crate) rejected: u64,
    /// Why the first rejected record could not be used.
    pub(crate) reason: Option<WireError>,
}

impl Export {
    /// Counts a record that could not be used.
    pub(crate) fn reject(&mut self, error: WireError) {
        self.rejected += 1;
        self.reason.get_or_insert(error);
    }
}

/// Returns the model calls of a body in JSON that has been parsed, before anything is required of them.
pub(super) fn drafts(body: &Node<'_>, signal: Signal) -> Vec<Draft> {
    let mut drafts = Vec::new();
    record::of_json(body, signal, |record| drafts.extend(gen_ai::draft(record)));
    drafts
}

/// Reads the model calls of a body.
///
/// # Errors
/// When the body is not valid in `encoding`.
pub(crate) fn read(
    body: &[u8],
    signal: Signal,
    encoding: Encoding,
    context: &Context<'_>,
) -> Result<Export, WireError> {
    let mut export = Export::default();
    let each = |record: &record::Record<'_>| {
        let Some(draft) = gen_ai::draft(record) else {
            return;
        };
        if export.exchanges.len() >= RECORDS_MAX {
            return export.reject(WireError::OverBound {
                field: "model calls".to_owned(),
                got: RECORDS_MAX + 1,
                bound: RECORDS_MAX,
                unit: "records",
            });
        }
        match draft.finish(context) {
            Ok(exchange) => export.exchanges.push(exchange),
            Err(error) => export.reject(error),
        }
    };
    match encoding {
        Encoding::Json => record::of_json(&Node::read(body)?, signal, each),
        Encoding::Protobuf => {
            record::of_protobuf(body, signal, each).map_err(|_| WireError::MalformedBody {
                encoding: "protobuf of OTLP",
                position: None,
            })?;
        }
    }
    Ok(export)
}

/// Builds the response to an export; empty when every record was used.
pub(crate) fn answer_of(export: &Export, signal: Signal, encoding: Encoding) -> Vec<u8> {
    let message = export.reason.as_ref().map(ToString::to_string);
    match encoding {
        Encoding::Json => {
            let rejected = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Logs => "rejectedLogRecords",
            };
            let answer = match message {
                None => json!({}),
                // Protobuf's JSON mapping writes 64-bit numbers as strings.
                Some(message) => json!({"partialSuccess": {
                    rejected: export.rejected.to_string(),
                    "errorMessage": message,
                }}),
            };
            answer.to_string().into_bytes()
        }
        Encoding::Protobuf => {
            let mut answer = Vec::new();
            if let Some(message) = message {
                let mut partial = Vec::new();
                protobuf::put_number(&mut partial, 1, export.rejected);
                protobuf::put_bytes(&mut partial, 2, message.as_bytes());
                protobuf::put_bytes(&mut answer, 1, &partial);
            }
            answer
        }
    }
}
