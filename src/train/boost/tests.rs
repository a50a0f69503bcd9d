//! Tests of boosting.

use std::collections::BTreeSet;

use ndarray::Array2;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

struct Data {
    features: Array2<f64>,
    exposure: Vec<f64>,
    extraction: Vec<bool>,
    weight: Vec<f64>,
    group: Vec<u64>,
}

impl Data {
    /// Uniform features on [-2, 2], labels drawn from `log_odds`, twenty groups.
    fn drawn(rows: usize, features: usize, seed: u64, log_odds: impl Fn(&[f64]) -> f64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let features =
            Array2::from_shape_simple_fn((rows, features), || rng.random_range(-2.0..2.0));
        let extraction = features
            .rows()
            .into_iter()
            .map(|row| {
                let p = 1.0 / (1.0 + (-log_odds(&row.to_vec())).exp());
                rng.random_range(0.0..1.0) < p
            })
            .collect();
        Self {
            features,
            exposure: vec![50.0; rows],
            extraction,
            weight: vec![1.0; rows],
            group: (0..rows as u64).map(|row| row % 20).collect(),
        }
    }

    fn rows(&self) -> TrainingRows<'_> {
        TrainingRows {
            features: self.features.view(),
            exposure: &self.exposure,
            extraction: &self.extraction,
            weight: &self.weight,
            group: &self.group,
        }
    }

    fn fit(&self, columns: &[Column], held_out: &[u64], settings: &Settings) -> Fitted {
        let held_out: BTreeSet<u64> = held_out.iter().copied().collect();
        fit(&self.rows(), columns, &held_out, settings).unwrap()
    }
}

fn columns(count: usize, monotone: bool) -> Vec<Column> {
    (0..count)
        .map(|index| Column {
            name: format!("x{index}"),
            monotone,
            shrink: 0.0,
        })
        .collect()
}

#[test]
fn recovers_a_known_additive_function() {
    // A step, a parabola, a line, and three columns of noise.
    let parts: [fn(f64) -> f64; 3] = [
        |x| if x > 0.5 { 1.5 } else { -0.5 },
        |x| x * x - 4.0 / 3.0,
        |x| -0.8 * x,
    ];
    let data = Data::drawn(12_000, 6, 1, |x| {
        parts.iter().zip(x).map(|(part, &x)| part(x)).sum::<f64>() - 0.5
    });
    let fitted = data.fit(&columns(6, false), &[3, 11, 17], &Settings::default());
    assert!(
        fitted.rounds > 10 && fitted.held_out_loss.unwrap() < 0.56,
        "{} {:?}",
        fitted.rounds,
        fitted.held_out_loss
    );
    for (index, term) in fitted.model.terms().iter().enumerate() {
        let grid: Vec<f64> = (0..40).map(|step| -1.95 + 0.1 * f64::from(step)).collect();
        let truth: Vec<f64> = grid
            .iter()
            .map(|&x| parts.get(index).map_or(0.0, |part| part(x)))
            .collect();
        let found: Vec<f64> = grid.iter().map(|&x| term.value(x)).collect();
        // Up to a constant: tables are centred on honest rows, the truth is not.
        let offset = (truth.iter().sum::<f64>() - found.iter().sum::<f64>()) / 40.0;
        let error = truth
            .iter()
            .zip(&found)
            .map(|(t, f)| (t - f - offset).powi(2))
            .sum::<f64>()
            / 40.0;
        assert!(error.sqrt() < 0.2, "x{index}: {}", error.sqrt());
    }
}

#[test]
fn contributions_average_to_zero_over_honest_rows() {
    let mut data = Data::drawn(3_000, 3, 2, |x| 2.0 * x[0] - x[1]);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    data.exposure = (0..3_000)
        .map(|_| rng.random_range(0.0_f64..200.0).floor())
        .collect();
    data.weight = (0..3_000).map(|_| rng.random_range(0.1..3.0)).collect();
    data.features
        .iter_mut()
        .step_by(7)
        .for_each(|value| *value = f64::NAN);
    let columns: Vec<Column> = columns(3, false)
        .into_iter()
        .map(|column| Column {
            shrink: 20.0,
            ..column
        })
        .collect();
    let model = data
        .fit(
            &columns,
            &[],
            &Settings {
                rounds: 30,
                ..Settings::default()
            },
        )
        .model;
    let mut sums = [0.0; 3];
    for (row, features) in data.features.rows().into_iter().enumerate() {
        let answer = model.evaluate(&features.to_vec(), data.exposure[row]);
        if !data.extraction[row] {
            sums.iter_mut()
                .zip(&answer.contributions)
                .for_each(|(sum, c)| *sum += c * data.weight[row]);
        }
    }
    assert!(sums.iter().all(|sum| sum.abs() < 1e-6), "{sums:?}");
    assert!(
        model.terms()[0]
            .values
            .iter()
            .any(|value| value.abs() > 0.5)
    );
}

