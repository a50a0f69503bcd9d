//! The manifest of a bundle.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::BundleError;

/// The bundle format that this program reads and writes.
pub(crate) const FORMAT: u32 = 4;

/// The kind of text encoder that a bundle's weights are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncoderKind {
    /// [`TextEncoder`](crate::encoder::TextEncoder): attention-pooled token vectors.
    #[default]
    Static,
}

impl EncoderKind {
    /// Returns the kind's name in a manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
        }
    }

    // By reference, as serde requires.
    #[expect(clippy::trivially_copy_pass_by_ref)]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The fields of a manifest that are read first, so that a bundle for another program is reported as such.
#[derive(Deserialize)]
struct Preamble {
    format: u32,
    encoder: Option<String>,
}

/// The contents of `manifest.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of the bundle.
    pub format: u32,
    /// Name of the model.
    pub name: String,
    /// Version of the model.
    pub version: u32,
    /// Seed of the training.
    pub seed: u64,
    /// Kind of the text encoder; omitted from the file if it is the default.
    #[serde(default, skip_serializing_if = "EncoderKind::is_default")]
    pub encoder: EncoderKind,
    /// Number of tokens of the vocabulary.
    pub tokens: usize,
    /// Projection of the mean embedding.
    pub random_features: RandomFeatureSettings,
    /// BLAKE3 hash of every other file, by name.
    pub files: BTreeMap<String, String>,
}

/// Settings of [`RandomFeatures`](crate::profile::RandomFeatures).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomFeatureSettings {
    /// Seed of the frequencies.
    pub seed: u64,
    /// Median distance between benign requests' embeddings.
    pub bandwidth: f32,
}

impl Manifest {
    /// Reads the manifest of the bundle in a folder.
    ///
    /// # Errors
    /// If it cannot be read, or as [`Self::parse`].
    pub fn read(folder: &Path) -> Result<Self, BundleError> {
        let path = folder.join("manifest.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text),
            Err(error) => Err(BundleError::File { path, error }),
        }
    }

    /// Parses the text of `manifest.toml`.
    ///
    /// # Errors
    /// If it has another format version, states a kind of encoder that this program does not support, or is not TOML of
    /// this form.
    pub fn parse(text: &str) -> Result<Self, BundleError> {
        // Check the format and the kind of encoder first: other ones may have other fields.
        let preamble: Preamble = toml::from_str(text)?;
        if preamble.format != FORMAT {
            return Err(BundleError::Format {
                expected: FORMAT,
                actual: preamble.format,
            });
        }
        let expected = EncoderKind::Static.name();
        match preamble.encoder {
            Some(actual) if actual != expected => {
                Err(BundleError::EncoderKind { expected, actual })
            }
            _ => Ok(toml::from_str(text)?),
        }
    }

    /// Returns name and version, such as `default@1`.
    pub fn bundle_name(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Returns the text of `manifest.toml`.
    ///
    /// # Panics
    /// Never: every field has a TOML form.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("every field of a manifest has a TOML form")
    }

    /// Returns the identity of the model that profiles are built with: the text model and the projection of its
    /// embeddings. Bundles with the same identity can continue each other's histories. The kind of encoder is not part
    /// of it as long as there is only one.
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
    use super::*;

    const SHIPPED: &str = include_str!("../../models/default/4/manifest.toml");

    #[test]
    fn a_manifest_without_a_kind_of_encoder_is_static_and_round_trips() {
        let manifest = Manifest::parse(SHIPPED).unwrap();
        assert_eq!(manifest.encoder, EncoderKind::Static);
        assert_eq!(manifest.to_toml(), SHIPPED);
        let stated = SHIPPED.replacen("tokens =", "encoder = \"static\"\ntokens =", 1);
        assert_eq!(Manifest::parse(&stated).unwrap(), manifest);
    }

    #[test]
    fn another_kind_or_format_is_reported_whatever_else_the_manifest_contains() {
        let kind = SHIPPED.replacen("tokens =", "encoder = \"bert\"\nlayers = 12\ntokens =", 1);
        let error = Manifest::parse(&kind).unwrap_err();
        assert!(matches!(error, BundleError::EncoderKind { .. }));
        assert_eq!(
            error.to_string(),
            "manifest.toml: expected an encoder of kind `static`, got `bert`"
        );
        let format = SHIPPED.replacen("format = 4", "format = 9\nera = \"later\"", 1);
        let error = Manifest::parse(&format).unwrap_err();
        assert!(matches!(error, BundleError::Format { actual: 9, .. }));
    }

    #[test]
    fn another_format_and_a_broken_manifest_give_different_errors() {
        let refused = |text: &str| match Manifest::parse(text) {
            Ok(_) => panic!("{text:?} is no manifest"),
            Err(error) => error.to_string(),
        };
        let older = refused("format = 2\nname = \"default\"\n");
        assert_eq!(
            older,
            format!(
                "manifest.toml: expected bundle format {FORMAT}, got 2; this version no longer reads it; train the \
                 bundle again"
            )
        );
        let newer = refused("format = 99\nshape = \"unknown to this program\"\n");
        assert!(
            newer.ends_with("got 99; it was written by a newer version"),
            "{newer}"
        );
        assert!(!refused("name = \"default\"\n").contains("bundle format"));
    }
}
