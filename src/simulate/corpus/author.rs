//! What one of our own authors says of its requests, beside what a data folder would say.

use crate::domain::{Cue, Technique};

/// An author's own statement about its requests, for training.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnAuthor {
    /// Form cues that every request carries.
    pub cues: Vec<Cue>,
    /// Form cues that some requests may carry.
    pub optional_cues: Vec<Cue>,
    /// The technique of an extracting author.
    pub technique: Option<Technique>,
    /// What the author counts in training, where a pipeline or a pool of its size counts 1. Much where no public
    /// pipeline shows the technique, little where many do.
    pub weight: f32,
}
