//! The same work sent to several models, or moved between them.
//!
//! What is not measured: a move on the day of a release. One account shows it, but means nothing by it: benign
//! developers put a median of all their calls on a new model within a day of first trying it. It says something only
//! when many accounts move together, which is a question for clusters. Of a guard, one account does show something: a
//! refused prompt that goes to another model.
//!
//! Why it matters: Harvests compare models to pick the best answer, and fall back to another model when one begins to
//! refuse. By itself this is weak: it counts only beside what the requests ask for.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Maturity, Measure, Unit, wording};
use crate::domain::Technique;

/// Measures how requests spread over models. Never how many there are.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::ModelSwitching,
    maturity: Maturity::Live,
    exchanges_needed: 10,
    looks_for: "The same prompt brought to several models within a day, above all after one has refused it, and \
        requests that go back and forth between models.",
    false_positives: &[
        "Developers who upgrade on the day of a release.",
        "A/B tests and side-by-side comparisons before a purchase.",
        "Routers that send easy requests to a small model and hard ones to a large one.",
        "Gateways that try the next model whenever one does not answer.",
        "Customers of an alias that points to another model over time.",
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
