//! Safe rewrite: policy-safe rewrites of sensitive queries, collected at scale. A draft: it measures nothing and never
//! changes a risk.
//!
//! Why it matters: These pairs train another model to avoid subjects while it seems to answer.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Maturity};
use crate::domain::Technique;

/// A draft without measures. No head of the text model detects these rewrites: in this technique's scenario
/// (`tests/scenarios`) every cue except that of the output format stays below 0.1, as it does for a moderator. The
/// remaining signal, one template over a list, is measured by `templated_repetition` and is not specific to this
/// technique.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::SafeRewrite,
    maturity: Maturity::Draft,
    exchanges_needed: u64::MAX,
    looks_for: "Not measured yet. It needs a cue of its own, for which the text model has no head: with the current \
        measures, these rewrites and benign moderation look the same. It is intended to look for sensitive \
        questions, mostly political, that the model should answer or reword so that nothing sensitive is left, one \
        after another over a list.",
    false_positives: &[
        "Journalists and moderators who look for careful words.",
        "Localisation of products for many markets.",
        "Research on refusals.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[],
};
