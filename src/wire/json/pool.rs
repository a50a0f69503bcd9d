//! One line of a prompt pool.

use serde::Serialize;
use serde::de::MapAccess;

use super::message::{Content, MessageShape, required_messages, write_messages};
use super::scalar::Scalar;
use super::shape::{Fields, List, Object, parse, value};
use super::{FromLine, LineError, Parsed, ToLine, append};
use crate::domain::{Message, PoolRecord};

#[derive(Default)]
struct PoolShape<'a> {
    id: Scalar<'a>,
    source: Scalar<'a>,
    group: Scalar<'a>,
    family: Scalar<'a>,
    language: Scalar<'a>,
    system: Content<'a>,
    messages: List<Object<MessageShape<'a>>>,
    note: Scalar<'a>,
}

impl<'de> Fields<'de> for PoolShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "id" => self.id = value(object)?,
            "source" => self.source = value(object)?,
            "group" => self.group = value(object)?,
            "family" => self.family = value(object)?,
            "lang" => self.language = value(object)?,
            "system" => self.system = value(object)?,
            "messages" => self.messages = value(object)?,
            "note" => self.note = value(object)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl PoolShape<'_> {
    fn into_record(self) -> Result<PoolRecord, LineError> {
        // A corpus of applications has no source; its splitting unit is the group.
        let source = match self.source {
            Scalar::Absent if !matches!(self.group, Scalar::Absent) => {
                self.group.required("group")?
            }
            source => source.required("source")?,
        };
        Ok(PoolRecord {
            id: self.id.required("id")?,
            source,
            family: self.family.required("family")?,
            language: self.language.required("lang")?,
            system: self.system.system()?,
            messages: required_messages(self.messages)?,
            note: self.note.named("note")?,
        })
    }
}

impl FromLine for PoolRecord {
    fn from_line(line: &[u8]) -> Result<Parsed<Self>, LineError> {
        let (shape, unknown_fields) = parse::<PoolShape<'_>>(line)?;
        Ok(Parsed {
            record: shape.into_record()?,
            unknown_fields,
        })
    }
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
