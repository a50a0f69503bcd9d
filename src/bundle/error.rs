//! Why a bundle cannot be used.

use std::path::PathBuf;

use thiserror::Error;

use crate::encoder::{EncoderError, TokenizerError};
use crate::profile::InvalidBandwidth;
use crate::risk::RiskModelError;
use crate::text::CommonWordsError;

/// Why a bundle cannot be loaded or saved.
#[derive(Debug, Error)]
pub enum BundleError {
    /// A file that cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The manifest is not what it should be.
    #[error("manifest.toml: {0}")]
    Manifest(#[from] toml::de::Error),
    /// A bundle of another format.
    #[error(
        "manifest.toml: expected bundle format {expected}, got {actual}; {}",
        if actual < expected {
            "this program no longer reads it, so train the bundle again"
        } else {
            "a newer program made it"
        }
    )]
    Format {
        /// The format that this program reads.
        expected: u32,
        /// The bundle's.
        actual: u32,
    },
    /// A bundle for another kind of text encoder.
    #[error("manifest.toml: expected an encoder of kind `{expected}`, got `{actual}`")]
    EncoderKind {
        /// The kind that this program has.
        expected: &'static str,
        /// The bundle's.
        actual: String,
    },
    /// Another bundle than the one asked for.
    #[error("manifest.toml: expected the bundle {expected}, got {actual}")]
    Name {
        /// The bundle asked for.
        expected: String,
        /// What the manifest states.
        actual: String,
    },
    /// A file that the manifest does not vouch for.
    #[error("{file}: expected the BLAKE3 hash {expected} of the manifest, got {actual}")]
    Hash {
        /// Which file.
        file: &'static str,
        /// By the manifest.
        expected: String,
        /// Of the file.
        actual: String,
    },
    /// The vocabulary.
    #[error("tokenizer.json: {0}")]
    Tokenizer(#[from] TokenizerError),
    /// The text model.
    #[error("encoder.safetensors: {0}")]
    Encoder(#[from] EncoderError),
    /// The common words.
    #[error("words.bloom: {0}")]
    Words(#[from] CommonWordsError),
    /// The projection's settings.
    #[error("manifest.toml: {0}")]
    Bandwidth(#[from] InvalidBandwidth),
    /// Fusion, calibration, operating points are not of their form.
    #[error("risk_model.json: {0}")]
    RiskModelForm(#[from] serde_json::Error),
    /// They do not belong to this program.
    #[error("risk_model.json: {0}")]
    RiskModel(#[from] RiskModelError),
}
