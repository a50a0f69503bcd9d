//! The cue manifest: the cues that the requests of each source carry, determined by reading them
//! (`training/cues.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::example::Target;
use crate::domain::{CUE_COUNT, Cue, PoolRecord, Technique};

/// The reason why a manifest cannot be used.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// The text is not TOML of the expected form.
    #[error("cue manifest: {0}")]
    Form(#[from] toml::de::Error),
    /// A cue, side or technique does not exist.
    #[error("cue manifest, entry {entry}: expected {expected}, got {got:?}")]
    Name {
        /// Name of the entry.
        entry: String,
        /// Description of a valid value.
        expected: &'static str,
        /// The actual value.
        got: String,
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
    note: Vec<String>,
    #[serde(default)]
    text: Vec<String>,
    #[serde(default)]
    cues: Vec<String>,
    #[serde(default)]
    optional_cues: Vec<String>,
    #[serde(default)]
    bare: bool,
    technique: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicationEntry {
    category: String,
    confusable_with: Option<String>,
    #[serde(default)]
    app: Vec<String>,
    #[serde(default)]
    cues: Vec<String>,
    #[serde(default)]
    optional_cues: Vec<String>,
}

/// The manifest's labels for one kind of request.
#[derive(Clone, Debug, PartialEq)]
pub struct CueEntry {
    /// Form cues: carried, absent, or unknown. Intent cues are left absent here; they follow from the side.
    pub targets: [Target; CUE_COUNT],
    /// Whether the text is word for word what a benign user would send, so that only the stream is informative.
    pub bare: bool,
    /// The technique, if it differs from the family's usual one.
    pub technique: Option<Technique>,
}

/// The parsed manifest: rules in file order; the first rule that matches a request applies.
pub struct CueManifest {
    /// Rules by side (`true` for extraction) and source.
    sources: BTreeMap<(bool, String), Vec<(SourceEntry, CueEntry)>>,
    /// Rules by category.
    applications: BTreeMap<String, Vec<(ApplicationEntry, CueEntry)>>,
}

impl CueManifest {
    /// Parses the text of `cues.toml`.
    ///
    /// # Errors
    /// When the text is not TOML of the expected form, or names a cue, side or technique that does not exist.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let file: ManifestFile = toml::from_str(text)?;
        let mut sources: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for rule in file.source {
            let extraction = match rule.side.as_str() {
                "extraction" => true,
                "benign" => false,
                side => return Err(name_error(&rule.name, "side extraction or benign", side)),
            };
            let technique = rule
                .technique
                .as_deref()
                .map(|name| {
                    Technique::from_name(name)
                        .ok_or_else(|| name_error(&rule.name, "a technique's name", name))
                })
                .transpose()?;
            let targets = targets(&rule.name, &rule.cues, &rule.optional_cues)?;
            let entry = CueEntry {
                targets,
                bare: rule.bare,
                technique,
            };
            sources
                .entry((extraction, rule.name.clone()))
                .or_default()
                .push((rule, entry));
        }
        let mut applications: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for rule in file.application {
            let targets = targets(&rule.category, &rule.cues, &rule.optional_cues)?;
            let entry = CueEntry {
                targets,
                bare: false,
                technique: None,
            };
            applications
                .entry(rule.category.clone())
                .or_default()
                .push((rule, entry));
        }
        Ok(Self {
            sources,
            applications,
        })
    }

    /// Returns the labels of one record of a pool source.
    pub fn source(&self, extraction: bool, name: &str, record: &PoolRecord) -> Option<&CueEntry> {
        let rules = self.sources.get(&(extraction, name.to_owned()))?;
        let note = record.note.as_deref().unwrap_or("");
        let fits = |rule: &SourceEntry| {
            rule.family
                .as_ref()
                .is_none_or(|family| *family == record.family)
                && (rule.note.is_empty() || rule.note.iter().any(|part| note.contains(part)))
                && (rule.text.is_empty()
                    || rule.text.iter().any(|part| contains_text(record, part)))
        };
        rules
            .iter()
            .find(|(rule, _)| fits(rule))
            .map(|(_, entry)| entry)
    }

    /// Returns the labels of the requests of an application.
    pub fn application(
        &self,
        id: &str,
        category: &str,
        confusable: Option<&str>,
    ) -> Option<&CueEntry> {
        let fits = |rule: &ApplicationEntry| {
            (rule.app.is_empty() || rule.app.iter().any(|app| app == id))
                && rule
                    .confusable_with
                    .as_deref()
                    .is_none_or(|with| Some(with) == confusable)
        };
        let rules = self.applications.get(category)?;
        rules
            .iter()
            .find(|(rule, _)| fits(rule))
            .map(|(_, entry)| entry)
    }
}

/// Returns whether any text of the request contains `part`.
fn contains_text(record: &PoolRecord, part: &str) -> bool {
    let messages = record.messages.iter().map(|message| &message.content);
    record
        .system
        .iter()
        .chain(messages)
        .any(|text| text.expose().contains(part))
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

fn name_error(entry: &str, expected: &'static str, got: &str) -> ManifestError {
    ManifestError::Name {
        entry: entry.to_owned(),
        expected,
        got: got.to_owned(),
    }
}
