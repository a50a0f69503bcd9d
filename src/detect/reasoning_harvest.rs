//! Reasoning harvest: requests that make the model write out the reasoning behind its answers.
//!
//! Why it matters: Written-out reasoning is the most valuable material for training a copy of a model. A few thousand
//! traces teach what would take years to discover.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Direction, Maturity, Measure, Unit, wording};
use crate::domain::{Cue, Technique};

/// Card with measures of the intent to extract reasoning, and of two forms of request that benign users share.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::ReasoningHarvest,
    maturity: Maturity::Live,
    exchanges_needed: 1,
    looks_for: "Repeated requests whose purpose is the model's reasoning itself: a finished answer for which the \
        model should write down the reasoning, a fixed instruction that forces reasoning into tags before every \
        answer, or a saved reasoning trace that the model should restore, clean or continue.",
    false_positives: &[
        "Students and tutors who ask for the steps of a solution.",
        "Benchmark runs with a prompt such as \"let's think step by step\".",
        "Developers who ask the model why it did what it did.",
        "Applications that must justify each decision to their own users.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "reasoning_intent_mean",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::ReasoningIntent),
            sentence: |observed, expected| {
                let what = "resembled published reasoning harvests";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "rationale_demand_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::RationaleDemand),
            sentence: |observed, expected| {
                let what = "demanded steps, a rationale or a thinking trace";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "reasoning_behind_answer_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::ReasoningBehindAnswer),
            sentence: |observed, expected| {
                let what = "gave an answer and asked for the reasoning behind it";
                wording::estimated_share(what, observed, expected)
            },
        },
    ],
};
