//! Tests of model switching: a reaction to refusals against comparisons of every prompt and gateways that retry
//! failures.

use crate::detect::tests::{Sketch, fold_observations, value_of};
use crate::domain::{Evidence, Observation, Outcome, Timestamp};

const SWITCHED: &str = "refused_then_switched_share";
const MINUTE_MICROS: i64 = 60_000_000;

/// A prompt in its own hour, sent to a model some minutes after the hour.
fn prompt(number: i64, minute: i64, model: u64, outcome: Outcome) -> Observation {
    let sketch = Sketch {
        model,
        ..Sketch::at(number)
    };
    let observation = sketch.observation();
    Observation {
        time: Timestamp::from_micros(observation.time.as_micros() + minute * MINUTE_MICROS),
        outcome,
        evidence: if outcome == Outcome::Failed {
            Evidence::Failed
        } else {
            Evidence::Asks
        },
        ..observation
    }
}

/// Forty prompts, each fourth with the outcome `first`; `second` tells after how many minutes a prompt goes to the
/// other model, by whether it had that outcome.
fn account(first: Outcome, second: impl Fn(bool) -> Option<i64>) -> f64 {
    let mut stream = Vec::new();
    for number in 0..40 {
        let special = number % 4 == 0;
        let outcome = if special { first } else { Outcome::Answered };
        stream.push(prompt(number, 0, 0, outcome));
        if let Some(minute) = second(special) {
            stream.push(prompt(number, minute, 1, Outcome::Answered));
        }
    }
    value_of(&fold_observations(stream), SWITCHED)
}

#[test]
fn a_refused_prompt_that_another_model_gets_within_minutes_is_a_reaction() {
    let switches = |refused: bool| refused.then_some(3);
    assert!((account(Outcome::Refused, switches) - 1.0).abs() < 1e-9);
    // Half an hour later is no reaction, and a gateway that tries another model after a failure none to a refusal.
    assert_eq!(
        account(Outcome::Refused, |refused| refused.then_some(30)),
        0.0
    );
    assert!(account(Outcome::Failed, switches).is_nan());
    assert_eq!(account(Outcome::Refused, |_| None), 0.0);
}

#[test]
fn a_comparison_of_every_prompt_is_no_reaction_to_the_refused_ones() {
    assert_eq!(account(Outcome::Refused, |_| Some(1)), 0.0);
}

#[test]
fn two_refusals_are_too_few() {
    let stream = (0..20).flat_map(|number| {
        let outcome = if number < 2 {
            Outcome::Refused
        } else {
            Outcome::Answered
        };
        let again = (number < 2).then(|| prompt(number, 1, 1, Outcome::Answered));
        [prompt(number, 0, 0, outcome)].into_iter().chain(again)
    });
    assert!(value_of(&fold_observations(stream), SWITCHED).is_nan());
}
