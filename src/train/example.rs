//! One labeled request, as the text model is fitted on it.

use crate::domain::CUE_COUNT;
use crate::encoder::ChannelRows;

/// One labeled request, as rows of the weight table.
#[derive(Clone, Debug)]
pub struct Example {
    /// The rows it touches.
    pub rows: ChannelRows,
    /// For each cue: carried, not carried, or unknown.
    pub targets: [Target; CUE_COUNT],
    /// Weight in the loss; all examples of one source sum to about the same.
    pub weight: f32,
}

/// What is known of one cue of one example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The request carries the cue.
    Carried,
    /// It does not.
    Absent,
    /// The source cannot say, so the head learns nothing from it.
    Unknown,
}
