//! Sections of settings that `cli` uses: where to listen, which model, which folders, what to log.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::server::Limits;

/// Section `server`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Address and port to listen on. An address that other machines can reach needs `auth.keys_file`.
    #[serde(deserialize_with = "address")]
    #[schemars(with = "String", extend("format" = "ADDRESS:PORT"))]
    pub listen: SocketAddr,
    /// Limits of the server.
    #[serde(flatten)]
    pub limits: Limits,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7700)),
            limits: Limits::default(),
        }
    }
}

/// An IP address and a port. `localhost` is the one name that is taken, since looking up others asks the network.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.strip_prefix("localhost:") {
        Some(port) => port
            .parse()
            .map(|port| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))
            .map_err(Error::custom),
        None => text.parse().map_err(Error::custom),
    }
}

/// Section `model`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ModelSettings {
    /// Folder of a model bundle; the bundle built into the program if not set.
    pub bundle: Option<PathBuf>,
    /// Folder of further model bundles, as NAME/VERSION/, which can be activated while serving.
    pub folder: Option<PathBuf>,
    /// Maximum number of accounts remembered. Beyond it those that have been idle longest are forgotten.
    #[schemars(range(min = 1))]
    pub accounts_max: usize,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            bundle: None,
            folder: None,
            accounts_max: 200_000,
        }
    }
}

/// Section `data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DataSettings {
    /// Folder for data that must outlive the process; created if missing.
    pub folder: PathBuf,
}

impl Default for DataSettings {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("stillwatch-data"),
        }
    }
}

/// Section `privacy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PrivacySettings {
    /// Secret key of all pseudonyms, 64 hexadecimal digits; `pseudonym.key` in the data folder if not set.
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    pub pseudonym_key: Option<Secret>,
}

/// Section `log`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogSettings {
    /// Lowest severity that is logged. `debug` adds a line per request, without content or account.
    pub level: LogLevel,
    /// Format of log lines, on standard error.
    pub format: LogFormat,
}

/// Severity of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// Format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// A value that is never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

/// What stands in a secret's place.
pub(super) const REDACTED: &str = "[redacted]";

impl Secret {
    /// The value, for the one place that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REDACTED)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(REDACTED)
    }
}
