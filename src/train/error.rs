//! The reasons why a training run ends without a bundle.

use thiserror::Error;

use super::calibration::CalibrationFitError;
use super::risk_model::RiskModelFitError;
use super::vocabulary::VocabularyError;
use crate::encoder::{EncoderError, TokenizerError};
use crate::profile::InvalidBandwidth;
use crate::simulate::PlanError;
use crate::text::CommonWordsError;

/// The reason why no bundle was produced.
#[derive(Debug, Error)]
pub(crate) enum TrainError {
    /// The vocabulary could not be trained.
    #[error("vocabulary: {0}")]
    Vocabulary(#[from] VocabularyError),
    /// The trained vocabulary could not be read back.
    #[error("vocabulary: {0}")]
    Tokenizer(#[from] TokenizerError),
    /// The text model could not be fitted.
    #[error("text model: {0}")]
    Text(#[from] super::text::TextFitError),
    /// The text model could not be assembled.
    #[error("text model: {0}")]
    Encoder(#[from] EncoderError),
    /// The common words could not be built.
    #[error("common words: {0}")]
    Words(#[from] CommonWordsError),
    /// The bandwidth of the random features is invalid.
    #[error("random features: {0}")]
    Bandwidth(#[from] InvalidBandwidth),
    /// The accounts could not be simulated.
    #[error("simulated accounts: {0}")]
    Plan(#[from] PlanError),
    /// Fusion, calibration or operating points could not be fitted.
    #[error("risk model: {0}")]
    RiskModel(#[from] RiskModelFitError),
    /// The conversation calibration could not be fitted.
    #[error("conversation calibration: {0}")]
    Conversation(#[from] CalibrationFitError),
    /// The risk model's file could not be serialised.
    #[error("risk_model.json: {0}")]
    RiskModelForm(#[from] serde_json::Error),
    /// The bundle to refit is invalid.
    #[error("bundle: {0}")]
    Bundle(#[from] crate::bundle::BundleError),
    /// There are no requests to learn from.
    #[error("expected permissive requests of the recipe's sides, got none")]
    NoRequests,
}
