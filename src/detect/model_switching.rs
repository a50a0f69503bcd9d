//! The same work sent to several models, or moved between them.
//!
//! What a profile cannot show: a move on the day of a release. Honest developers move that day too, so it means
//! something only when many accounts move together.

use super::card::{CONTEST, NOT_USED};
use super::{Detector, DetectorCard, Maturity, Measure, Unit, wording};
use crate::domain::Technique;
use crate::profile::Profile;

/// Measures how requests spread over models. Never how many there are.
pub(super) struct ModelSwitching;

impl Detector for ModelSwitching {
    fn card(&self) -> &'static DetectorCard {
        &CARD
    }
}

pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::ModelSwitching,
    maturity: Maturity::Live,
    exchanges_needed: 10,
    looks_for: "The same prompt brought to several models within a day, and requests that go back and forth between \
        models.",
    why: "Harvests compare models to pick the best answer, and fall back to another model when one begins to refuse. \
        By itself this is weak: it counts only beside what the requests ask for.",
    example: "[prompt] to model A, the same [prompt] to model B a minute later, for every prompt of a pool.",
    false_positives: &[
        "Developers who upgrade on the day of a release.",
        "A/B tests and side-by-side comparisons before a purchase.",
        "Routers that send easy requests to a small model and hard ones to a large one.",
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
            code: "models_in_use",
            monotone: false,
            any_intent: false,
            unit: Unit::Count,
            value: models_in_use,
            sentence: |observed, expected| {
                let what = "spread its requests as if evenly over";
                wording::count(what, "models", observed, expected)
            },
        },
    ],
};

/// The effective number of models: one over the chance that two requests go to the same. Unlike the number of models
/// ever tried, it does not grow with exposure. At most four are tracked.
fn models_in_use(profile: &Profile) -> Option<f64> {
    let models = profile.model_mix().models().tracked();
    let counts = || models.iter().map(|model| f64::from(model.count));
    let total: f64 = counts().sum();
    let squares: f64 = counts().map(|count| count * count).sum();
    (squares > 0.0).then(|| total * total / squares)
}
