//! What a bundle says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::BundleError;

/// The bundle format that this program reads and writes.
pub const FORMAT: u32 = 2;

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
    /// From the text of `manifest.toml`.
    ///
    /// # Errors
    /// When it is not TOML of this form, or of another format version.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        let manifest: Self = toml::from_str(text)?;
        if manifest.format == FORMAT {
            Ok(manifest)
        } else {
            Err(BundleError::Format {
                expected: FORMAT,
                came: manifest.format,
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
}
