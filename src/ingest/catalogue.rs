//! The model catalogue: ids, aliases and release times of models.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::domain::Timestamp;
use crate::wire::parse_time;

/// Models by name. An unknown model is not an error: logs contain models that no catalogue has yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Maps every id and alias to the id.
    ids: BTreeMap<String, String>,
    released: BTreeMap<String, Timestamp>,
}

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file could not be read.
    #[error("cannot read {file}")]
    Read {
        /// The file.
        file: String,
        /// The operating system's error.
        source: io::Error,
    },
    /// The text is not TOML, or a key is missing, unknown or of the wrong type.
    #[error("not a model catalogue")]
    Form(#[from] toml::de::Error),
    /// A name is empty.
    #[error("a model's id or alias is empty")]
    EmptyName,
    /// A name is used for two models, or twice for one.
    #[error("the model name `{name}` occurs twice")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A release time is invalid.
    #[error("model `{id}`: `released` must be an RFC 3339 time in the years 1970 to 2199")]
    BadTime {
        /// The model.
        id: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueForm {
    #[serde(default)]
    model: Vec<ModelForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelForm {
    id: String,
    released: String,
    #[serde(default)]
    aliases: Vec<String>,
}

impl Catalogue {
    /// Reads a catalogue file.
    ///
    /// # Errors
    /// When the file cannot be read or is not a catalogue.
    pub fn read(path: &Path) -> Result<Self, CatalogueError> {
        let text = std::fs::read_to_string(path).map_err(|source| CatalogueError::Read {
            file: path.display().to_string(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Reads a catalogue from its TOML text.
    ///
    /// # Errors
    /// When a key is unknown, missing or of the wrong type, a name occurs twice, or a time is invalid.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        let form: CatalogueForm = toml::from_str(text)?;
        let mut catalogue = Self::default();
        for model in form.model {
            let Some(released) = parse_time(&model.released) else {
                return Err(CatalogueError::BadTime { id: model.id });
            };
            for name in std::iter::once(&model.id).chain(&model.aliases) {
                if name.is_empty() {
                    return Err(CatalogueError::EmptyName);
                }
                let taken = catalogue.ids.insert(name.clone(), model.id.clone());
                if taken.is_some() {
                    return Err(CatalogueError::Duplicate { name: name.clone() });
                }
            }
            catalogue.released.insert(model.id, released);
        }
        Ok(catalogue)
    }

    /// Returns the id of the model with this id or alias; `None` for a model that is not in the catalogue.
    pub fn resolve(&self, name: &str) -> Option<&str> {
        self.ids.get(name).map(String::as_str)
    }

    /// Returns the release time of the model with this id or alias.
    pub fn released(&self, name: &str) -> Option<Timestamp> {
        self.released.get(self.resolve(name)?).copied()
    }
}
