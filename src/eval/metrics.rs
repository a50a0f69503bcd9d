//! Evaluation metrics, each with its formula and source.
//!
//! Pure functions of scores and labels; they know neither accounts nor files. An account is flagged when its score is
//! strictly greater than a threshold, and accounts of equal score are always flagged together, so no figure depends on
//! the order of the rows.

mod counts;
mod probability;
mod ranking;

pub(crate) use counts::{Confusion, macro_f1, wilson};
pub(crate) use probability::{brier, expected_calibration_error, reliability};
pub use ranking::Roc;
pub(crate) use ranking::benign_needed;

/// One scored unit: an account, a conversation or a campaign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Score or probability; larger is more suspicious.
    pub score: f64,
    /// Whether it is extraction.
    pub extraction: bool,
}

/// A figure, or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    /// The figure.
    Value(f64),
    /// Too few units for a figure.
    Insufficient {
        /// Number of units available.
        n: u64,
        /// Units needed.
        needed: u64,
    },
}

impl Figure {
    /// Returns the figure, if there is one.
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Insufficient { .. } => None,
        }
    }
}

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}
