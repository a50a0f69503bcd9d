//! Tests of technique probing: many refused phrasings against one that is reworded, and the provider's own categories.

use crate::detect::tests::{Sketch, fold_observations, value_of};
use crate::domain::{Observation, Origin, Outcome, RefusalCategory};
use crate::profile::Profile;

/// A request of one wording.
fn asked(hour: i64, wording: u64, intent: f32) -> Observation {
    let sketch = Sketch {
        skeleton: wording,
        intent,
        ..Sketch::at(hour)
    };
    sketch.observation()
}

fn refused(request: Observation, category: Option<RefusalCategory>) -> Observation {
    Observation {
        outcome: Outcome::Refused,
        origin: Origin {
            refusal_category: category,
            ..Origin::default()
        },
        ..request
    }
}

/// Twenty answered requests after the given ones.
fn then_answered(first: Vec<Observation>) -> Profile {
    let rest = (0..20).map(|n| asked(100 + n, 900 + n as u64, 0.02));
    fold_observations(first.into_iter().chain(rest))
}

const EXTRACTION: Option<RefusalCategory> = Some(RefusalCategory::Extraction);
const OTHER: Option<RefusalCategory> = Some(RefusalCategory::Other);

#[test]
fn many_refused_phrasings_are_probing_and_one_reworded_twice_is_not() {
    let attempts = |phrasings: u64, category| {
        let attempts = (0..24).map(|n| refused(asked(n, n as u64 % phrasings, 0.02), category));
        then_answered(attempts.collect())
    };
    let curious = then_answered(
        (0..3)
            .map(|n| refused(asked(n, n as u64, 0.9), EXTRACTION))
            .collect(),
    );
    assert!(value_of(&curious, "probing_breadth") < 0.02);
    assert!(value_of(&attempts(3, EXTRACTION), "probing_breadth") < 0.02);
    assert!(value_of(&attempts(20, EXTRACTION), "probing_breadth") > 0.55);
    // Twenty phrasings of what the provider filters for another reason.
    assert_eq!(value_of(&attempts(20, OTHER), "probing_breadth"), 0.0);
}

#[test]
fn without_a_category_the_text_tells_what_was_refused_and_with_one_it_does_not() {
    let breadth = |intent: f32, category| {
        let attempts = (0..20).map(|n| refused(asked(n, n as u64, intent), category));
        value_of(&then_answered(attempts.collect()), "probing_breadth")
    };
    assert!(breadth(0.9, None) > 0.55);
    assert_eq!(breadth(0.1, None), 0.0);
    assert_eq!(breadth(0.9, OTHER), 0.0);
    assert!(breadth(0.1, EXTRACTION) > 0.55);
}

#[test]
fn the_providers_word_is_counted_where_it_is_given() {
    let share = |categories: [Option<RefusalCategory>; 5]| {
        let attempts = (0..).zip(categories);
        let attempts = attempts.map(|(n, category)| refused(asked(n, 1, 0.02), category));
        value_of(
            &then_answered(attempts.collect()),
            "extraction_refused_share",
        )
    };
    assert!((share([EXTRACTION; 5]) - 0.2).abs() < 1e-9);
    assert!((share([EXTRACTION, OTHER, OTHER, OTHER, None]) - 0.04).abs() < 1e-9);
    assert_eq!(share([OTHER; 5]), 0.0);
    assert!(share([None; 5]).is_nan());
}

#[test]
fn the_same_prompt_of_the_same_model_after_a_refusal_is_a_retry() {
    let repeated = |model: u64| {
        let mut stream = Vec::new();
        for n in 0..10 {
            stream.push(refused(asked(n * 2, 1, 0.02), None));
            let again = Sketch {
                model,
                ..Sketch::at(n * 2)
            };
            stream.push(again.observation());
        }
        value_of(&then_answered(stream), "refusal_retry_share")
    };
    assert!((repeated(0) - 1.0).abs() < 1e-9);
    assert_eq!(repeated(1), 0.0);
}
