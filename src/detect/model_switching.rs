//! Model switching: the same work sent to several models, or moved between them.
//!
//! Not measured: a move on the day of a release. It is visible in one account but is no evidence there: benign
//! developers put a median of all their calls on a new model within a day of first trying it. It is evidence only when
//! many accounts move together, which requires clusters. A reaction to a guard is visible in one account: a refused
//! prompt that is sent to another model.
//!
//! Why it matters: Extractions compare models to pick the best answer, and fall back to another model when one begins
//! to refuse. By itself this is weak evidence: it counts only together with what the requests ask for.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Maturity, Measure, Unit, wording};
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
        "Gateways that try the next model when one does not answer.",
        "Customers of an alias that points to different models over time.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "model_switch_share",
            monotone: false,
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
            monotone: true,
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
            monotone: true,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.model_mix().refusal_moved_share(),
            sentence: |observed, expected| {
                let what = "brought a refused prompt to another model within a day";
                wording::share(what, observed, expected)
            },
        },
        Measure {
            code: "models_in_use",
            monotone: false,
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
