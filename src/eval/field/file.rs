//! The files of a field set, as written.
//!
//! Names in braces are filled in: by *parts*, which an account keeps, and by *inputs*, which each request draws anew.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::disguise::Disguise;
use crate::simulate::own::parts::Parts;

/// Inputs by language.
pub(super) type Inputs = BTreeMap<String, Parts>;

/// `common.toml`: what demands are put around, shared by extraction and its look-alikes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Common {
    /// Languages of every kind.
    pub(super) languages: Vec<String>,
    pub(super) carrier: Vec<Carrier>,
    /// What a demand is about, by name.
    pub(super) payload: BTreeMap<String, Payload>,
    /// Inputs of every language.
    pub(super) any: Parts,
    pub(super) inputs: Inputs,
}

/// How a demand is brought: a form with `{demand}` and `{payload}`, or `{question}` and `{answer}`, in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Carrier {
    pub(super) name: String,
    pub(super) system: Option<String>,
    pub(super) messages: Vec<Line>,
}

/// One message of a form.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line {
    User(String),
    Assistant(String),
    Tool(String),
}

/// The text that a demand is about, in one piece and as question and answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Payload {
    pub(super) whole: String,
    pub(super) question: String,
    pub(super) answer: String,
}

/// `published.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Published {
    pub(super) at_least: String,
    pub(super) exchanges: usize,
    pub(super) minutes: f64,
    pub(super) kind: Vec<Kind>,
}

/// A kind of demand: every wording in every language becomes an account in every carrier.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kind {
    pub(super) name: String,
    pub(super) payload: String,
    /// Wordings by language.
    pub(super) demand: Parts,
}

/// `honest.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Honest {
    pub(super) at_most: String,
    pub(super) exchanges: usize,
    pub(super) minutes: f64,
    /// Number of accounts of each text of a story.
    pub(super) accounts: usize,
    /// Look-alikes of the published kinds, in the same carriers and languages.
    pub(super) kind: Vec<Kind>,
    pub(super) story: Vec<Story>,
}

/// A false-alarm story.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Story {
    pub(super) name: String,
    /// The highest recommendation that any of its accounts may reach.
    pub(super) at_most: String,
    pub(super) exchanges: usize,
    /// Mean time between requests.
    pub(super) minutes: f64,
    /// Names of the tools offered with each request.
    #[serde(default)]
    pub(super) tools: Vec<String>,
    pub(super) text: Vec<Text>,
}

/// A story in one language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    pub(super) language: String,
    pub(super) system: Option<String>,
    pub(super) messages: Vec<Line>,
    #[serde(default)]
    pub(super) parts: Parts,
    #[serde(default)]
    pub(super) inputs: Parts,
}

/// `evasions.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Evasions {
    pub(super) at_least: String,
    /// Number of harvesting requests of an account.
    pub(super) exchanges: usize,
    pub(super) minutes: f64,
    pub(super) harvest: Vec<Harvest>,
    /// Honest requests that cover a harvest, by name.
    pub(super) cover: Parts,
    pub(super) inputs: Parts,
    pub(super) evasion: Vec<Evasion>,
}

/// A plain harvest: a demand about a payload, in one message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Harvest {
    pub(super) name: String,
    pub(super) language: String,
    pub(super) payload: String,
    pub(super) demand: String,
}

/// What is done to a harvest. Without a form, the harvest is the only message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Evasion {
    pub(super) name: String,
    /// Names of the harvests it is done to; all when empty.
    #[serde(default)]
    pub(super) only: Vec<String>,
    /// Number of harvesting requests, where it differs from the file's.
    pub(super) exchanges: Option<usize>,
    pub(super) system: Option<String>,
    #[serde(default)]
    pub(super) messages: Vec<Line>,
    #[serde(default)]
    pub(super) disguise: Disguise,
    pub(super) cover: Option<Cover>,
}

/// Honest requests among the harvesting ones.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cover {
    /// Name of the texts they are drawn from.
    pub(super) of: String,
    /// Number before the first harvesting request.
    #[serde(default)]
    pub(super) before: usize,
    /// Number after each harvesting request.
    #[serde(default)]
    pub(super) each: usize,
    /// Number after the last harvesting request.
    #[serde(default)]
    pub(super) after: usize,
    /// HTTP status that the calls end with.
    #[serde(default = "answered")]
    pub(super) status: u16,
}

/// Status of a call that was answered.
pub(super) const fn answered() -> u16 {
    200
}
