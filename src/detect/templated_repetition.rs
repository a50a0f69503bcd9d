//! Templated repetition: one skeleton whose slots are swept over a data set without repeats.
//!
//! A template alone is normal: most applications have one. A sweep differs from an application in its repeats: a live
//! service receives its popular questions again, while a data set is read through once. Whether either is an extraction
//! depends on what the requests ask for, so some measures are products of both.
//!
//! Suites are the honest accounts that resemble an extraction most, and they are run again, on other days and of other
//! models, while a pool is read once. That share lowers a score, within a bound: whoever sends part of a pool twice has
//! it too, and a suite that was never run again has none.
//!
//! Why it matters: Extractions are run by programs over data sets. The sweep is visible even when each request by
//! itself looks ordinary.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Direction, Maturity, Measure, Unit, wording};
use crate::domain::Technique;
use crate::profile::{Profile, RING_LENGTH, RepeatEstimate, SpaceSaving};

/// Card with measures of templates, of repeats and of what the templated requests ask for.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::TemplatedRepetition,
    maturity: Maturity::Live,
    exchanges_needed: 8,
    looks_for: "One template filled in repeatedly with different contents and hardly any repeats, as when a data set \
        is read once from start to end, or the same prompt sampled several times within a minute of its answer; \
        especially together with requests that resemble an extraction. Requests that are asked again hours later or of \
        another model, as a suite of tests is run again, speak against it, within a stated bound.",
    false_positives: &[
        "Any application in production with one template: more than a quarter of benign ones look like this.",
        "Batch jobs over a company's own documents, such as translation, classification or extraction.",
        "Evaluations that run a benchmark once.",
        "Regenerating an answer that was not good enough.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "template_mass",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Share,
            value: template_mass,
            sentence: |observed, expected| {
                wording::share("used a template again", observed, expected)
            },
        },
        Measure {
            code: "content_repeat_share",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Share,
            value: content_repeat_share,
            sentence: |observed, expected| {
                wording::share("repeated an earlier content", observed, expected)
            },
        },
        Measure {
            code: "template_novelty",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Share,
            value: template_novelty,
            sentence: |observed, expected| {
                let what = "filled the main template with a content seen only once";
                wording::share_of(what, "its uses", observed, expected)
            },
        },
        Measure {
            code: "repeat_deficit",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Ratio,
            value: repeat_deficit,
            sentence: |observed, expected| {
                let what = "a live service would have repeated its contents";
                wording::count(what, "times as often", observed, expected)
            },
        },
        Measure {
            code: "sweep_chance",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: sweep_chance,
            sentence: |observed, expected| {
                let what = "a live service would repeat its contents as little";
                wording::chance(what, observed, expected)
            },
        },
        Measure {
            code: "n_best_share",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Share,
            value: n_best_share,
            sentence: |observed, expected| {
                let what = "asked an answered prompt again within a minute";
                wording::share(what, observed, expected)
            },
        },
        Measure {
            code: "suite_rerun_share",
            direction: Direction::Clears,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.reruns().rerun_share(),
            sentence: |observed, expected| {
                let what = "asked the same again six or more hours later, or of another model,";
                wording::share_of(what, "different requests", observed, expected)
            },
        },
        Measure {
            code: "within_similarity",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Index,
            value: within_similarity,
            sentence: |observed, expected| {
                wording::index("requests resemble each other", observed, expected)
            },
        },
        Measure {
            code: "skeleton_ratio",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Share,
            value: skeleton_ratio,
            sentence: |observed, expected| {
                wording::share("brought a new wording", observed, expected)
            },
        },
        Measure {
            code: "templated_intent",
            direction: Direction::Accuses,
            any_intent: true,
            unit: Unit::Index,
            value: |profile| Some(template_mass(profile)? * profile.cues().intent_mean()?),
            sentence: |observed, expected| {
                let what = "use of templates together with resemblance to a harvest";
                wording::index(what, observed, expected)
            },
        },
        Measure {
            code: "swept_intent",
            direction: Direction::Accuses,
            any_intent: true,
            unit: Unit::Index,
            value: |profile| {
                let fresh = 1.0 - content_repeat_share(profile)?;
                Some(template_mass(profile)? * fresh * profile.cues().intent_mean()?)
            },
            sentence: |observed, expected| {
                let what =
                    "a template swept without repeats together with resemblance to a harvest";
                wording::index(what, observed, expected)
            },
        },
    ],
};

/// Effective number of contents that users of a live service choose from: the inverse of the probability that two
/// requests have the same content. An assumption, stated here; the fusion learns how far benign accounts are from it.
const TYPICAL_CATALOGUE: f64 = 1000.0;

/// Minimum contents sampled under the main template before they are measured.
const CONTENTS_NEEDED: u64 = 5;

