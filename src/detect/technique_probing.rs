//! Technique probing: many attempts at extraction phrasings, mostly refused.
//!
//! Refusals alone would flag curious users, and those whose benign subject triggers a filter. So the detector measures
//! what was refused, in how many phrasings, and whether nearly the same request was then tried in other words. Where
//! the provider names what it refused, its word counts and the text does not.
//!
//! Text that only a machine reads is context here: whoever hides what they ask has looked for a way past a filter.
//!
//! Why it matters: Probing precedes an extraction: the phrasing that works is then run at scale.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Direction, Maturity, Measure, Unit, wording};
use crate::domain::Technique;
use crate::profile::Profile;

/// Card with measures of refusals, of the refused requests and of those that followed, and of unreadable text.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::TechniqueProbing,
    maturity: Maturity::Live,
    exchanges_needed: 8,
    looks_for: "Repeated requests that resemble an extraction and are refused, in many phrasings, and refused requests \
        that are repeated with small variations within an hour. Only where the log records which requests were \
        refused; the provider's word for why counts before the text.",
    false_positives: &[
        "Security researchers under an agreed programme: the numbers are the same, and only the agreement \
            distinguishes them.",
        "Teams that test their own guard.",
        "Curious people who saw a phrasing somewhere.",
        "People whose benign request triggers a filter and who reword it more carefully.",
        "Talk about a model's shown reasoning that a provider refuses by mistake as an extraction.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "refused_share",
            direction: Direction::Context,
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
            direction: Direction::Accuses,
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
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Share,
            value: reworded_refusal_share,
            sentence: |observed, expected| {
                let what = "tried a refused request again in other words";
                wording::share(what, observed, expected)
            },
        },
        Measure {
            code: "extraction_refused_share",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Share,
            value: extraction_refused_share,
            sentence: |observed, expected| {
                let things = "requests whose outcome is known";
                wording::share_of("was refused as an extraction", things, observed, expected)
            },
        },
        Measure {
            code: "probing_breadth",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Index,
            value: probing_breadth,
            sentence: |observed, expected| {
                let what = "variety of phrasings among refused attempts at an extraction";
                wording::index(what, observed, expected)
            },
        },
        Measure {
            code: "refusal_retry_share",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Share,
            value: refusal_retry_share,
            sentence: |observed, expected| {
                let what = "asked the same model again within an hour what it had refused,";
                wording::share_of(what, "refusals", observed, expected)
            },
        },
        Measure {
            code: "unreadable_share",
            direction: Direction::Context,
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

/// Returns the share of requests of known outcome that the provider's own category calls refused extractions; `None`
/// when no refusal has a category.
fn extraction_refused_share(profile: &Profile) -> Option<f64> {
    let refused = profile.request_stats().refused_share()?;
    let named = profile.refusals().named_extraction()?;
    let count = profile.request_stats().refused();
    (count > 0).then(|| refused * (f64::from(named) / count as f64).min(1.0))
}

/// Number of phrasings that someone tries who does not probe: one, reworded once or twice.
const PHRASINGS_HONEST: f64 = 3.0;
/// Number of further phrasings that count half.
const PHRASINGS_HALF: f64 = 8.0;

/// Returns the phrasings of refused extractions beyond three, on a scale on which eight more are half of all, times the
/// share of the refusals that are extractions. It grows with exposure as long as new phrasings are tried: evidence, not
/// a rate. `None` when no outcome is known.
fn probing_breadth(profile: &Profile) -> Option<f64> {
    profile.request_stats().refused_share()?;
    let (refusals, refused) = (profile.refusals(), profile.request_stats().refused());
    let beyond = (refusals.phrasings() - PHRASINGS_HONEST).max(0.0);
    let share = (f64::from(refusals.extraction()) / refused.max(1) as f64).min(1.0);
    Some(share * beyond / (beyond + PHRASINGS_HALF))
}

/// Returns the retries of refused prompts for each refusal; `None` when nothing was refused.
fn refusal_retry_share(profile: &Profile) -> Option<f64> {
    let refused = profile.request_stats().refused();
    (refused > 0).then(|| (f64::from(profile.refusals().retried()) / refused as f64).min(1.0))
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "shares of nothing are exactly 0")]
mod tests;
