//! OTLP in JSON, as the collector's file exporter writes it: one export a line, read as the ingest routes read it.

use super::call::Call;
use super::format::{Format, Found};
use super::time::Zone;
use crate::gateway::otlp::{Signal, drafts};
use crate::json::Node;

/// An export of spans or log records.
pub(super) const EXPORT: Format = Format {
    name: "otlp",
    noun: "an OTLP export with a model call",
    recognise: |record| !record.first(&["resourceSpans", "resourceLogs"]).is_absent(),
    read: export,
};

fn export(record: &Node<'_>, _zone: Option<Zone>) -> Vec<Found> {
    let mut calls = drafts(record, Signal::Traces);
    calls.extend(drafts(record, Signal::Logs));
    if calls.is_empty() {
        return vec![Found::NotACall];
    }
    let found = calls.into_iter().map(|draft| {
        let time = Ok(draft.time);
        Found::Call(Box::new(Call { draft, time }))
    });
    found.collect()
}