#[test]
fn a_constant_a_rare_and_an_unknown_column_change_nothing() {
    let data = Data::drawn(2_000, 2, 3, |x| x[0]);
    let settings = Settings {
        rounds: 20,
        ..Settings::default()
    };
    let alone = data.fit(&columns(2, true), &[0, 1], &settings);
    let mut wider = Array2::from_elem((2_000, 5), 7.5);
    for row in 0..2_000 {
        wider[[row, 0]] = data.features[[row, 0]];
        wider[[row, 1]] = data.features[[row, 1]];
        wider[[row, 3]] = f64::NAN;
        // Known for extraction alone: a perfect feature, and a leak.
        wider[[row, 4]] = if data.extraction[row] {
            data.features[[row, 0]]
        } else {
            f64::NAN
        };
    }
    let wider = Data {
        features: wider,
        ..data
    };
    let beside = wider.fit(&columns(5, true), &[0, 1], &settings);
    assert_eq!(beside.model.terms()[..2], alone.model.terms()[..]);
    assert_eq!(beside.model.base(), alone.model.base());
    assert!(
        beside.model.terms()[2..]
            .iter()
            .all(|term| term.values.iter().all(|&value| value == 0.0))
    );
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let data = Data::drawn(1_000, 4, 4, |x| x[0] + x[1]);
    let text = || {
        serde_json::to_string(
            &data
                .fit(&columns(4, true), &[5], &Settings::default())
                .model,
        )
        .unwrap()
    };
    assert_eq!(text(), text());
    let back: AdditiveModel = serde_json::from_str(&text()).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), text());
}

#[test]
fn held_out_groups_choose_the_rounds_and_nothing_else() {
    let honest = Data::drawn(3_000, 3, 5, |x| 1.5 * x[0] - x[2]);
    let held_out = [2, 7, 13];
    let settings = Settings {
        patience: 1_000,
        rounds: 25,
        ..Settings::default()
    };
    // Poison the held-out rows: other features, other labels, other weights.
    let mut poisoned = Data::drawn(3_000, 3, 5, |x| 1.5 * x[0] - x[2]);
    for row in 0..3_000 {
        if held_out.contains(&poisoned.group[row]) {
            poisoned.features.row_mut(row).fill(1e6);
            poisoned.extraction[row] = !poisoned.extraction[row];
            poisoned.weight[row] = 1e3;
        }
    }
    let clean = honest.fit(&columns(3, false), &held_out, &settings);
    let other = poisoned.fit(&columns(3, false), &held_out, &settings);
    // Poison makes every round look worse, so the fit stops at once...
    assert!(clean.rounds > 5 && other.rounds < clean.rounds);
    // ...and with as many rounds, nothing of it is in the model.
    let settings = Settings {
        rounds: other.rounds,
        ..settings
    };
    let again = honest.fit(&columns(3, false), &held_out, &settings);
    assert_eq!(again.model, other.model);
}

#[test]
fn finds_the_pair_that_matters_and_only_then() {
    // Suspicious only together, beside a plain additive part.
    let both = |x: &[f64]| if x[1] > 0.5 && x[3] > 0.0 { 3.0 } else { 0.0 };
    let data = Data::drawn(8_000, 6, 8, |x| x[0] - 1.0 + both(x));
    let plain = data.fit(&columns(6, true), &[1, 5, 9], &Settings::default());
    let one = Settings {
        pairs: 1,
        ..Settings::default()
    };
    let paired = data.fit(&columns(6, true), &[1, 5, 9], &one);
    let pairs: Vec<(usize, usize)> = paired
        .model
        .pairs()
        .iter()
        .map(|pair| (pair.first, pair.second))
        .collect();
    assert_eq!(pairs, [(1, 3)]);
    assert!(paired.held_out_loss < plain.held_out_loss);
    assert_eq!(paired.model.terms(), plain.model.terms());
    // The reported loss is that of the model as it evaluates.
    let loss = |model: &AdditiveModel| {
        let rows = (0..8_000).filter(|row| [1, 5, 9].contains(&data.group[*row]));
        let losses: Vec<f64> = rows
            .map(|row| {
                let score = model.evaluate(&data.features.row(row).to_vec(), 50.0).score;
                if data.extraction[row] {
                    (-score).exp().ln_1p()
                } else {
                    score.exp().ln_1p()
                }
            })
            .collect();
        losses.iter().sum::<f64>() / losses.len() as f64
    };
    assert!((loss(&paired.model) - paired.held_out_loss.unwrap()).abs() < 1e-9);
}

