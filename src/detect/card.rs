//! A detector's card: what it does and does not look at, in words for everybody.
//!
//! `explain` and the API answer with these texts, so they are written with the same care as the code beside them, and
//! change with it.

use super::Measure;
use crate::domain::Technique;
use crate::profile::Profile;

/// Whether a detector is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maturity {
    /// Described, but measures nothing yet.
    Draft,
    /// Measures. What its measures weigh is the bundle's to say.
    Live,
}

/// What a detector is, for the people whom it judges and for those who read its findings.
#[derive(Debug)]
pub struct DetectorCard {
    /// The technique it speaks for.
    pub technique: Technique,
    /// How far it may be trusted.
    pub maturity: Maturity,
    /// Exchanges before it says anything; `u64::MAX` in a draft, which never does.
    pub exchanges_needed: u64,
    /// What it looks for.
    pub looks_for: &'static str,
    /// Benign uses that look alike.
    pub false_positives: &'static [&'static str],
    /// What it never looks at.
    pub not_used: &'static str,
    /// How to contest its finding.
    pub contest: &'static str,
    /// What it measures.
    pub measures: &'static [Measure],
}

impl DetectorCard {
    /// How many measures it takes.
    pub(super) const fn live_measures(&self) -> usize {
        match self.maturity {
            Maturity::Live => self.measures.len(),
            Maturity::Draft => 0,
        }
    }

    /// Whether the profile is long enough for this detector to speak.
    pub(super) const fn can_measure(&self, profile: &Profile) -> bool {
        profile.seen() >= self.exchanges_needed
    }
}

/// What no detector looks at, in the words of the cards.
pub(super) const NOT_USED: &str = "Place, address, name, payment, the language or letters of the text, the hour of \
    the day, and how many requests are sent a day. Nor the prompts themselves: they became numbers and keyed digests \
    as they came in.";

/// How to contest, in the words of the cards.
pub(super) const CONTEST: &str = "Give your provider the exchange id of the assessment and say what you are building. \
    A reviewer sees the same numbers and sentences as stand in the assessment, and can label the account as benign; \
    such labels are what the next version is trained and checked with.";
