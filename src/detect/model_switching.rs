//! Model switching: the same work sent to several models, or moved between them.
//!
//! Not measured: a move on the day of a release. It is visible in one account but is no evidence there: benign
//! developers put a median of all their calls on a new model within a day of first trying it. It is evidence only when
//! many accounts move together, which requires clusters. A reaction to a guard is visible in one account: a refused
//! prompt that is sent to another model. Where every prompt goes to several models, the refused ones do so too: what
//! counts is by how much more often they do than the answered ones.
//!
//! Why it matters: Extractions compare models to pick the best answer, and fall back to another model when one begins
//! to refuse. By itself this is weak evidence: it counts only together with what the requests ask for.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Direction, Maturity, Measure, Unit, wording};
use crate::domain::Technique;

/// Card with measures of how requests are distributed over models, never of how many requests there are.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::ModelSwitching,
    maturity: Maturity::Live,
    exchanges_needed: 10,
    looks_for: "The same prompt sent to several models within a day, especially after one has refused it, and \
        requests that switch back and forth between models.",
    false_positives: &[
        "Developers who upgrade on the day of a release.",
        "A/B tests and side-by-side comparisons before a purchase.",
        "Routers that send easy requests to a small model and hard ones to a large one.",
        "Gateways that try the next model when one does not answer, or refuses.",
        "Customers of an alias that points to different models over time.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "model_switch_share",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.model_mix().switch_share(),
            sentence: |observed, expected| {
                let what = "changed the model from one request to the next";
                wording::share(what, observed, expected)
            },
        },
        Measure {
            code: "prompt_moved_share",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.model_mix().moved_share(),
            sentence: |observed, expected| {
                let what = "brought a prompt to one more model within a day";
                wording::share(what, observed, expected)
            },
        },
        Measure {
            code: "refusal_moved_share",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.model_mix().refusal_moved_share(),
            sentence: |observed, expected| {
                let what = "brought a refused prompt to another model within a day";
                wording::share(what, observed, expected)
            },
        },
        Measure {
            code: "refused_then_switched_share",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.model_mix().switched_after_refusal(),
            sentence: |observed, expected| {
                let what = "took a prompt to another model within minutes because the first one refused it,";
                wording::share_of(what, "refused prompts", observed, expected)
            },
        },
        Measure {
            code: "models_in_use",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Count,
            value: |profile| profile.model_mix().models().effective_number(),
            sentence: |observed, expected| {
                let what = "spread its requests as if evenly over";
                wording::count(what, "models", observed, expected)
            },
        },
    ],
};

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "shares of nothing are exactly 0")]
mod tests;
