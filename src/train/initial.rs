//! Initial weights of the text model: token vectors distilled from a sentence encoder, or random ones.
//!
//! Sixty pipelines teach what they ask for in a few languages; they do not teach what words mean. The distilled rows
//! do; `training/initial/README.md` states the source model and the method. They belong to one vocabulary, which is
//! stored with them.

use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use thiserror::Error;

use crate::encoder::ROW_DIM;

/// The kind of initial rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Start {
    /// Random rows; the vocabulary is trained on the pools.
    Random,
    /// The distilled rows in the repository, with their vocabulary.
    Distilled,
}

/// The reason why the distilled rows cannot be used.
#[derive(Debug, Error)]
pub(crate) enum InitialError {
    /// The file does not hold the expected tensors.
    #[error("distilled rows: {0}")]
    Unreadable(#[from] candle_core::Error),
    /// The rows belong to another vocabulary.
    #[error("distilled rows: expected {expected} tokens of {ROW_DIM} numbers, got {got} numbers")]
    Shape {
        /// Number of tokens of the vocabulary in use.
        expected: usize,
        /// Number of values in the file.
        got: usize,
    },
}

/// Rows and scores before the first training step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Initial {
    /// `[rows][ROW_DIM]`.
    pub vectors: Vec<f32>,
    /// `[rows]`.
    pub scores: Vec<f32>,
}

impl Initial {
    /// Returns the vocabulary of the distilled rows, as `tokenizer.json`.
    pub(crate) const fn distilled_vocabulary() -> &'static str {
        include_str!("../../training/initial/tokenizer.json")
    }

    /// Returns the distilled rows.
    ///
    /// # Errors
    /// When the file does not have `tokens` rows.
    pub(crate) fn distilled(tokens: usize) -> Result<Self, InitialError> {
        let file =
            SliceSafetensors::new(include_bytes!("../../training/initial/rows.safetensors"))?;
        let tensor = |name| {
            let tensor = file.load(name, &Device::Cpu)?;
            tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()
        };
        let initial = Self {
            vectors: tensor("vectors")?,
            scores: tensor("scores")?,
        };
        if initial.vectors.len() != tokens * ROW_DIM || initial.scores.len() != tokens {
            return Err(InitialError::Shape {
                expected: tokens,
                got: initial.vectors.len(),
            });
        }
        Ok(initial)
    }

    /// Returns small random vectors, and scores of 0, which is plain averaging.
    pub(crate) fn random(tokens: usize, rng: &mut ChaCha8Rng) -> Self {
        let bound = 0.1_f32;
        let numbers = 0..tokens * ROW_DIM;
        Self {
            vectors: numbers.map(|_| rng.random_range(-bound..bound)).collect(),
            scores: vec![0.0; tokens],
        }
    }
}
