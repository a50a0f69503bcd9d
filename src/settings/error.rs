//! Why settings are refused: which one, what was expected, what it was, and where it came from.

use super::Origin;

/// Why settings are refused. Never holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SettingError {
    /// No setting has this name.
    #[error("{origin}: there is no setting `{name}`{}", suggestion(*.nearest))]
    Unknown {
        /// The name.
        name: String,
        /// Where it stands.
        origin: Origin,
        /// The setting with the nearest name, if one is near.
        nearest: Option<&'static str>,
    },
    /// The value is not one that the setting can have.
    #[error("{origin}: `{name}` expects {expected}, got {got}")]
    BadValue {
        /// The setting.
        name: &'static str,
        /// Where the value came from.
        origin: Origin,
        /// What it can be.
        expected: String,
        /// What it was.
        got: String,
    },
    /// A secret stands where others can read it.
    #[error(
        "{origin}: `{name}` is a secret, and files and command lines are read by others; \
         expected {variable}, or {variable}_FILE with the path of a file that holds it"
    )]
    OpenSecret {
        /// The setting.
        name: &'static str,
        /// Where it stands.
        origin: Origin,
        /// The environment variable that it belongs in.
        variable: String,
    },
    /// A secret is given twice.
    #[error("{variable} and {variable}_FILE are both set; expected one of them")]
    TwoSecrets {
        /// The variable.
        variable: String,
    },
    /// A secret's file cannot be read.
    #[error("{variable}_FILE: {reason}")]
    SecretFile {
        /// The variable without `_FILE`.
        variable: String,
        /// Why not.
        reason: String,
    },
    /// The file is not TOML.
    #[error("{file}, line {line}: {reason}")]
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What the parser says, without the line's text.
        reason: String,
    },
    /// Two settings that cannot both be meant.
    #[error("`{one}` and `{other}`: {reason}")]
    Contradiction {
        /// The one.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// Why not.
        reason: &'static str,
    },
}

fn suggestion(nearest: Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; is `{name}` meant?"))
}
