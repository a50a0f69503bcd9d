//! Tests of the fit against known solutions.

use ndarray::Array2;
use proptest::prelude::*;

use super::{LogisticError, LogisticSettings, fit};
use crate::detect::{CLEARING_LIMIT, Direction};
use crate::risk::AdditiveModel;
use crate::train::rows::{Column, Scale, TrainingRows};

fn columns(count: usize) -> Vec<Column> {
    let column = |index| Column {
        name: format!("x{index}"),
        scale: Scale::Share,
        direction: Direction::Accuses,
        shrink: 0.0,
    };
    (0..count).map(column).collect()
}

fn fitted(
    values: &[[f64; 2]],
    extraction: &[bool],
    penalty: f64,
) -> Result<AdditiveModel, LogisticError> {
    fitted_to(&columns(2), values, extraction, penalty)
}

fn fitted_to(
    columns: &[Column],
    values: &[[f64; 2]],
    extraction: &[bool],
    penalty: f64,
) -> Result<AdditiveModel, LogisticError> {
    let features = Array2::from_shape_fn((values.len(), 2), |(row, column)| values[row][column]);
    let rows = TrainingRows {
        features: features.view(),
        exposure: &vec![10.0; values.len()],
        extraction,
        weight: &vec![1.0; values.len()],
    };
    fit(&rows, columns, LogisticSettings { penalty })
}

#[test]
fn a_weight_of_one_is_found_where_odds_are_the_truth() {
    // At each share, the same percentage of a hundred rows extract: log-odds with weight 1 and no intercept.
    let (mut values, mut extraction) = (Vec::new(), Vec::new());
    for share in [10_usize, 30, 50, 70, 90] {
        for row in 0..100 {
            values.push([share as f64 / 100.0, 0.5]);
            extraction.push(row < share);
        }
    }
    let model = fitted(&values, &extraction, 0.0).expect("rows of both kinds");
    let between = |low: f64, high: f64| {
        model.evaluate([high, 0.5], 10.0).score - model.evaluate([low, 0.5], 10.0).score
    };
    // ln(0.9 / 0.1) at one end, its negative at the other.
    let truth = 2.0 * 9.0_f64.ln();
    assert!(
        (between(0.1, 0.9) - truth).abs() < 0.03,
        "{}",
        between(0.1, 0.9)
    );
    assert_eq!(
        model.terms().len(),
        1,
        "an uninformative column has no term"
    );
}

#[test]
fn a_column_that_lowers_the_odds_or_is_unknown_weighs_nothing() {
    let values = [[0.9, 0.1], [0.8, 0.2], [0.1, 0.8], [0.2, f64::NAN]];
    let model = fitted(&values, &[true, true, false, false], 0.01).expect("rows of both kinds");
    let names: Vec<&str> = model
        .terms()
        .iter()
        .map(|term| term.name.as_str())
        .collect();
    assert_eq!(names, ["x0"]);
    let unknown = model.evaluate([f64::NAN], 10.0);
    assert!((unknown.score - unknown.base).abs() < 1e-12);
    assert!(matches!(
        fitted(&values, &[false; 4], 0.01),
        Err(LogisticError::OneClass { .. })
    ));
}

/// Every honest account has much of it and no extraction any: without the bound its weight would grow without end.
#[test]
fn a_column_that_clears_lowers_the_odds_up_to_its_limit_and_its_absence_weighs_nothing() {
    let mut columns = columns(2);
    columns[1].direction = Direction::Clears;
    let values: Vec<[f64; 2]> = (0..40)
        .map(|row| [0.5, if row < 20 { 0.0 } else { 0.9 }])
        .collect();
    let extraction: Vec<bool> = (0..40).map(|row| row < 20).collect();
    let model = fitted_to(&columns, &values, &extraction, 0.0).expect("rows of both kinds");
    let [term] = model.terms() else {
        panic!("one term: {:?}", model.terms());
    };
    assert!(!term.monotone && term.values[0] == 0.0, "{term:?}");
    let least = term.values[term.values.len() - 1];
    assert!(
        (CLEARING_LIMIT..CLEARING_LIMIT + 1e-6).contains(&least),
        "{least}"
    );
    // What only extractions have cannot clear.
    let turned: Vec<bool> = extraction.iter().map(|extracts| !extracts).collect();
    let model = fitted_to(&columns, &values, &turned, 0.0).expect("rows of both kinds");
    assert!(model.terms().is_empty());
}

proptest! {
    #[test]
    fn more_of_a_measure_never_lowers_the_score(
        rows in prop::collection::vec(
            (0.0_f64..=1.0, prop_oneof![Just(f64::NAN), 0.0_f64..=1.0], any::<bool>()), 2..40,
        ),
        low in 0.0_f64..=1.0,
        high in 0.0_f64..=1.0,
    ) {
        let values: Vec<[f64; 2]> = rows.iter().map(|row| [row.0, row.1]).collect();
        let mut extraction: Vec<bool> = rows.iter().map(|row| row.2).collect();
        extraction[0] = true;
        extraction[1] = false;
        let model = fitted(&values, &extraction, 0.001).expect("rows of both kinds");
        let (low, high) = (low.min(high), low.max(high));
        // A column without weight has no term.
        let score = |x: f64| {
            let features = model.terms().iter().map(|term| if term.name == "x0" { x } else { 0.3 });
            model.evaluate(features, 10.0).score
        };
        prop_assert!(score(low) <= score(high) + 1e-12);
    }
}
