//! Statements of one of our own authors about its requests, in addition to what a data folder holds.

use crate::domain::{Cue, Technique};

/// An author's statement about its requests, for training.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnAuthor {
    /// Form cues carried by every request.
    pub cues: Vec<Cue>,
    /// Form cues that some requests may carry.
    pub optional_cues: Vec<Cue>,
    /// The technique of an extracting author.
    pub technique: Option<Technique>,
    /// The author's weight in training, where a pipeline or a pool of the same size weighs 1. High where no public
    /// pipeline shows the technique, low where many do.
    pub weight: f32,
}
