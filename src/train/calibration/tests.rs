//! Tests of fitted calibrations: the guarantees of Venn-Abers, and the inputs that a fit rejects.

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::domain::Risk;
use crate::risk::{Calibrated, shift_prior};
use crate::statistics::logistic::sigmoid;

fn row(score: f64, extraction: bool) -> CalibrationRow {
    CalibrationRow {
        score,
        extraction,
        weight: 1.0,
    }
}

fn rows() -> impl Strategy<Value = Vec<CalibrationRow>> {
    // Some scores are integers, so that ties and plateaus are common.
    let score = prop_oneof![-6.0_f64..6.0, (-6_i32..6).prop_map(f64::from)];
    prop::collection::vec((score, any::<bool>(), 0.1_f64..3.0), 2..60).prop_map(|rows| {
        rows.into_iter()
            .map(|(score, extraction, weight)| CalibrationRow {
                score,
                extraction,
                weight,
            })
            .chain([row(-2.0, false), row(2.0, true)])
            .collect()
    })
}

#[test]
fn a_hand_worked_case() {
    let calibration = fit_calibration(&[
        row(1.0, false),
        row(2.0, true),
        row(3.0, false),
        row(4.0, true),
    ])
    .unwrap();
    // A new account at 3: as benign, {2, 3, 3} pool to 1/3; as extraction, 2 and {3, 3} give 2/3.
    let answer = calibration.apply(3.0);
    assert!((answer.low.value() - 1.0 / 3.0).abs() < 1e-9);
    assert!((answer.high.value() - 2.0 / 3.0).abs() < 1e-9);
    // Below every account: benign is certain to be 0, extraction pools with the first alone.
    let answer = calibration.apply(0.0);
    assert_eq!(answer.low.value(), 0.0);
    assert!((answer.high.value() - 0.5).abs() < 1e-9);
}

#[test]
fn the_true_probability_lies_within_the_band_on_average() {
    // The truth is a logistic of slope 0.6: scores of slope 1 are overconfident and must be corrected.
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let truth = |score: f64| sigmoid(0.6 * score - 1.0);
    let mut draw = |n: usize| -> Vec<CalibrationRow> {
        (0..n)
            .map(|_| {
                let score = rng.random_range(-6.0..6.0);
                row(score, rng.random_range(0.0..1.0) < truth(score))
            })
            .collect()
    };
    let calibration = fit_calibration(&draw(4_000)).unwrap();
    let fresh = draw(20_000);
    // In each fifth of the score range the observed share lies between the mean p0 and mean p1, give
    // or take three standard errors; and so does the headline.
    for fifth in 0..5 {
        let from = -6.0 + 2.4 * f64::from(fifth);
        let slice: Vec<&CalibrationRow> = fresh
            .iter()
            .filter(|row| (from..from + 2.4).contains(&row.score))
            .collect();
        let n = slice.len() as f64;
        let mean =
            |of: &dyn Fn(&CalibrationRow) -> f64| slice.iter().map(|row| of(row)).sum::<f64>() / n;
        let share = mean(&|row| f64::from(u8::from(row.extraction)));
        let low = mean(&|row| calibration.apply(row.score).low.value());
        let risk = mean(&|row| calibration.apply(row.score).risk.value());
        let high = mean(&|row| calibration.apply(row.score).high.value());
        // Three standard errors of the fresh share and of the fifth as many accounts that calibrated.
        let error = 3.0 * (share * (1.0 - share) * 6.0 / n).sqrt();
        assert!(
            low - error <= share && share <= high + error,
            "{from}: {low} {share} {high}"
        );
        assert!((risk - share).abs() < error, "{from}: {risk} {share}");
    }
}

#[test]
fn the_end_of_the_band_that_belongs_to_the_truth_is_calibrated() {
    // The theorem, for samples far too small for any asymptotics: with p0 read when the new account is
    // benign and p1 when it is extracting, the mean of truth minus probability is zero.
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut account = || {
        let score = rng.random_range(-3.0_f64..3.0).round();
        row(score, rng.random_range(0.0..1.0) < 0.5 + score / 8.0)
    };
    let trials = 20_000;
    let mut sum = 0.0;
    for _ in 0..trials {
        let rows: Vec<CalibrationRow> = (0..12).map(|_| account()).collect();
        let new = account();
        // Refused when all twelve are alike. The theorem is about the two refits, which then give:
        let (p0, p1) = fit_calibration(&rows).map_or_else(
            |_| one_class_band(&rows, new.score),
            |calibration| {
                let answer = calibration.apply(new.score);
                (answer.low.value(), answer.high.value())
            },
        );
        sum += if new.extraction { 1.0 - p1 } else { 0.0 - p0 };
    }
    let mean = sum / f64::from(trials);
    assert!(mean.abs() < 4.0 * 0.5 / f64::from(trials).sqrt(), "{mean}");
}

