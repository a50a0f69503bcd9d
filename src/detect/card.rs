//! A detector's card: what it does and does not look at, in words for everybody.
//!
//! The page that customers read, `detectors show` and the console are made of these texts, so they are written with
//! the same care as the code beside them, and change with it.

use super::Measure;
use crate::domain::Technique;
use crate::profile::Profile;

/// How far a detector may be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maturity {
    /// Described, but measures nothing yet.
    Draft,
    /// Measures, and is compared with the live ones; never changes a risk.
    Shadow,
    /// Its measures are part of the risk.
    Live,
    /// No longer used; kept so that old assessments can be read.
    Retired,
}

impl Maturity {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Shadow => "shadow",
            Self::Live => "live",
            Self::Retired => "retired",
        }
    }
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
    /// Why that matters.
    pub why: &'static str,
    /// What such traffic looks like, too coarse to be used as a recipe.
    pub example: &'static str,
    /// Honest uses that look alike.
    pub false_positives: &'static [&'static str],
    /// What it never looks at.
    pub not_used: &'static str,
    /// How to contest its finding.
    pub contest: &'static str,
    /// What it measures.
    pub measures: &'static [Measure],
}

impl DetectorCard {
    /// How many measures it adds to the risk.
    pub(super) const fn live_measures(&self) -> usize {
        match self.maturity {
            Maturity::Live => self.measures.len(),
            Maturity::Draft | Maturity::Shadow | Maturity::Retired => 0,
        }
    }

    /// Whether the profile is long enough for this detector to speak.
    pub(super) fn can_measure(&self, profile: &Profile) -> bool {
        !self.measures.is_empty() && profile.seen() >= self.exchanges_needed
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
