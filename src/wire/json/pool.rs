//! One line of a prompt pool.

use serde::Serialize;

use super::record::Record;
use super::traffic::write_messages;
use super::{FromLine, LineError, Parsed, ToLine, append};
use crate::chat;
use crate::domain::{Message, PoolRecord, Sensitive};

const FIELDS: [&str; 8] = [
    "id", "source", "group", "family", "lang", "system", "messages", "note",
];

impl FromLine for PoolRecord {
    fn from_line(line: &[u8]) -> Result<Parsed<Self>, LineError> {
        let record = Record::of(line)?;
        Ok(Parsed {
            record: pool_record(&record)?,
            unknown_fields: record.unknown_fields(&FIELDS),
        })
    }
}

fn pool_record(record: &Record<'_>) -> Result<PoolRecord, LineError> {
    let body = chat::request(record.node());
    if !record.has("messages") {
        return Err(LineError::Missing { field: "messages" });
    }
    if body.messages.is_empty() {
        return Err(LineError::Empty { field: "messages" });
    }
    // A corpus of applications has no source; its splitting unit is the group.
    let source = if record.has("source") || !record.has("group") {
        "source"
    } else {
        "group"
    };
    Ok(PoolRecord {
        id: record.required("id")?,
        source: record.required(source)?,
        family: record.required("family")?,
        language: record.required("lang")?,
        system: body.system.map(Sensitive::new),
        messages: body.messages,
        note: record.named("note")?,
    })
}

#[derive(Serialize)]
struct PoolForm<'a> {
    id: &'a str,
    source: &'a str,
    family: &'a str,
    lang: &'a str,
    system: Option<&'a str>,
    #[serde(serialize_with = "write_messages")]
    messages: &'a [Message],
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

impl ToLine for PoolRecord {
    fn to_line(&self, line: &mut Vec<u8>) {
        let form = PoolForm {
            id: &self.id,
            source: &self.source,
            family: &self.family,
            lang: &self.language,
            system: self.system.as_ref().map(|text| text.expose().as_str()),
            messages: &self.messages,
            note: self.note.as_deref(),
        };
        append(&form, line);
    }
}
