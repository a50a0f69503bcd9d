//! Tests of templated repetition: sweeps against live services, harvests against suites that are run again.

use crate::detect::tests::{Sketch, fold, fold_observations, value_of};
use crate::detect::{Direction, MeasureIndex};
use crate::domain::{Observation, Outcome, Timestamp};
use crate::profile::Profile;

#[test]
fn a_harvest_stands_out_and_an_benign_template_does_not() {
    let extraction: Vec<Sketch> = (0..200)
        .map(|hour| Sketch {
            intent: 0.95,
            ..Sketch::at(hour)
        })
        .collect();
    // The same template with popular contents, each asked eight times or so.
    let benign: Vec<Sketch> = (0..200)
        .map(|hour| Sketch {
            content: hour as u64 * 7 % 25,
            ..Sketch::at(hour)
        })
        .collect();
    let (extraction, benign) = (fold(&extraction), fold(&benign));
    assert!(
        (value_of(&extraction, "template_mass") - value_of(&benign, "template_mass")).abs() < 1e-9
    );
    for code in [
        "reasoning_intent_mean",
        "reward_intent_mean",
        "intent_tail",
        "close_requests",
        "templated_intent",
        "swept_intent",
        "template_novelty",
        "repeat_deficit",
    ] {
        let (guilty, innocent) = (value_of(&extraction, code), value_of(&benign, code));
        assert!(guilty > innocent, "{code}: {guilty} and {innocent}");
    }
    assert!(value_of(&benign, "template_novelty") < 0.1);
    assert!(value_of(&benign, "content_repeat_share") > 0.8);
    assert!(value_of(&benign, "repeat_deficit") < 1.0);
    assert!(value_of(&extraction, "repeat_deficit") > 10.0);
}

#[test]
fn unlike_requests_never_look_templated() {
    for length in [2, 8, 16, 60, 300] {
        let unlike: Vec<Sketch> = (0..length)
            .map(|hour| Sketch {
                skeleton: 1000 + hour as u64,
                ..Sketch::at(hour)
            })
            .collect();
        let unlike = fold(&unlike);
        let value = |code: &str| {
            let measure = MeasureIndex::of_code(code).expect("a measure").measure();
            (measure.value)(&unlike)
        };
        let mass = value("template_mass");
        assert!(
            mass.is_some_and(|mass| mass.abs() < 1e-9),
            "{length}: {mass:?}"
        );
        // Nothing is a template, so nothing about a template can be measured.
        assert_eq!(value("template_novelty"), None, "{length}");
        assert_eq!(value("repeat_deficit"), None, "{length}");
    }
}

/// Two members that each sample a prompt once look benign; as a cluster they sample it twice.
#[test]
fn n_best_sampling_shows_across_the_members_of_a_cluster() {
    let member: Vec<Sketch> = (0..20).map(Sketch::at).collect();
    let mut cluster = fold(&member);
    assert!(value_of(&cluster, "n_best_share").abs() < 1e-9);
    cluster.merge(&fold(&member));
    assert!(value_of(&cluster, "n_best_share") > 0.4);
}

/// Sends `items` in each of `runs`, half a minute apart; `model` chooses a model by run and item.
fn suite(runs: &[i64], items: u64, model: impl Fn(usize, u64) -> u64) -> Profile {
    let mut stream = Vec::new();
    for (run, hour) in runs.iter().enumerate() {
        for item in 0..items {
            let sketch = Sketch {
                content: item,
                model: model(run, item),
                ..Sketch::at(*hour)
            };
            let mut observation = sketch.observation();
            let micros = observation.time.as_micros() + item as i64 * 30_000_000;
            observation.time = Timestamp::from_micros(micros);
            stream.push(observation);
        }
    }
    fold_observations(stream)
}

const RERUNS: &str = "suite_rerun_share";

#[test]
fn a_suite_that_is_run_again_is_told_from_a_pool_that_is_read_once() {
    assert_eq!(value_of(&suite(&[0], 200, |_, _| 0), RERUNS), 0.0);
    assert_eq!(value_of(&suite(&[0, 24], 200, |_, _| 0), RERUNS), 1.0);
    assert_eq!(
        value_of(&suite(&[0, 2], 200, |run, _| run as u64), RERUNS),
        1.0
    );
    // A third of the pool was drawn again: the excuse costs what it is worth.
    let third = suite(&[0, 24], 200, |_, _| 0);
    let mut mixed = suite(&[0], 600, |_, _| 0);
    mixed.merge(&third);
    let share = value_of(&mixed, RERUNS);
    assert!((0.0..0.67).contains(&share), "{share}");
    let measure = MeasureIndex::of_code(RERUNS).expect("a measure");
    assert_eq!(measure.measure().direction, Direction::Clears);
}

#[test]
fn bursts_retries_and_switches_are_no_rerun() {
    // Four answers to each item within hours.
    assert_eq!(value_of(&suite(&[0, 1, 2, 4], 60, |_, _| 0), RERUNS), 0.0);
    // One model refuses, the next answers, on another day even.
    let refusing = |outcome: Outcome, sketch: &Sketch| Observation {
        outcome,
        ..sketch.observation()
    };
    let mut stream = Vec::new();
    for item in 0..40 {
        let first = Sketch::at(item);
        let second = Sketch {
            model: 1,
            hour: item + 48,
            ..first.clone()
        };
        stream.push(refusing(Outcome::Refused, &first));
        stream.push(refusing(Outcome::Answered, &second));
    }
    stream.sort_by_key(|observation| observation.time);
    assert_eq!(value_of(&fold_observations(stream), RERUNS), 0.0);
}

#[test]
fn few_requests_say_nothing_about_reruns() {
    assert!(value_of(&suite(&[0, 24], 9, |_, _| 0), RERUNS).is_nan());
    assert_eq!(value_of(&suite(&[0, 24], 10, |_, _| 0), RERUNS), 1.0);
}
