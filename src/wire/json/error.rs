//! Why a line is not a record.

use std::fmt;

/// What kind of JSON value was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A string.
    Text,
    /// An array.
    List,
    /// An object.
    Object,
}

impl fmt::Display for JsonKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Text => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}

/// Why a line is not a record. Names fields and sizes, never what a field holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Bytes that are not UTF-8.
    #[error("not UTF-8 at byte {column}")]
    NotUtf8 {
        /// First bad byte, counted from 1.
        column: usize,
    },
    /// Not JSON.
    #[error("not JSON at byte {column}")]
    NotJson {
        /// Where reading stopped, counted from 1.
        column: usize,
    },
    /// The line ends within a value, as after a crash of its writer.
    #[error("the line ends in the middle of a value")]
    Incomplete,
    /// Over the reader's limit for one line.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// JSON, but not an object.
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
    /// A required field is there and holds nothing.
    #[error("`{field}` is empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A field holds another kind of value.
    #[error("`{field}`: expected {expected}, got {found}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// What it should hold.
        expected: &'static str,
        /// The actual value.
        found: JsonKind,
    },
    /// A number outside the sensible range, or a fraction where a count is meant.
    #[error("`{field}`: expected {expected}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// The range.
        expected: &'static str,
    },
    /// Not a time, or a time outside the years 1970 to 2199.
    #[error("`{field}`: expected an RFC 3339 time in the years 1970 to 2199")]
    BadTime {
        /// The field.
        field: &'static str,
    },
    /// A word outside a closed list.
    #[error("`{field}`: expected {expected}; got another word of {length} bytes")]
    UnknownName {
        /// The field.
        field: &'static str,
        /// The list, in words.
        expected: &'static str,
        /// Length in bytes of what came; the word itself could be anything, so it is not shown.
        length: usize,
    },
    /// Two fields that cannot both be true.
    #[error("`{field}`: {rule}")]
    Contradiction {
        /// The field that breaks the rule.
        field: &'static str,
        /// The rule.
        rule: &'static str,
    },
}

impl LineError {
    /// The stable name of the reason, for counting.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "not_utf8",
            Self::NotJson { .. } => "not_json",
            Self::Incomplete => "incomplete",
            Self::TooLong { .. } => "too_long",
            Self::NotAnObject { .. } => "not_an_object",
            Self::Missing { .. } => "missing",
            Self::Empty { .. } => "empty",
            Self::WrongType { .. } => "wrong_type",
            Self::OutOfRange { .. } => "out_of_range",
            Self::BadTime { .. } => "bad_time",
            Self::UnknownName { .. } => "unknown_name",
            Self::Contradiction { .. } => "contradiction",
        }
    }

    /// Keeps the place of a syntax error and drops its message, which could quote the line.
    pub(super) fn from_json(error: &serde_json::Error) -> Self {
        if error.is_eof() {
            Self::Incomplete
        } else {
            Self::NotJson {
                column: error.column(),
            }
        }
    }
}
