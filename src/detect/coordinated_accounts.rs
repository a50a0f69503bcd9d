//! Many accounts that act as one. A draft: it measures nothing, and never changes a risk.
//!
//! Why it matters: Large extractions are spread over thousands of accounts so that none of them stands out.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Maturity};
use crate::domain::Technique;

/// Measures nothing yet. It needs links between accounts, and a profile is of one account or of a cluster already made.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::CoordinatedAccounts,
    maturity: Maturity::Draft,
    exchanges_needed: u64::MAX,
    looks_for: "Not measured yet. It needs links between accounts, and a profile is of one account or of a cluster \
        already made. It is meant to look for: accounts that share templates, divide one data set among \
        them, or take over from a group that was closed.",
    false_positives: &[
        "The keys of one organisation.",
        "A classroom with one assignment.",
        "Users of one popular library or public prompt.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[],
};
