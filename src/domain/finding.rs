//! What one detector measured on a profile.

use super::BaselineOf;

/// One observed quantity with what is usual beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// Stable code of the quantity, such as `reasoning_tail_share`.
    pub code: &'static str,
    /// What was seen, in the quantity's own unit.
    pub observed: f64,
    /// What is usual for the baseline.
    pub expected: f64,
    /// Whose usual it is.
    pub baseline_of: BaselineOf,
}

/// A detector's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// Too little history to say anything: neither guilt nor innocence.
    Insufficient {
        /// Exchanges seen.
        seen: u64,
        /// Exchanges needed.
        needed: u64,
    },
    /// What was measured.
    Measured {
        /// Strength of the technique's pattern in [0, 1]; not a probability of guilt.
        strength: f64,
        /// The quantities behind it.
        measurements: Vec<Measurement>,
    },
}
