//! The file format of our own writing.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::parts::Parts;

/// Inputs and parts of inputs, by language.
pub(crate) type Inputs = BTreeMap<String, Parts>;

/// A parsed file, with one table of inputs per language.
pub(crate) struct File {
    /// Weight of one author in training.
    pub(crate) weight: f32,
    pub(crate) inputs: Inputs,
    pub(crate) author: Vec<Author>,
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
    /// Parts named in braces within inputs.
    Parts(Parts),
}

/// One author: one voice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Author {
    pub(crate) name: String,
    pub(crate) side: Side,
    pub(crate) family: String,
    pub(crate) technique: Option<String>,
    #[serde(default)]
    pub(crate) who: Who,
    pub(crate) category: Option<String>,
    #[serde(default)]
    pub(crate) cues: Vec<String>,
    #[serde(default)]
    pub(crate) optional_cues: Vec<String>,
    pub(crate) text: Vec<Text>,
}

/// Whether an author extracts.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    Extraction,
    Benign,
}

/// Who sends a benign author's requests.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Who {
    Consumer,
    Developer,
    #[default]
    Tenant,
    Evaluator,
    Classroom,
}

/// An author's text in one language. The strings of `system` and `user` and the lists of `turns` are alternatives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    pub(crate) language: String,
    #[serde(default)]
    pub(crate) system: Vec<String>,
    #[serde(default)]
    pub(crate) user: Vec<String>,
    #[serde(default)]
    pub(crate) turns: Vec<Vec<String>>,
    #[serde(default)]
    pub(crate) parts: Parts,
}

pub(crate) fn parse(text: &str) -> Result<File, toml::de::Error> {
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