/// The isotonic value of one odd account among accounts that are all alike: it pools with those on the
/// side where it is out of order.
fn one_class_band(rows: &[CalibrationRow], score: f64) -> (f64, f64) {
    if rows[0].extraction {
        let below = rows.iter().filter(|row| row.score <= score).count() as f64;
        (below / (below + 1.0), 1.0)
    } else {
        let above = rows.iter().filter(|row| row.score >= score).count() as f64;
        (0.0, 1.0 / (above + 1.0))
    }
}

#[test]
fn a_rarer_population_lowers_the_answer_and_keeps_the_ends() {
    let calibration = fit_calibration(&[row(-1.0, false), row(1.0, true)]).unwrap();
    let rare = calibration.clone().at_prior(1e-3).unwrap();
    assert!(rare.apply(1.0).risk < calibration.apply(1.0).risk);
    assert_eq!(rare.apply(5.0).high.value(), 1.0);
    assert_eq!(rare.apply(-5.0).low.value(), 0.0);
    assert_eq!(calibration.at_prior(1.0), Err(CalibrationError::Prior(1.0)));
}

#[test]
fn refuses_what_cannot_calibrate() {
    assert_eq!(
        fit_calibration(&[row(0.0, true), row(1.0, true)]),
        Err(CalibrationFitError::OneClass {
            benign: 0,
            extraction: 2
        })
    );
    assert!(matches!(
        fit_calibration(&[row(f64::NAN, true)]),
        Err(CalibrationFitError::Score { row: 0, .. })
    ));
    let light = CalibrationRow {
        weight: -1.0,
        ..row(0.0, true)
    };
    assert!(matches!(
        fit_calibration(&[light]),
        Err(CalibrationFitError::Weight { row: 0, .. })
    ));
    let good =
        serde_json::to_value(fit_calibration(&[row(0.0, false), row(1.0, true)]).unwrap()).unwrap();
    for (key, bad) in [
        ("curve", serde_json::json!([[0.0, 1.0]])),
        ("curve", serde_json::json!([[0.0, 1.0], [1.0, 1.0]])),
        ("prior", serde_json::json!(1.5)),
        ("lower", serde_json::json!([[0.0, 0.5], [0.0, 0.6]])),
        ("lower", serde_json::json!([[0.0, 0.5], [1.0, 1.5]])),
        ("upper", serde_json::json!([[0.0, 0.5], [1.0, 0.4]])),
        ("lower", serde_json::json!([[-9.0, 0.99]])),
    ] {
        let mut spoiled = good.clone();
        spoiled[key] = bad;
        assert!(
            serde_json::from_value::<Calibration>(spoiled).is_err(),
            "{key}"
        );
    }
}

proptest! {
    #[test]
    fn strictly_increasing_inside_the_band(rows in rows(), prior in 1e-4_f64..0.9) {
        let calibration = fit_calibration(&rows).unwrap().at_prior(prior).unwrap();
        let mut before: Option<Calibrated> = None;
        for step in -1_000..=1_000 {
            let answer = calibration.apply(f64::from(step) / 100.0 + 1e-5);
            prop_assert!(answer.low <= answer.risk && answer.risk <= answer.high);
            if let Some(before) = before {
                prop_assert!(before.risk < answer.risk, "{:?} {:?} at {}", before, answer, step);
                prop_assert!(before.low <= answer.low && before.high <= answer.high);
            }
            before = Some(answer);
        }
    }

    #[test]
    fn text_keeps_every_answer(rows in rows(), score in -8.0_f64..8.0) {
        let calibration = fit_calibration(&rows).unwrap();
        let text = serde_json::to_string(&calibration).unwrap();
        let back: Calibration = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(back.apply(score), calibration.apply(score));
    }

    #[test]
    fn any_score_gives_a_risk(rows in rows(), score in prop::num::f64::ANY) {
        let answer = fit_calibration(&rows).unwrap().apply(score);
        prop_assert!((0.0..=1.0).contains(&answer.risk.value()));
    }

    #[test]
    fn shifting_there_and_back_changes_nothing(p in 0.0_f64..=1.0, a in 1e-4_f64..0.999, b in 1e-4_f64..0.999) {
        let risk = Risk::new(p).unwrap();
        let back = shift_prior(shift_prior(risk, a, b), b, a);
        prop_assert!((back.value() - p).abs() < 1e-9);
    }
}
