//! What a bundle says of itself.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::BundleError;

/// The bundle format that this program reads and writes.
pub const FORMAT: u32 = 3;

/// `manifest.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of the bundle.
    pub format: u32,
    /// Name of the model.
    pub name: String,
    /// Version of the model.
    pub version: u32,
    /// Seed of its training.
    pub seed: u64,
    /// Tokens of the vocabulary.
    pub tokens: usize,
    /// Projection of the mean embedding.
    pub random_features: RandomFeatureSettings,
    /// BLAKE3 hash of every other file.
    pub files: BTreeMap<String, String>,
}

/// What manifests of all formats have in common.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

/// Settings of [`RandomFeatures`](crate::profile::RandomFeatures).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomFeatureSettings {
    /// Seed of the frequencies.
    pub seed: u64,
    /// Median distance between honest requests' embeddings.
    pub bandwidth: f32,
}

impl Manifest {
    /// Of the bundle in a folder.
    ///
    /// # Errors
    /// When it cannot be read, or as [`Self::parse`].
    pub fn read(folder: &Path) -> Result<Self, BundleError> {
        let path = folder.join("manifest.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(error) => Err(BundleError::File { path, error }),
        }
    }

    /// From the text of `manifest.toml`.
    ///
    /// # Errors
    /// When it is not TOML of this form, or of another format version.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        // The format alone first: another one may have other fields.
        let Format { format } = toml::from_str(text)?;
        if format == FORMAT {
            Ok(toml::from_str(text)?)
        } else {
            Err(BundleError::Format {
                expected: FORMAT,
                actual: format,
            })
        }
    }

    /// The text of `manifest.toml`.
    ///
    /// # Panics
    /// Never: every field has a TOML form.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("every field of a manifest has a TOML form")
    }

    /// Identifies what profiles are made with: the text model and the projection of its embeddings. Bundles that
    /// share it can go on with each other's histories.
    pub fn text_model(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for name in ["tokenizer.json", "encoder.safetensors", "words.bloom"] {
            let hash = self.files.get(name).map_or("", String::as_str);
            hasher.update(hash.as_bytes()).update(b"\n");
        }
        hasher.update(&(self.tokens as u64).to_le_bytes());
        hasher.update(&self.random_features.seed.to_le_bytes());
        hasher.update(&self.random_features.bandwidth.to_le_bytes());
        hasher.finalize().to_hex()[..16].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{FORMAT, Manifest};

    #[test]
    fn another_format_is_told_from_a_broken_manifest() {
        let refused = |text: &str| match Manifest::parse(text) {
            Ok(_) => panic!("{text:?} is no manifest"),
            Err(error) => error.to_string(),
        };
        let older = refused("format = 2\nname = \"default\"\n");
        assert_eq!(
            older,
            format!(
                "manifest.toml: expected bundle format {FORMAT}, got 2; this program no longer reads it, so train the \
                 bundle again"
            )
        );
        let newer = refused("format = 99\nshape = \"unknown to this program\"\n");
        assert!(
            newer.ends_with("got 99; a newer program made it"),
            "{newer}"
        );
        assert!(!refused("name = \"default\"\n").contains("bundle format"));
    }
}
