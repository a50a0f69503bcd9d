//! Policy-safe rewrites of sensitive queries, collected at scale. A draft: it measures nothing, and never changes a risk.

use super::card::{CONTEST, NOT_USED};
use super::{Detector, DetectorCard, Maturity};
use crate::domain::Technique;

/// Measures nothing yet. It would need a cue of its own, which cannot yet be told from honest moderation.
pub(super) struct SafeRewrite;

impl Detector for SafeRewrite {
    fn card(&self) -> &'static DetectorCard {
        &CARD
    }
}

pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::SafeRewrite,
    maturity: Maturity::Draft,
    exchanges_needed: u64::MAX,
    looks_for: "Not measured yet. It would need a cue of its own, which cannot yet be told from honest moderation. \
        It is meant to look for: sensitive questions, mostly political, that are to be answered or reworded \
        so that nothing sensitive is left, one after another over a list.",
    why: "Such pairs train another model to avoid subjects while it seems to answer.",
    example: "[sensitive question] + one unchanging wish for a harmless wording, over a list of such questions.",
    false_positives: &[
        "Journalists and moderators who look for careful words.",
        "Localisation of products for many markets.",
        "Research on refusals.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[],
};
