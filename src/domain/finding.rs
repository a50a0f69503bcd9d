//! What one detector measured on a profile.

/// One observed quantity. What is usual for it is learned, not written in the detector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// Stable code of the quantity, such as `reasoning_tail_share`.
    pub code: &'static str,
    /// What was seen, in the quantity's own unit; `None` where nothing could be measured.
    pub observed: Option<f64>,
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
    Measured(Vec<Measurement>),
}
