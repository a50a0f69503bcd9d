//! Reward-model harvest: requests that use the model as a reward model, for grading, preference or critique at scale.
//!
//! Why it matters: A stream of judgements is a reward signal for training another model: the judge's preferences are
//! copied without its answers.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Direction, Maturity, Measure, Unit, wording};
use crate::domain::{Cue, Technique};

/// Card with measures of the intent to extract judgements, and of three forms of judging that benign users share.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::RewardModelHarvest,
    maturity: Maturity::Live,
    exchanges_needed: 1,
    looks_for: "Repeated use of the model as a judge of other models' answers: scores by a rubric, choices between \
        two answers, critiques with a revised answer, in the formats of preference data sets.",
    false_positives: &[
        "A team's own regression suite with a model as the judge.",
        "Teachers who grade essays by a rubric.",
        "Moderation and quality checks of a running product.",
        "Research that compares models and publishes the result.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "reward_intent_mean",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::RewardIntent),
            sentence: |observed, expected| {
                let what = "resembled published reward-model pipelines";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "rubric_grading_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::RubricGrading),
            sentence: |observed, expected| {
                wording::estimated_share("asked for a grade by a rubric", observed, expected)
            },
        },
        Measure {
            code: "pairwise_preference_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::PairwisePreference),
            sentence: |observed, expected| {
                let what = "asked which of several answers is better";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "critique_revise_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::CritiqueRevise),
            sentence: |observed, expected| {
                let what = "asked to criticise and revise an answer";
                wording::estimated_share(what, observed, expected)
            },
        },
    ],
};
