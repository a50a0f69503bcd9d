//! Reasons for which a line is not a record.

use std::fmt;

/// The kind of a JSON value.
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

/// Why a line is not a record. Names fields and sizes, never the content of a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The line is not UTF-8.
    #[error("not UTF-8 at byte {column}")]
    NotUtf8 {
        /// First invalid byte, counted from 1.
        column: usize,
    },
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
    /// A number is out of range, or a fraction where a count is expected.
    #[error("`{field}`: expected {expected}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// The valid range.
        expected: &'static str,
    },
    /// A field is not a time, or its time is outside the years 1970 to 2199.
    #[error("`{field}`: expected an RFC 3339 time in the years 1970 to 2199")]
    BadTime {
        /// The field.
        field: &'static str,
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

    /// Converts a syntax error. Keeps its position and drops its message, which could quote the line.
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
