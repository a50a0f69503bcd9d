//! Settings of `stillwatch serve`: one definition for file, environment, flags, reference and schema.
//!
//! [`Settings`] is that definition. A section is a struct, beside the code that uses it where that is the policy or
//! the server; a setting is a field: its name, its type, its default, and its doc comment, which is what it means
//! everywhere. Names, bounds and meanings are read from the structs' JSON Schema ([`Setting`]), values by serde
//! ([`Layers`]).
//!
//! Layering is our own, since it is one insertion into a map. `figment` 0.10 reads TOML by a second parser two major
//! versions back; `config` 0.15 takes `"2"` for 2 and `yes` for true, and knows of a variable only that it came from
//! "the environment". Names of variables, secrets in files and suggestions would be ours with either.
//!
//! Uses `policy` and `server`, for their sections. Does no I/O: `cli` passes in file contents and environment
//! variables.

mod check;
mod error;
mod layers;
mod origin;
mod print;
mod sections;
mod setting;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::PolicySettings;
use crate::server::{AuthSettings, HookSettings, RateLimit, TlsSettings};

pub(crate) use error::SettingError;
pub(crate) use layers::Layers;
pub(crate) use origin::Origin;
pub(crate) use print::commented_file;
pub use print::{reference_table, schema};
pub use sections::ServerSettings;
pub(crate) use sections::{
    DataSettings, LogFormat, LogLevel, LogSettings, ModelSettings, PrivacySettings, Secret,
};
pub use setting::Setting;

/// The settings, by section.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The port and its limits.
    pub server: ServerSettings,
    /// The model that scores.
    pub model: ModelSettings,
    /// Who is put before a reviewer.
    pub policy: PolicySettings,
    /// Data that outlives the process.
    pub data: DataSettings,
    /// Secrets of pseudonyms.
    pub privacy: PrivacySettings,
    /// Authentication of callers.
    pub auth: AuthSettings,
    /// Rate limits of each key, unless its line sets others.
    pub rate: RateLimit,
    /// Encryption of the port.
    pub tls: TlsSettings,
    /// Answers to gateways.
    pub hooks: HookSettings,
    /// The server's log.
    pub log: LogSettings,
}
