//! The JSON forms of the domain, one object a line: traffic, labels, prompt pools, assessments.
//!
//! Reading takes two steps. The *shape* of a line accepts any JSON at all and keeps only what the format
//! names; the conversion to the domain then judges it field by field, so that every [`LineError`] names its
//! field and none can carry text of a prompt. Where a name occurs twice in one object the last one counts.
//!
//! Knows bytes and the domain; never files, line numbers or compression.

mod assessment;
mod client;
mod error;
mod label;
mod message;
mod parameters;
mod pool;
mod response;
mod scalar;
mod shape;
mod time;
mod traffic;

pub use assessment::AssessmentLine;
pub use error::{JsonKind, LineError};

/// A record and what its line said beyond the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The record.
    pub record: T,
    /// Top-level fields that the format does not name; they are ignored.
    pub unknown_fields: u32,
}

/// A record that one line of JSON can hold.
pub trait FromLine: Sized {
    /// Reads one line, with or without its line ending.
    ///
    /// # Errors
    /// When the line is not JSON or breaks the format.
    fn from_line(line: &[u8]) -> Result<Parsed<Self>, LineError>;
}

/// A record that can be written as one line of JSON.
pub trait ToLine {
    /// Appends the line, newline included. The same record always gives the same bytes.
    fn to_line(&self, line: &mut Vec<u8>);
}

/// Writes a form that holds only strings, numbers and lists, ended by a newline.
fn append<T: serde::Serialize>(form: &T, line: &mut Vec<u8>) {
    serde_json::to_writer(&mut *line, form)
        .expect("forms have text keys and memory takes any length");
    line.push(b'\n');
}
