//! Tests of the additive model.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn term(name: &str, edges: &[f64], values: &[f64]) -> Term {
    Term {
        name: name.to_owned(),
        edges: edges.to_vec(),
        values: values.to_vec(),
        lines: false,
        monotone: true,
        shrink: 8.0,
        typical: Some(0.5),
    }
}

fn model() -> AdditiveModel {
    let terms = vec![
        term("share", &[0.2, 0.6], &[-1.0, 0.5, 2.0]),
        term("count", &[1.0], &[0.0, 3.0]),
    ];
    AdditiveModel::new(-4.0, terms).unwrap()
}

#[test]
fn a_hand_worked_account() {
    // share 0.6 is on an edge, so it falls in the bin above. Exposure 24 with n0 = 8 counts three quarters.
    let answer = model().evaluate([0.6, 5.0], 24.0);
    assert_eq!(answer.contributions, [1.5, 2.25]);
    assert_eq!(answer.score, -0.25);
}

#[test]
fn absent_is_never_evidence() {
    let answer = model().evaluate([f64::NAN, f64::NAN], 1e9);
    assert_eq!(answer.contributions, [0.0; 2]);
    assert_eq!(answer.score, model().base());
    assert_eq!(
        model().evaluate([f64::NAN, 5.0], 24.0).contributions,
        [0.0, 2.25]
    );
}

#[test]
fn refuses_what_does_not_hold_together() {
    let spoils = [
        (
            "expected strictly increasing edges",
            "/terms/0/edges",
            json!([0.6, 0.6]),
        ),
        ("expected 3 values", "/terms/0/values", json!([0.0, 1.0])),
        (
            "declared monotone",
            "/terms/0/values",
            json!([0.0, 2.0, 1.0]),
        ),
        ("within +-1000", "/terms/0/values", json!([0.0, 1.0, 1e9])),
        ("within +-1000", "/base", json!(2e3)),
        ("shrink", "/terms/0/shrink", json!(-1.0)),
        ("used by two", "/terms/1/name", json!("share")),
    ];
    let good = serde_json::to_value(model()).unwrap();
    assert_eq!(
        serde_json::from_value::<AdditiveModel>(good.clone()).unwrap(),
        model()
    );
    for (expected, place, value) in spoils {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap() = value;
        let error = serde_json::from_value::<AdditiveModel>(bad)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(expected),
            "expected {expected:?}, got {error:?}"
        );
    }
    let nan = term("x", &[f64::NAN], &[0.0, 0.0]);
    assert!(AdditiveModel::new(0.0, vec![nan]).is_err());
    let wide = term("x", &(0..32).map(f64::from).collect::<Vec<_>>(), &[0.0; 33]);
    assert!(matches!(
        AdditiveModel::new(0.0, vec![wide]),
        Err(AdditiveModelError::Term(TermError::TooMany {
            limit: 31,
            actual: 32,
            ..
        }))
    ));
}

proptest! {
    #[test]
    fn any_input_gives_a_finite_sum(a in prop::num::f64::ANY, b in prop::num::f64::ANY, n in prop::num::f64::ANY) {
        let answer = model().evaluate([a, b], n);
        prop_assert!(answer.score.is_finite());
        let sum = answer.contributions.iter().fold(answer.base, |sum, c| sum + c);
        prop_assert_eq!(sum.to_bits(), answer.score.to_bits());
    }

    #[test]
    fn more_of_a_monotone_feature_never_lowers_the_score(
        low in -1.0_f64..6.0, step in 0.0_f64..6.0, other in -1.0_f64..6.0, n in 0.0_f64..1e4,
    ) {
        let before = model().evaluate([low, other], n).score;
        prop_assert!(model().evaluate([low + step, other], n).score >= before);
    }
}

#[test]
fn lines_join_their_points_and_are_level_beyond_them() {
    let term = Term {
        lines: true,
        ..term("x", &[0.0, 0.5, 1.0], &[-2.0, 0.0, 4.0])
    };
    let values = [-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 9.0].map(|x| term.value(x));
    assert_eq!(values, [-2.0, -2.0, -1.0, 0.0, 2.0, 4.0, 4.0]);
    let short = Term {
        values: vec![0.0; 4],
        ..term
    };
    assert!(AdditiveModel::new(0.0, vec![short]).is_err());
}
