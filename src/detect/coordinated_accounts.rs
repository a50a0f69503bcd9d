//! Coordinated accounts: many accounts that act as one. A draft: it measures nothing and never changes a risk.
//!
//! Why it matters: Large extractions are spread over thousands of accounts so that none of them is conspicuous.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Maturity};
use crate::domain::Technique;

/// A draft without measures. It needs links between accounts, and a profile covers one account or an existing cluster.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::CoordinatedAccounts,
    maturity: Maturity::Draft,
    exchanges_needed: u64::MAX,
    looks_for: "Not measured yet. It needs links between accounts, and a profile covers one account or an existing \
        cluster. It is intended to look for accounts that share templates, divide one data set among themselves, or \
        replace a group of accounts that was closed.",
    false_positives: &[
        "The keys of one organisation.",
        "A classroom with one assignment.",
        "Users of one popular library or public prompt.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[],
};
