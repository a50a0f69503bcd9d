//! Dataset synthesis: requests that build a data set, and resemblance to any extraction pipeline.
//!
//! Every extraction builds a data set, whatever it extracts. So the measures of the strongest intent, whichever it is,
//! are defined here; those of one kind of extraction are in its own file.
//!
//! Why it matters: Instruction data written by a strong model is the cheapest way to transfer its abilities to another
//! one, against the terms under which the answers were given.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Direction, Maturity, Measure, Unit, wording};
use crate::domain::{Cue, Technique};

/// Card with measures of the intent to build a data set, of any extraction intent, and of five forms of request that
/// benign users share.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::DatasetSynthesis,
    maturity: Maturity::Live,
    exchanges_needed: 1,
    looks_for: "Requests that build training data: instructions that are invented or made harder step by step, texts \
        from the perspective of many invented people, questions generated from passages, answers collected over a \
        pool of prompts. It also covers what all extractions have in common: how much the requests resemble any \
        published pipeline, on average and in the few that resemble one most.",
    false_positives: &[
        "Someone who generates test data for their own product.",
        "Exam and quiz writers.",
        "Writers who work with characters and personas.",
        "Customer-service teams that draft questions and answers from their own handbook.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "synthesis_intent_mean",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::SynthesisIntent),
            sentence: |observed, expected| {
                let what = "resembled published pipelines that build data sets";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "any_intent_mean",
            direction: Direction::Accuses,
            any_intent: true,
            unit: Unit::Probability,
            value: |profile| profile.cues().intent_mean(),
            sentence: |observed, expected| {
                let what = "resembled some published harvesting pipeline";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "intent_tail",
            direction: Direction::Accuses,
            any_intent: true,
            unit: Unit::LogOdds,
            value: |profile| profile.cues().intent_tail(),
            sentence: |observed, expected| {
                let what = "the tenth of its requests that most resembles published harvesting pipelines does so";
                wording::odds(what, observed, expected)
            },
        },
        Measure {
            code: "close_requests",
            direction: Direction::Accuses,
            any_intent: true,
            unit: Unit::Count,
            value: |profile| Some(profile.cues().requests_from(CLOSE)),
            sentence: |observed, expected| {
                let what = "closely resembled some published harvesting pipeline in about";
                wording::count(what, "requests", observed, expected)
            },
        },
        Measure {
            code: "instruction_writing_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::InstructionWriting),
            sentence: |observed, expected| {
                let what = "asked to write or rewrite instructions";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "question_from_passage_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::QuestionFromPassage),
            sentence: |observed, expected| {
                let what = "asked for questions and answers out of a passage";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "persona_seeded_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::PersonaSeeded),
            sentence: |observed, expected| {
                let what = "gave a persona, character or seed to write from";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "dataset_format_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::DatasetFormat),
            sentence: |observed, expected| {
                let what = "asked for output in the format of a data set";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "benchmark_item_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::BenchmarkItem),
            sentence: |observed, expected| {
                let what = "held an item of a benchmark or an exam";
                wording::estimated_share(what, observed, expected)
            },
        },
    ],
};

/// Log-odds from which a request closely resembles a pipeline: a probability of 0.9.
const CLOSE: f64 = 2.2;
