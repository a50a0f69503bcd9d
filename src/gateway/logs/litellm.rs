//! LiteLLM: its standard logging payload and the rows of its table of spend, read as the ingest route reads them.

use super::format::{Format, Found};
use super::time::Zone;
use crate::gateway::Unread;
use crate::gateway::draft::Draft;
use crate::gateway::litellm_log;
use crate::json::Node;

const NOUN: &str = "a LiteLLM log";

/// A payload or a row.
pub(super) const RECORD: Format = Format {
    name: "litellm",
    noun: NOUN,
    recognise: |record| {
        let names = ["call_type", "litellm_call_id", "model_group", "api_key"];
        !record.get("startTime").is_absent() && !record.first(&names).is_absent()
    },
    read: record,
};

/// Reads a record. Its times are in UTC, as the ingest route takes them.
fn record(record: &Node<'_>, _zone: Option<Zone>) -> Vec<Found> {
    match litellm_log::draft(record) {
        Ok(draft) => {
            let time = draft.time;
            Found::call(draft, Ok(time))
        }
        Err(rejected) if rejected.unread == Unread::Redacted => {
            vec![Found::NoContent(NOUN, "its logging of messages is off")]
        }
        Err(rejected) if rejected.unread == Unread::Stranger => {
            let why = "the call was refused, for a key that the proxy does not know";
            vec![Found::NoContent(NOUN, why)]
        }
        Err(rejected) => Found::call(Draft::default(), Err(rejected.error)),
    }
}
