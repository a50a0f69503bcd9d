//! Many extraction phrasings tried, mostly refused.
//!
//! Refusals alone accuse the curious, and those whose benign subject meets a filter. So it counts what was refused, and
//! whether nearly the same was then tried in other words.
//!
//! Why it matters: Probing comes before an extraction: what works is then run at scale.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Maturity, Measure, Unit, wording};
use crate::domain::Technique;
use crate::profile::Profile;

/// Measures refusals, what was refused and what came next.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::TechniqueProbing,
    maturity: Maturity::Live,
    exchanges_needed: 8,
    looks_for: "Request after request that reads as a harvest and is refused, and refused requests that come again in \
        small variations within the hour. Only where the log says which requests were refused.",
    false_positives: &[
        "Security researchers under an agreed programme: the numbers are the same, and only the agreement tells them \
            apart.",
        "Teams that test their own guard.",
        "Curious people who saw a phrasing somewhere.",
        "People whose honest request meets a filter and who word it more carefully.",
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
    ],
};

/// Refused requests, each counted by the probability of its strongest intent, per request of known outcome.
fn refused_intent_share(profile: &Profile) -> Option<f64> {
    let refused = profile.request_stats().refused_share()?;
    let count = profile.request_stats().refused();
    if count == 0 {
        return Some(0.0);
    }
    // Sums in steps of 2^-24 may round a little above the count.
    Some(refused * (profile.refusals().intent() / count as f64).min(1.0))
}

/// `None` where no outcome is known: then nothing says that nothing was refused.
fn reworded_refusal_share(profile: &Profile) -> Option<f64> {
    profile.request_stats().refused_share()?;
    Some(profile.refusals().reworded() as f64 / profile.seen() as f64)
}
