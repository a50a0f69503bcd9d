//! Errors of reading and writing bundles.

use std::path::PathBuf;

use thiserror::Error;

use crate::encoder::{EncoderError, TokenizerError};
use crate::profile::InvalidBandwidth;
use crate::risk::RiskModelError;
use crate::text::CommonWordsError;

/// Error for a bundle that cannot be loaded or saved.
#[derive(Debug, Error)]
pub enum BundleError {
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Path of the file.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// The manifest is not valid TOML of this form.
    #[error("manifest.toml: {0}")]
    Manifest(#[from] toml::de::Error),
    /// The bundle has another format.
    #[error(
        "manifest.toml: expected bundle format {expected}, got {actual}; {}",
        if actual < expected {
            "this version no longer reads it; train the bundle again"
        } else {
            "it was written by a newer version"
        }
    )]
    Format {
        /// The format that this program reads.
        expected: u32,
        /// The format of the bundle.
        actual: u32,
    },
    /// The bundle is for another kind of text encoder.
    #[error("manifest.toml: expected an encoder of kind `{expected}`, got `{actual}`")]
    EncoderKind {
        /// The kind that this program supports.
        expected: &'static str,
        /// The kind that the bundle states.
        actual: String,
    },
    /// The bundle has another name than requested.
    #[error("manifest.toml: expected the bundle {expected}, got {actual}")]
    Name {
        /// The name requested.
        expected: String,
        /// The name in the manifest.
        actual: String,
    },
    /// The hash of a file does not match the manifest.
    #[error("{file}: expected the BLAKE3 hash {expected} of the manifest, got {actual}")]
    Hash {
        /// Name of the file.
        file: &'static str,
        /// The hash in the manifest.
        expected: String,
        /// The hash of the file.
        actual: String,
    },
    /// The vocabulary is invalid.
    #[error("tokenizer.json: {0}")]
    Tokenizer(#[from] TokenizerError),
    /// The text model is invalid.
    #[error("encoder.safetensors: {0}")]
    Encoder(#[from] EncoderError),
    /// The common words are invalid.
    #[error("words.bloom: {0}")]
    Words(#[from] CommonWordsError),
    /// The projection's settings are invalid.
    #[error("manifest.toml: {0}")]
    Bandwidth(#[from] InvalidBandwidth),
    /// The risk model (fusion, calibration, operating points) is malformed.
    #[error("risk_model.json: {0}")]
    RiskModelForm(#[from] serde_json::Error),
    /// The risk model does not fit this program.
    #[error("risk_model.json: {0}")]
    RiskModel(#[from] RiskModelError),
}