/// Returns the share of exchanges, excluding the first, that certainly reuse a tracked template, by whichever of
/// skeleton, head or tail explains most.
///
/// Counting each template's first use would make 16 unlike requests look like 16 templates.
pub(super) fn template_mass(profile: &Profile) -> Option<f64> {
    let hitters = profile.heavy_hitters();
    [hitters.skeletons(), hitters.heads(), hitters.tails()]
        .into_iter()
        .filter_map(used_again)
        .reduce(f64::max)
}

fn used_again<const K: usize>(templates: &SpaceSaving<K>) -> Option<f64> {
    let tracked = templates.tracked().iter();
    let again: u64 = tracked
        .map(|hitter| u64::from(hitter.certain().saturating_sub(1)))
        .sum();
    (templates.total() > 1).then(|| again as f64 / (templates.total() - 1) as f64)
}

/// Returns the share of exchanges whose content occurred before, over all traffic.
fn content_repeat_share(profile: &Profile) -> Option<f64> {
    profile.distinct().repeats().repeat_share()
}

/// Returns the Good-Turing probability that the next content under the main template is new.
fn template_novelty(profile: &Profile) -> Option<f64> {
    main_template(profile)?.novelty()
}

/// Returns the repeats expected of a typical live service under the main template, divided by the observed repeats,
/// each count raised by 1.
///
/// With popularities spread exponentially over a catalogue of effective size C, n draws repeat n^2 / (2 C + n) times
/// in expectation (a negative binomial of shape 1 per content). So a sweep's ratio is 1 at the start and grows with
/// n: evidence, not a rate.
fn repeat_deficit(profile: &Profile) -> Option<f64> {
    let contents = main_template(profile)?;
    Some((1.0 + expected_repeats(&contents)) / (1.0 + contents.repeats()))
}

/// Returns `r(n)`: the repeats expected of a live service after the same number of uses.
fn expected_repeats(contents: &RepeatEstimate) -> f64 {
    let uses = contents.values + contents.repeats();
    uses * uses / (2.0 * TYPICAL_CATALOGUE + uses)
}

/// Returns the probability that a live service repeats this little under the main template: `P(NB <= observed)` for a
/// negative binomial of mean `r(n)` and shape 1, in closed form `1 - (r / (1 + r))^(observed + 1)`.
///
/// Shape 1: services differ in their repeats by as much as their mean. Of 46 simulated benign accounts with 20 or more
/// uses (300 accounts of `eval/scenarios/smoke.toml`, seed 3) none was below 0.7, and with a catalogue of 100 none
/// below 0.15; a catalogue fitted to them would be smaller still, because the lists of questions in that small scenario
/// are short. The larger one is kept: it errs towards calling nothing a sweep, since it takes some 200 uses without a
/// repeat to fall below 0.05. Falls with exposure when nothing repeats: evidence, not a rate. Cost: one power.
fn sweep_chance(profile: &Profile) -> Option<f64> {
    let contents = main_template(profile)?;
    let expected = expected_repeats(&contents);
    let ratio = expected / (1.0 + expected);
    Some(1.0 - ratio.powf(contents.repeats() + 1.0))
}

/// Returns the repeats under the heaviest skeleton; `None` when too few were sampled. Slots that the skeleton's mask
/// misses make every skeleton unique: these templates are visible in [`template_mass`] through their head or tail, not
/// here.
fn main_template(profile: &Profile) -> Option<RepeatEstimate> {
    let main = profile.heavy_hitters().skeletons().tracked().first()?;
    let contents = profile.distinct().repeats_under(main.digest);
    (contents.sampled_occurrences >= CONTENTS_NEEDED).then_some(contents)
}

/// Returns the share of exchanges that repeat an answered prompt within a minute: over the whole history or, if
/// greater, among the latest 32, which covers repeats across the members of a cluster.
fn n_best_share(profile: &Profile) -> Option<f64> {
    let ring = profile.repeat_ring();
    let window = profile.texts_read().min(RING_LENGTH as u64) as f64;
    let life = ring.repeat_share()?;
    Some(life.max(ring.live_repeats() as f64 / window))
}

/// Returns the mean similarity of two requests of the account.
fn within_similarity(profile: &Profile) -> Option<f64> {
    // The estimate is unbiased, so unlike requests may be slightly below 0, and rounding may put copies above 1.
    let similarity = profile.mean_embedding().within_similarity()?;
    Some(similarity.clamp(0.0, 1.0))
}

/// Returns the distinct skeletons per exchange, with the 13% standard error of their count. Context only: any account's
/// wordings recur over time, so the share falls with exposure.
fn skeleton_ratio(profile: &Profile) -> Option<f64> {
    let distinct = profile.distinct().distinct_skeletons();
    (profile.texts_read() > 0).then(|| (distinct / profile.texts_read() as f64).min(1.0))
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "shares of a whole sample are exact")]
mod tests;
