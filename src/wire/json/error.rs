//! Reasons for which a line is not a record.

use crate::json::{JsonError, JsonKind};
use crate::wire::WireError;

/// Why a line is not a record. Names fields and sizes, never the content of a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The line is not JSON.
    #[error("not JSON at byte {column}")]
    NotJson {
        /// Byte where parsing stopped, counted from 1.
        column: usize,
    },
    /// The line ends within a value, for example after its writer crashed.
    #[error("the line ends in the middle of a value")]
    Incomplete,
    /// The line is over the reader's size limit.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The line has more values than a reader keeps.
    #[error("more than {bound} values")]
    TooManyValues {
        /// Maximum number of values.
        bound: usize,
    },
    /// The line is an object, but not an exchange.
    #[error(transparent)]
    Exchange(#[from] WireError),
    /// The line is a record of a log that lacks what an exchange needs.
    #[error("looks like {looks_like}; {} missing", listed(fields))]
    Lacking {
        /// The log that it looks like, in words.
        looks_like: &'static str,
        /// All fields that are missing.
        fields: Vec<&'static str>,
    },
    /// The line is a record of a log that holds no prompts.
    #[error("looks like {looks_like}: {why}")]
    NoContent {
        /// The log that it looks like, in words.
        looks_like: &'static str,
        /// Why it holds none, and what would.
        why: &'static str,
    },
    /// The line is JSON, but not an object.
    #[error("expected an object, got {found}")]
    NotAnObject {
        /// The actual value.
        found: JsonKind,
    },
    /// A required field is absent or null.
    #[error("`{field}` is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A required field is present but empty.
    #[error("`{field}` is empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A field has a value of the wrong kind.
    #[error("`{field}`: expected {expected}, got {found}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// The expected kind.
        expected: &'static str,
        /// The actual value.
        found: JsonKind,
    },
    /// A name is not on a closed list.
    #[error("`{field}`: expected {expected}; got another word of {length} bytes")]
    UnknownName {
        /// The field.
        field: &'static str,
        /// The list, in words.
        expected: &'static str,
        /// Length in bytes of the actual name; the name itself could be anything, so it is not shown.
        length: usize,
    },
    /// Two fields contradict each other.
    #[error("`{field}`: {rule}")]
    Contradiction {
        /// The field that violates the rule.
        field: &'static str,
        /// The rule.
        rule: &'static str,
    },
}

impl LineError {
    /// Returns the stable name of the reason, for counting.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotJson { .. } => "not_json",
            Self::Incomplete => "incomplete",
            Self::TooLong { .. } => "too_long",
            Self::Lacking { .. } => "lacking_fields",
            Self::NoContent { .. } => "no_content",
            Self::NotAnObject { .. } => "not_an_object",
            Self::Missing { .. } => "missing",
            Self::Empty { .. } => "empty",
            Self::WrongType { .. } => "wrong_type",
            Self::TooManyValues { .. } => "too_many_values",
            Self::Exchange(error) => error.kind().row().reason,
            Self::UnknownName { .. } => "unknown_name",
            Self::Contradiction { .. } => "contradiction",
        }
    }
}

impl From<JsonError> for LineError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Incomplete => Self::Incomplete,
            JsonError::Syntax { column, .. } => Self::NotJson { column },
            JsonError::TooManyValues { bound } => Self::TooManyValues { bound },
        }
    }
}

/// Lists fields in words: `a`, `b` and `c` are.
fn listed(fields: &[&str]) -> String {
    let quoted: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => format!("{last} is"),
        Some((last, rest)) => format!("{} and {last} are", rest.join(", ")),
        None => "nothing is".to_owned(),
    }
}
