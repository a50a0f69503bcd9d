//! Why a field set cannot be used: a mistake in one of its files.

use thiserror::Error;

/// Why a field set cannot be used.
#[derive(Debug, Error)]
pub enum FieldError {
    /// A file is not TOML of the expected form.
    #[error("{file}: {cause}")]
    Form {
        /// The file's name.
        file: &'static str,
        /// The parse error.
        cause: toml::de::Error,
    },
    /// A text names a part or an input that does not exist, or one that contains itself.
    #[error("{case}: expected a part or an input called {name:?}, got none")]
    Part {
        /// The case.
        case: String,
        /// The name in braces.
        name: String,
    },
    /// A case names something that the set does not have.
    #[error("{case}: expected {expected}, got {got:?}")]
    Name {
        /// The case.
        case: String,
        /// What was expected.
        expected: &'static str,
        /// The name given.
        got: String,
    },
    /// A list is empty, or two cases have one name.
    #[error("{case}: expected {expected}, got none")]
    Lacking {
        /// The case.
        case: String,
        /// What is missing.
        expected: &'static str,
    },
}
