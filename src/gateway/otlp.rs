//! OpenTelemetry over HTTP: spans and log records of model calls, in protobuf or JSON.
//!
//! A record that carries messages of a model call is counted, or rejected aloud: the response to an exporter is a
//! partial success, which tells how many records of model calls could not be used, and why the first could not. Records
//! of anything else are accepted and ignored; so are steps around model calls (agents, chains, tools), whose messages
//! come again with the calls.

mod bodies;
mod call;
mod content;
mod events;
mod finish;
mod from_json;
mod from_protobuf;
mod gen_ai;
mod langfuse;
mod openinference;
mod protobuf;
mod record;
mod vercel;

use std::collections::HashMap;

use serde_json::json;

use self::call::Reading;
use self::record::Record;
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

/// A reader of one dialect.
type Dialect = fn(&Record<'_>, &Node<'_>) -> Reading;

/// All dialects, from those that are known by attributes of their own to the one that takes whatever carries messages.
const DIALECTS: [Dialect; 6] = [
    langfuse::read,
    openinference::read,
    vercel::read,
    bodies::read,
    events::of_log,
    gen_ai::read,
];

/// The model calls of one body while it is read.
#[derive(Default)]
struct Calls {
    drafts: Vec<Draft>,
    /// Where the call of a span stands, of which log records carry one message each.
    joined: HashMap<String, usize>,
    /// Calls beyond the bound.
    over: u64,
}

impl Calls {
    fn add(&mut self, record: &Record<'_>, resource: &Node<'_>) {
        let readings = DIALECTS.iter().map(|read| read(record, resource));
        let known = readings
            .into_iter()
            .find(|reading| !matches!(reading, Reading::Unknown));
        let Some(Reading::Call(draft)) = known else {
            return;
        };
        let piece_of = record
            .span
            .as_ref()
            .filter(|_| events::is_piece(record.event_name()));
        if let Some(at) = piece_of.and_then(|span| self.joined.get(span)) {
            let whole = &mut self.drafts[*at];
            whole.messages.extend(draft.messages);
            call::complete(&mut whole.response, draft.response);
            return;
        }
        if self.drafts.len() >= RECORDS_MAX {
            self.over += 1;
            return;
        }
        if let Some(span) = piece_of {
            self.joined.insert(span.clone(), self.drafts.len());
        }
        self.drafts.push(*draft);
    }

    fn finish(self, context: &Context<'_>) -> Export {
        let mut export = Export::default();
        for draft in self.drafts {
            // What is no prompt counts without its text; a prompt of which nothing was recorded is told to the sender.
            let finished = match draft.kind {
                Some(kind) if !kind.is_prompt() => draft.finish_unread(context),
                _ => draft.finish(context),
            };
            match finished {
                Ok(exchange) => export.exchanges.push(exchange),
                Err(error) => export.reject(error),
            }
        }
        if self.over > 0 {
            export.rejected += self.over;
            export.reason.get_or_insert(WireError::OverBound {
                field: "model calls".to_owned(),
                got: RECORDS_MAX + self.over as usize,
                bound: RECORDS_MAX,
                unit: "records",
            });
        }
        export
    }
}

/// Returns the model calls of a body in JSON that has been parsed, before anything is required of them.
pub(super) fn drafts(body: &Node<'_>, signal: Signal) -> Vec<Draft> {
    let mut calls = Calls::default();
    from_json::each_record(body, signal, |record, resource| calls.add(record, resource));
    calls.drafts
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
    let mut calls = Calls::default();
    let each = |record: &Record<'_>, resource: &Node<'_>| calls.add(record, resource);
    match encoding {
        Encoding::Json => from_json::each_record(&Node::read(body)?, signal, each),
        Encoding::Protobuf => {
            from_protobuf::each_record(body, signal, each).map_err(|_| {
                WireError::MalformedBody {
                    encoding: "protobuf of OTLP",
                    position: None,
                }
            })?;
        }
    }
    Ok(calls.finish(context))
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
