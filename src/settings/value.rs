//! What a setting can be, and reading it from a word or from TOML.

use std::net::SocketAddr;

use toml::Value;

/// The kinds of settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IP address and port.
    Address,
    /// File or folder.
    Path,
    /// A whole number.
    Count {
        /// The least that makes sense.
        min: u64,
    },
    /// `true` or `false`.
    Flag,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// Text that is never shown.
    Secret,
}

/// Numbers beyond this are mistakes, and some would not fit.
const COUNT_MAX: u64 = u32::MAX as u64;

impl Kind {
    /// What it can be, in words.
    pub fn expected(self) -> String {
        match self {
            Self::Address => "an IP address with a port, such as 127.0.0.1:7700".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Count { min } => format!("a whole number from {min} to {COUNT_MAX}"),
            Self::Flag => "true or false".to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Secret => "a secret".to_owned(),
        }
    }

    /// Reads a value of this kind from a word, as environment and flags have it.
    pub(super) fn read(self, word: &str) -> Option<Value> {
        match self {
            Self::Count { .. } => self.admit(Value::Integer(word.parse().ok()?)),
            Self::Flag => Some(Value::Boolean(word.parse().ok()?)),
            _ => self.admit(Value::String(word.to_owned())),
        }
    }

    /// `value`, when it is one of this kind.
    pub(super) fn admit(self, value: Value) -> Option<Value> {
        let fits = match (&value, self) {
            (Value::Boolean(_), Self::Flag) => true,
            (Value::Integer(number), Self::Count { min }) => {
                u64::try_from(*number).is_ok_and(|number| (min..=COUNT_MAX).contains(&number))
            }
            (Value::String(text), Self::Address) => text.parse::<SocketAddr>().is_ok(),
            (Value::String(text), Self::Path | Self::Secret) => !text.is_empty(),
            (Value::String(text), Self::Choice(words)) => words.contains(&text.as_str()),
            _ => false,
        };
        fits.then_some(value)
    }

    /// `value` as an error or a listing may show it.
    pub(super) fn shown(self, value: &Value) -> String {
        match self {
            Self::Secret => "[redacted]".to_owned(),
            _ => value.to_string(),
        }
    }
}
