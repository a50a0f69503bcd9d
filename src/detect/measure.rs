//! A measure: one number computed from a profile, with the sentence that explains it.

use crate::profile::Profile;

/// The unit of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Share of exchanges, 0 to 1.
    Share,
    /// Mean over exchanges of the text model's probability, 0 to 1.
    Probability,
    /// Mean of log-odds, each within +-12.
    LogOdds,
    /// A count; may be fractional when it is an effective number.
    Count,
    /// Ratio of two quantities; above 0.
    Ratio,
    /// An index on its own scale from 0 to 1.
    Index,
}

impl Unit {
    /// Returns the least and the greatest value of a measure in this unit.
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::Share | Self::Probability | Self::Index => (0.0, 1.0),
            Self::LogOdds => (-12.0, 12.0),
            Self::Count | Self::Ratio => (0.0, f64::INFINITY),
        }
    }
}

/// What a higher value of a measure may do to the score of the fusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It can only be evidence for the technique, so a term may never decrease.
    Accuses,
    /// It can only be evidence of honest use, so a term may never increase and is 0 at its start. It is bounded below
    /// by [`CLEARING_LIMIT`]: whoever is assessed can see what clears and imitate it.
    Clears,
    /// Neither: it is context for the reader.
    Context,
}

/// The most that all uses of one clearing measure may take from a score, in log-odds: a factor of about 2.7 in the
/// odds. It moves an account behind others in a queue and never acquits one whose requests say what they are for.
pub(crate) const CLEARING_LIMIT: f64 = -1.0;

/// One measured quantity. It means the same after 5 exchanges and after 500, unless its documentation says otherwise.
#[derive(Debug)]
pub struct Measure {
    /// Stable code, unique among all detectors.
    pub code: &'static str,
    /// What a higher value may do to the score.
    pub direction: Direction,
    /// Whether it covers all four intents together. Its contribution is divided among their techniques in proportion to
    /// the amount of each intent.
    pub any_intent: bool,
    /// Unit of the value.
    pub unit: Unit,
    /// Computes the value from a profile; `None` when nothing can be measured, otherwise finite and within the unit's
    /// range.
    pub value: fn(&Profile) -> Option<f64>,
    /// Writes one plain sentence that compares the observed value with the one typical of benign accounts, where known.
    pub sentence: fn(observed: f64, typical: Option<f64>) -> String,
}
