//! The form of a file of our own writing.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::render::Parts;

/// Inputs and parts of inputs, by language.
pub(super) type Inputs = BTreeMap<String, Parts>;

/// A file with its inputs in one table for each language.
pub(super) struct File {
    /// What one author counts in training.
    pub(super) weight: f32,
    pub(super) inputs: Inputs,
    pub(super) author: Vec<Author>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    weight: f32,
    inputs: BTreeMap<String, BTreeMap<String, Values>>,
    author: Vec<Author>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    /// Inputs of one kind.
    Kind(Vec<String>),
    /// What stands in braces inside of inputs.
    Parts(Parts),
}

/// One voice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Author {
    pub(super) name: String,
    pub(super) side: Side,
    pub(super) family: String,
    pub(super) technique: Option<String>,
    #[serde(default)]
    pub(super) who: Who,
    pub(super) category: Option<String>,
    #[serde(default)]
    pub(super) cues: Vec<String>,
    #[serde(default)]
    pub(super) maybe: Vec<String>,
    pub(super) text: Vec<Text>,
}

/// Whether an author extracts.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Attack,
    Honest,
}

/// Who sends an honest author's requests.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Who {
    Consumer,
    Developer,
    #[default]
    Tenant,
    Evaluator,
    Classroom,
}

/// What an author says in one language. Strings of `system` and `user`, and lists of `turns`, are alternatives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    pub(super) language: String,
    #[serde(default)]
    pub(super) system: Vec<String>,
    #[serde(default)]
    pub(super) user: Vec<String>,
    #[serde(default)]
    pub(super) turns: Vec<Vec<String>>,
    #[serde(default)]
    pub(super) parts: Parts,
}

pub(super) fn parse(text: &str) -> Result<File, toml::de::Error> {
    let row: Row = toml::from_str(text)?;
    let flat = |values: BTreeMap<String, Values>| {
        let mut all = Parts::new();
        for (name, values) in values {
            match values {
                Values::Kind(inputs) => _ = all.insert(name, inputs),
                Values::Parts(parts) => all.extend(parts),
            }
        }
        all
    };
    let inputs = row.inputs.into_iter();
    Ok(File {
        weight: row.weight,
        inputs: inputs
            .map(|(language, values)| (language, flat(values)))
            .collect(),
        author: row.author,
    })
}
