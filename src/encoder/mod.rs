//! The text model: tokens to unit embedding to cue probabilities, in microseconds.
//!
//! Knows tensors, not risk. Uses `domain`, `privacy`, `text`.
