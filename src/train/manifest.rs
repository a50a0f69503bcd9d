//! The cue manifest: which cues the requests of each source carry, decided by reading them (`training/cues.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::text::Target;
use crate::domain::{CUE_COUNT, Cue, Technique};

/// Why a manifest cannot be used.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// Not TOML of the expected form.
    #[error("cue manifest: {0}")]
    Form(#[from] toml::de::Error),
    /// A cue, side or technique that does not exist.
    #[error("cue manifest, entry {entry}: expected {expected}, came {came:?}")]
    Name {
        /// Name of the entry.
        entry: String,
        /// What would be right.
        expected: &'static str,
        /// What stands there.
        came: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestFile {
    #[serde(default)]
    source: Vec<SourceEntry>,
    #[serde(default)]
    application: Vec<ApplicationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceEntry {
    name: String,
    side: String,
    family: Option<String>,
    #[serde(default)]
    cues: Vec<String>,
    #[serde(default)]
    maybe: Vec<String>,
    #[serde(default)]
    bare: bool,
    technique: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicationEntry {
    category: Option<String>,
    app_id: Option<String>,
    #[serde(default)]
    cues: Vec<String>,
    #[serde(default)]
    maybe: Vec<String>,
}

/// What the manifest says of one kind of request.
#[derive(Clone, Debug, PartialEq)]
pub struct CueEntry {
    /// Form cues: carried, absent, or unknown. Intent cues are left absent here; the side decides them.
    pub targets: [Target; CUE_COUNT],
    /// Whether the text is word for word what an honest user would send, so that only the stream tells.
    pub bare: bool,
    /// The technique, where the family's usual one does not fit.
    pub technique: Option<Technique>,
}

/// The parsed manifest.
pub struct CueManifest {
    sources: BTreeMap<(bool, String, Option<String>), CueEntry>,
    categories: BTreeMap<String, CueEntry>,
    applications: BTreeMap<String, CueEntry>,
}

impl CueManifest {
    /// From the text of `cues.toml`.
    ///
    /// # Errors
    /// When it is not TOML of the expected form, or names a cue, side or technique that does not exist.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let file: ManifestFile = toml::from_str(text)?;
        let mut sources = BTreeMap::new();
        for entry in file.source {
            let attack = match entry.side.as_str() {
                "attack" => true,
                "benign" => false,
                _ => return Err(name_error(&entry.name, "side attack or benign", &entry.side)),
            };
            let technique = entry
                .technique
                .as_deref()
                .map(|name| {
                    Technique::from_name(name)
                        .ok_or_else(|| name_error(&entry.name, "a technique's name", name))
                })
                .transpose()?;
            let targets = targets(&entry.name, &entry.cues, &entry.maybe)?;
            let value = CueEntry { targets, bare: entry.bare, technique };
            sources.insert((attack, entry.name, entry.family), value);
        }
        let (mut categories, mut applications) = (BTreeMap::new(), BTreeMap::new());
        for entry in file.application {
            let (table, name) = match (entry.app_id, entry.category) {
                (Some(id), _) => (&mut applications, id),
                (None, Some(category)) => (&mut categories, category),
                (None, None) => {
                    return Err(name_error("application", "category or app_id", ""));
                }
            };
            let targets = targets(&name, &entry.cues, &entry.maybe)?;
            table.insert(name, CueEntry { targets, bare: false, technique: None });
        }
        Ok(Self { sources, categories, applications })
    }

    /// What is said of a pool source's records of one family; the family's own entry wins.
    pub fn source(&self, attack: bool, name: &str, family: &str) -> Option<&CueEntry> {
        self.sources
            .get(&(attack, name.to_owned(), Some(family.to_owned())))
            .or_else(|| self.sources.get(&(attack, name.to_owned(), None)))
    }

    /// What is said of an application; its own entry wins over its category's.
    pub fn application(&self, id: &str, category: &str) -> Option<&CueEntry> {
        self.applications.get(id).or_else(|| self.categories.get(category))
    }
}

fn targets(
    entry: &str,
    carried: &[String],
    unknown: &[String],
) -> Result<[Target; CUE_COUNT], ManifestError> {
    let mut targets = [Target::Absent; CUE_COUNT];
    for (names, target) in [(unknown, Target::Unknown), (carried, Target::Carried)] {
        for name in names {
            let cue = Cue::from_name(name).filter(|cue| !Cue::INTENT.contains(cue));
            let cue = cue.ok_or_else(|| name_error(entry, "a form cue's name", name))?;
            targets[cue.index()] = target;
        }
    }
    Ok(targets)
}

fn name_error(entry: &str, expected: &'static str, came: &str) -> ManifestError {
    ManifestError::Name { entry: entry.to_owned(), expected, came: came.to_owned() }
}
