//! Trajectory harvest: requests that generate tool-use, coding-agent or computer-use trajectories over synthetic tasks.
//!
//! Why it matters: Recorded runs teach another model how to plan, call tools and recover from errors: the part of an
//! agent that is hardest to build.

use super::card::{CONTEST, NOT_USED};
use super::{DetectorCard, Direction, Maturity, Measure, Unit, wording};
use crate::domain::{Cue, Technique};

/// Card with measures of the intent to extract trajectories, and of the ordinary signs of agents and of programming.
pub(super) static CARD: DetectorCard = DetectorCard {
    technique: Technique::TrajectoryHarvest,
    maturity: Maturity::Live,
    exchanges_needed: 1,
    looks_for: "Complete runs of an agent over invented tasks: simulated users, environments and tools, or \
        programming tasks from a pool that the model should solve together with their tests, in the formats of \
        trajectory data sets.",
    false_positives: &[
        "A developer with a coding agent.",
        "A product with function calling.",
        "Tests of an agent framework against a simulated environment.",
        "Programming courses with tasks and tests.",
    ],
    not_used: NOT_USED,
    contest: CONTEST,
    measures: &[
        Measure {
            code: "trajectory_intent_mean",
            direction: Direction::Accuses,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::TrajectoryIntent),
            sentence: |observed, expected| {
                let what = "resembled published trajectory pipelines";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "tool_trajectory_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::ToolTrajectory),
            sentence: |observed, expected| {
                let what = "held tool calls, an agent loop or a simulated environment";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "code_task_mean",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Probability,
            value: |profile| profile.cues().mean(Cue::CodeTask),
            sentence: |observed, expected| {
                let what = "asked for a programming task with its solution or tests";
                wording::estimated_share(what, observed, expected)
            },
        },
        Measure {
            code: "tools_share",
            direction: Direction::Context,
            any_intent: false,
            unit: Unit::Share,
            value: |profile| profile.request_stats().tools_share(),
            sentence: |observed, expected| wording::share("offered tools", observed, expected),
        },
    ],
};