#[test]
fn stops_before_noise_is_learnt() {
    let data = Data::drawn(600, 30, 6, |_| 0.0);
    let stopped = data.fit(&columns(30, false), &[0, 1, 2, 3], &Settings::default());
    let full = data.fit(&columns(30, false), &[], &Settings::default());
    assert!(stopped.rounds < 40 && full.rounds == 400);
    assert!(full.training_loss < stopped.training_loss);
}

#[test]
fn refuses_rows_that_do_not_hold_together() {
    let data = Data::drawn(50, 2, 7, |x| x[0]);
    let none = BTreeSet::new();
    let settings = Settings::default();
    let fit_with =
        |rows: TrainingRows<'_>| fit(&rows, &columns(2, true), &none, &settings).unwrap_err();
    let rows = data.rows();
    assert!(matches!(
        fit_with(TrainingRows {
            weight: &[1.0],
            ..rows
        }),
        BoostError::Length {
            what: "weights",
            ..
        }
    ));
    let nan = vec![f64::NAN; 50];
    assert!(matches!(
        fit_with(TrainingRows {
            weight: &nan,
            ..rows
        }),
        BoostError::Number { row: 0, .. }
    ));
    let all = vec![true; 50];
    assert!(matches!(
        fit_with(TrainingRows {
            extraction: &all,
            ..rows
        }),
        BoostError::OneClass {
            benign: 0,
            extraction: 50
        }
    ));
    let everything: BTreeSet<u64> = (0..20).collect();
    assert!(matches!(
        fit(&rows, &columns(2, true), &everything, &settings),
        Err(BoostError::OneClass {
            benign: 0,
            extraction: 0
        })
    ));
    let wide = Settings {
        bins: 64,
        ..settings
    };
    assert!(matches!(
        fit(&rows, &columns(2, true), &none, &wide),
        Err(BoostError::Setting { name: "bins", .. })
    ));
}

#[test]
fn infinite_values_have_a_bin_and_move_no_edge() {
    let mut data = Data {
        features: Array2::zeros((40, 2)),
        exposure: vec![10.0; 40],
        extraction: (0..40).map(|row| row % 2 == 1).collect(),
        weight: vec![1.0; 40],
        group: (0..40).collect(),
    };
    for row in 0..40 {
        data.features[[row, 0]] = row as f64;
        data.features[[row, 1]] = if row % 2 == 1 {
            f64::INFINITY
        } else {
            f64::NEG_INFINITY
        };
    }
    let settings = Settings {
        rounds: 5,
        ..Settings::default()
    };
    let fitted = fit(&data.rows(), &columns(2, true), &BTreeSet::new(), &settings)
        .expect("infinite values are values");
    let term = &fitted.model.terms()[1];
    assert_eq!((term.edges.len(), term.typical), (0, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn monotone_tables_never_fall(
        rows in prop::collection::vec((-4_i32..4, prop::num::f64::ANY, any::<bool>(), 0.0_f64..5.0, 0.0_f64..100.0), 10..80),
        shrink in 0.0_f64..50.0,
    ) {
        let mut data = Data {
            features: Array2::zeros((rows.len(), 2)),
            exposure: rows.iter().map(|row| row.4).collect(),
            extraction: rows.iter().map(|row| row.2).collect(),
            weight: rows.iter().map(|row| row.3).collect(),
            group: (0..rows.len() as u64).collect(),
        };
        for (index, row) in rows.iter().enumerate() {
            data.features[[index, 0]] = if row.0 == 3 { f64::NAN } else { f64::from(row.0) };
            data.features[[index, 1]] = row.1;
        }
        data.extraction[0] = true;
        data.extraction[1] = false;
        data.weight[..2].fill(1.0);
        let columns: Vec<Column> =
            columns(2, true).into_iter().map(|column| Column { shrink, ..column }).collect();
        let settings = Settings { rounds: 15, smallest_bin: 0.0, penalty: 0.1, pairs: 1, ..Settings::default() };
        // The model checks monotonicity itself and would refuse.
        let fitted = fit(&data.rows(), &columns, &BTreeSet::from([3, 4]), &settings);
        prop_assert!(fitted.is_ok(), "{:?}", fitted);
    }
}
