//! JSON Lines representations of the domain types: traffic, labels, marks, prompt pools, assessments.
//!
//! A line is read as JSON of any form; its fields are then checked one by one, so that every [`LineError`] names its
//! field and none can contain text of a prompt. When a name occurs twice in one object, the last one counts. An
//! exchange is read by the one lenient reader that calls are read by (`wire::exchange_json`); labels, marks and pools,
//! which only our own tools write, are checked strictly.
//!
//! Knows bytes and the domain; never files, line numbers or compression.

mod assessment;
mod client;
mod error;
mod label;
mod mark;
mod parameters;
mod pool;
mod record;
mod response;
mod time;
mod traffic;

pub use assessment::AssessmentLine;
pub use error::LineError;
pub(crate) use mark::MarkLine;

/// A record, and the number of unknown fields on its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The record.
    pub record: T,
    /// Top-level fields that are not part of the format; they are ignored.
    pub unknown_fields: u32,
}

/// A record that can be read from one line of JSON.
pub trait FromLine: Sized {
    /// Reads one line, with or without its line ending.
    ///
    /// # Errors
    /// When the line is not JSON or violates the format.
    fn from_line(line: &[u8]) -> Result<Parsed<Self>, LineError>;
}

/// A record that can be written as one line of JSON.
pub trait ToLine {
    /// Appends the line, including the newline. The same record always gives the same bytes.
    fn to_line(&self, line: &mut Vec<u8>);
}

/// Appends a form that contains only strings, numbers and lists, followed by a newline.
fn append<T: serde::Serialize>(form: &T, line: &mut Vec<u8>) {
    serde_json::to_writer(&mut *line, form)
        .expect("forms have text keys and memory takes any length");
    line.push(b'\n');
}
