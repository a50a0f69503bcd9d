//! One exchange as baselines see it: numbers and digests.

use super::sketch::Sketch;
use crate::domain::{Digest, Embedding, Timestamp};

/// Most requests of an account that a text model is fitted on, drawn evenly from its history.
pub(super) const REQUESTS_MAX: usize = 6;

/// The record of one exchange.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// Time of the exchange.
    pub time: Timestamp,
    /// Digest of its API key, where the provider gives one.
    pub key: Option<Digest>,
    /// Embedding of the request by the bundle's text model.
    pub embedding: Embedding,
    /// Sample of the word pairs of the last user message.
    pub sketch: Sketch,
    /// Number of listed phrases that the request contains.
    pub phrases: u32,
    /// Log-odds of the n-gram model that a pipeline sent it; 0 in a stream that the model is fitted on.
    pub odds: f32,
}
