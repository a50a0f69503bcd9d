//! What an operator can set: names, defaults and meaning in one table, and how file, environment and flags are laid
//! over each other.
//!
//! Uses nothing. Reads no file and no environment: `cli` brings their contents. What the values are for is known where
//! they are used.

mod error;
mod layers;
mod print;
mod table;
#[cfg(test)]
mod tests;
mod value;

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use serde::Deserialize;

pub use error::SettingError;
pub use layers::{Layers, Origin};
pub use print::{commented_file, markdown};
pub use table::{SETTINGS, Setting};
pub use value::Kind;

/// The effective settings, one field a row of [`SETTINGS`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The port, and what bounds its memory and time.
    pub server: ServerSettings,
    /// What scores.
    pub model: ModelSettings,
    /// What outlives the process.
    pub data: DataSettings,
    /// Secrets of pseudonyms.
    pub privacy: PrivacySettings,
    /// Who may call.
    pub auth: AuthSettings,
    /// How much one key may call, unless its line says otherwise.
    pub rate: RateSettings,
    /// Encryption of the port.
    pub tls: TlsSettings,
    /// What gateway hooks answer, and of whom.
    pub hooks: HookSettings,
    /// What the server says of itself.
    pub log: LogSettings,
}

/// Section `server`. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the rows of the table say what each one is")]
pub struct ServerSettings {
    pub listen: SocketAddr,
    pub insecure_public: bool,
    pub workers: Option<NonZeroUsize>,
    pub waiting_max: usize,
    pub calls_max: usize,
    pub body_bytes_max: usize,
    pub connections_max: usize,
    pub streams_max: u32,
    pub scoring_streams_max: usize,
    pub stream_silence_ms: u64,
    pub retry_after_seconds: u32,
    pub deadline_default_ms: u64,
    pub deadline_max_ms: u64,
    pub header_timeout_ms: u64,
    pub drain_delay_ms: u64,
    pub drain_ms: u64,
}

/// Section `model`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the rows of the table say what each one is")]
pub struct ModelSettings {
    pub bundle: Option<PathBuf>,
    pub folder: Option<PathBuf>,
    pub accounts_max: usize,
}

/// Section `data`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the rows of the table say what each one is")]
pub struct DataSettings {
    pub folder: PathBuf,
}

/// Section `privacy`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the rows of the table say what each one is")]
pub struct PrivacySettings {
    pub pseudonym_key: Option<Secret>,
}

/// Section `auth`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the rows of the table say what each one is")]
pub struct AuthSettings {
    pub keys_file: Option<PathBuf>,
}

/// Section `rate`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the rows of the table say what each one is")]
pub struct RateSettings {
    pub calls_per_second: Option<NonZeroU32>,
    pub burst: Option<NonZeroU32>,
    pub calls_at_once: Option<NonZeroUsize>,
}

/// Section `tls`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the rows of the table say what each one is")]
pub struct TlsSettings {
    pub certificate_file: Option<PathBuf>,
    pub private_key_file: Option<PathBuf>,
    pub client_ca_file: Option<PathBuf>,
}

/// Section `hooks`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the rows of the table say what each one is")]
pub struct HookSettings {
    pub verdict: String,
    pub account: String,
}

/// Section `log`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the rows of the table say what each one is")]
pub struct LogSettings {
    pub level: String,
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A value that is shown to nobody.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl Settings {
    /// Refuses settings that contradict each other, whatever the machine.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn check(&self) -> Result<(), SettingError> {
        let tls = &self.tls;
        let contradictions = [
            (
                tls.certificate_file.is_some() != tls.private_key_file.is_some(),
                "tls.certificate_file",
                "tls.private_key_file",
                "a certificate and its private key are given together or not at all",
            ),
            (
                tls.client_ca_file.is_some() && tls.certificate_file.is_none(),
                "tls.client_ca_file",
                "tls.certificate_file",
                "clients' certificates are only asked for over TLS, which needs the server's own",
            ),
            (
                self.rate.burst.is_some() && self.rate.calls_per_second.is_none(),
                "rate.burst",
                "rate.calls_per_second",
                "a burst is over a rate, and none is set",
            ),
            (
                self.auth.keys_file.is_none()
                    && (self.rate.calls_per_second.is_some() || self.rate.calls_at_once.is_some()),
                "rate",
                "auth.keys_file",
                "limits are for each key, and there are no keys",
            ),
        ];
        match contradictions.into_iter().find(|(holds, ..)| *holds) {
            Some((_, one, other, reason)) => {
                Err(SettingError::Contradiction { one, other, reason })
            }
            None => Ok(()),
        }
    }
}
