//! Safe rewrite: policy-safe rewrites of sensitive queries, collected at scale.
//!
//! Why it matters: These pairs train another model to avoid subjects while it seems to answer.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Direction, Maturity, Measure, Unit, wording};
use crate::domain::{Cue, Technique};

/// Card with the measure of the intent to collect rewrites. Its head of the text model learns from our own authors and
/// from pipelines that revise answers by a list of principles: no campaign's own wording is public.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::SafeRewrite,
    maturity: Maturity::Live,
    exchanges_needed: 1,
    looks_for: "Sensitive questions, mostly political, and answers to them that the model should reword so that nothing \
        sensitive is left, one after another over a list, in the form of pairs to train with.",
    false_positives: &[
        "Journalists and moderators who look for careful words.",
        "Localisation of products for many markets.",
        "Research on refusals.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[Measure {
        code: "rewrite_intent_mean",
        direction: Direction::Accuses,
        any_intent: false,
        unit: Unit::Probability,
        value: |profile| profile.cues().mean(Cue::RewriteIntent),
        sentence: |observed, expected| {
            let what = "resembled the collection of harmless rewrites";
            wording::estimated_share(what, observed, expected)
        },
    }],
};
