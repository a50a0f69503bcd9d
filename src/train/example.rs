//! One labeled request as a training example of the text model.

use crate::domain::CUE_COUNT;
use crate::encoder::ChannelRows;

/// One labeled request, as rows of the weight table.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    /// The rows that the request uses.
    pub rows: ChannelRows,
    /// For each cue: carried, absent, or unknown.
    pub targets: [Target; CUE_COUNT],
    /// Weight in the loss; all examples of one source sum to about the same.
    pub weight: f32,
}

/// The label of one cue of one example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The request carries the cue.
    Carried,
    /// The request does not carry the cue.
    Absent,
    /// The source gives no label, so the head learns nothing from it.
    Unknown,
}
