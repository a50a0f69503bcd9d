//! A detector's card: a plain-language description of what the detector does and does not look at.
//!
//! `explain` and the API return these texts, so they are written with the same care as the code, and change with it.

use super::Measure;
use crate::domain::Technique;
use crate::profile::Profile;

/// Whether a detector is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maturity {
    /// Described, but measures nothing yet.
    Draft,
    /// In use. The weight of its measures is defined by the bundle.
    Live,
}

/// The description of a detector, for the people whose accounts it assesses and for those who read its results.
#[derive(Debug)]
pub struct DetectorCard {
    /// The technique that it detects.
    pub technique: Technique,
    /// Whether it is in use.
    pub maturity: Maturity,
    /// Minimum exchanges of an account before it measures anything; `u64::MAX` in a draft, which never does.
    pub exchanges_needed: u64,
    /// Description of the behaviour that it looks for.
    pub looks_for: &'static str,
    /// Benign uses that look alike.
    pub false_positives: &'static [&'static str],
    /// Description of the data that it never looks at.
    pub not_used: &'static str,
    /// How to contest a result.
    pub contest: &'static str,
    /// Its measures.
    pub measures: &'static [Measure],
}

impl DetectorCard {
    /// Returns the number of measures in use.
    pub(super) const fn live_measures(&self) -> usize {
        match self.maturity {
            Maturity::Live => self.measures.len(),
            Maturity::Draft => 0,
        }
    }

    /// Returns whether the profile has enough judged exchanges for this detector.
    pub(super) const fn can_measure(&self, profile: &Profile) -> bool {
        profile.judged() >= self.exchanges_needed
    }
}

/// Card text: the data that no detector looks at.
pub(super) const NOT_USED: &str = "Location, address, name, payment, the language or script of the text, the hour of \
    the day, and the number of requests per day. Nor the prompts themselves: they are converted to numbers and keyed \
    digests on receipt.";

/// Card text: how to contest a result.
pub(super) const CONTEST: &str = "Give your provider the exchange id of the assessment and describe what you are \
    building. A reviewer sees the same numbers and sentences as in the assessment, and can label the account as \
    benign; the next version is trained and evaluated with these labels.";
