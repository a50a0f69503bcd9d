//! Technique probing: many attempts at extraction phrasings, mostly refused.
//!
//! Refusals alone would flag curious users, and those whose benign subject triggers a filter. So the detector measures
//! what was refused, and whether nearly the same request was then tried in other words.
//!
//! Text that only a machine reads is context here: whoever hides what they ask has looked for a way past a filter.
//!
//! Why it matters: Probing precedes an extraction: the phrasing that works is then run at scale.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Maturity, Measure, Unit, wording};
use crate::domain::Technique;
use crate::profile::Profile;

/// Card with measures of refusals, of the refused requests and of those that followed, and of unreadable text.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::TechniqueProbing,
    maturity: Maturity::Live,
    exchanges_needed: 8,
    looks_for: "Repeated requests that resemble an extraction and are refused, and refused requests that are repeated \
        with small variations within an hour. Only where the log records which requests were refused.",
    false_positives: &[
        "Security researchers under an agreed programme: the numbers are the same, and only the agreement \
            distinguishes them.",
        "Teams that test their own guard.",
        "Curious people who saw a phrasing somewhere.",
        "People whose benign request triggers a filter and who reword it more carefully.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "refused_share",
            monotone: false,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.request_stats().refused_share(),
            sentence: |observed, expected| {
                let things = "requests whose outcome is known";
                wording::share_of("was refused", things, observed, expected)
            },
        },
        Measure {
            code: "refused_intent_share",
            monotone: true,
            any_intent: false,
            unit: Unit::Probability,
            value: refused_intent_share,
            sentence: |observed, expected| {
                let what = "resembled a harvest and was refused";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "reworded_refusal_share",
            monotone: true,
            any_intent: false,
            unit: Unit::Share,
            value: reworded_refusal_share,
            sentence: |observed, expected| {
                let what = "tried a refused request again in other words";
                wording::share(what, observed, expected)
            },
        },
        Measure {
            code: "unreadable_share",
            monotone: false,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.request_stats().unreadable_share(),
            sentence: |observed, expected| {
                let what = "disguised text, or encoded it so that nobody can read it,";
                wording::share_of(what, "the characters", observed, expected)
            },
        },
    ],
};

/// Returns the refused requests, weighted by the probability of their strongest intent, per request of known outcome.
fn refused_intent_share(profile: &Profile) -> Option<f64> {
    let refused = profile.request_stats().refused_share()?;
    let count = profile.request_stats().refused();
    if count == 0 {
        return Some(0.0);
    }
    // Sums in steps of 2^-24 may round a little above the count.
    Some(refused * (profile.refusals().intent() / count as f64).min(1.0))
}

/// Returns the share of requests that reword a refused one; `None` when no outcome is known, because then it is also
/// unknown whether anything was refused.
fn reworded_refusal_share(profile: &Profile) -> Option<f64> {
    profile.request_stats().refused_share()?;
    Some(profile.refusals().reworded() as f64 / profile.texts_read() as f64)
}
