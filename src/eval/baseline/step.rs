//! One exchange as baselines see it: numbers and digests.

use super::sketch::Sketch;
use crate::domain::{Digest, Embedding, Timestamp};

/// Requests of an account that a text model is fitted on, drawn evenly from its life.
pub(super) const REQUESTS_MAX: usize = 6;

/// One exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub time: Timestamp,
    /// Under which API key, where the provider says.
    pub key: Option<Digest>,
    /// Embedding of the request by the bundle's text model.
    pub embedding: Embedding,
    /// Sample of the word pairs that the caller said last.
    pub sketch: Sketch,
    /// Listed phrases that the request holds.
    pub phrases: u32,
    /// Log-odds of the n-gram model that a pipeline sent it; 0 in a stream that the model is fitted on.
    pub odds: f32,
}
