//! Policy-safe rewrites of sensitive queries, collected at scale. A draft: it measures nothing, and never changes a risk.
//!
//! Why it matters: Such pairs train another model to avoid subjects while it seems to answer.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Maturity};
use crate::domain::Technique;

/// Measures nothing yet. No head of the text model reads such rewrites: in this technique's scenario
/// (`tests/scenarios`) every cue but that of the output's format stays below 0.1, as it does for a moderator. What is
/// left, one template over a list, is measured by `templated_repetition` and says nothing of this technique.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::SafeRewrite,
    maturity: Maturity::Draft,
    exchanges_needed: u64::MAX,
    looks_for: "Not measured yet. It needs a cue of its own, for which the text model has no head: by what is \
        measured now, such rewrites and honest moderation look the same. It is meant to look for: sensitive questions, mostly political, that are to be answered or reworded \
        so that nothing sensitive is left, one after another over a list.",
    false_positives: &[
        "Journalists and moderators who look for careful words.",
        "Localisation of products for many markets.",
        "Research on refusals.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[],
};
