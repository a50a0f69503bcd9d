//! Why a training run ends without a bundle.

use thiserror::Error;

use super::calibration::CalibrationFitError;
use super::risk_model::RiskModelFitError;
use super::vocabulary::VocabularyError;
use crate::encoder::{EncoderError, TokenizerError};
use crate::profile::InvalidBandwidth;
use crate::simulate::PlanError;
use crate::text::CommonWordsError;

/// Why no bundle came out.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The vocabulary.
    #[error("vocabulary: {0}")]
    Vocabulary(#[from] VocabularyError),
    /// The vocabulary, read back.
    #[error("vocabulary: {0}")]
    Tokenizer(#[from] TokenizerError),
    /// The text model.
    #[error("text model: {0}")]
    Text(#[from] super::text::TextFitError),
    /// The text model, put together.
    #[error("text model: {0}")]
    Encoder(#[from] EncoderError),
    /// The common words.
    #[error("common words: {0}")]
    Words(#[from] CommonWordsError),
    /// The projection.
    #[error("random features: {0}")]
    Bandwidth(#[from] InvalidBandwidth),
    /// The accounts.
    #[error("simulated accounts: {0}")]
    Plan(#[from] PlanError),
    /// Fusion, calibration or operating points.
    #[error("risk model: {0}")]
    RiskModel(#[from] RiskModelFitError),
    /// The conversation calibration.
    #[error("conversation calibration: {0}")]
    Conversation(#[from] CalibrationFitError),
    /// The risk model's file.
    #[error("risk_model.json: {0}")]
    RiskModelForm(#[from] serde_json::Error),
    /// The bundle that was to be refitted.
    #[error("bundle: {0}")]
    Bundle(#[from] crate::bundle::BundleError),
    /// Nothing to learn from.
    #[error("expected permissive requests of the recipe's sides, got none")]
    NoRequests,
}
