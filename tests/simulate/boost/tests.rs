//! Tests of the learner: the structure it finds, and the columns it leaves unused.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stillwatch::internals::statistics::logistic::sigmoid;

use super::{Model, fit};

struct Data {
    rows: Vec<Vec<f64>>,
    extraction: Vec<bool>,
}

impl Data {
    /// Draws uniform features on [-2, 2] and labels from `log_odds`.
    fn drawn(rows: usize, features: usize, seed: u64, log_odds: impl Fn(&[f64]) -> f64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let rows: Vec<Vec<f64>> = (0..rows)
            .map(|_| (0..features).map(|_| rng.random_range(-2.0..2.0)).collect())
            .collect();
        let extraction = rows
            .iter()
            .map(|row| rng.random_range(0.0..1.0) < sigmoid(log_odds(row)))
            .collect();
        Self { rows, extraction }
    }

    fn fit(&self, rounds: usize) -> Model {
        let rows: Vec<&[f64]> = self.rows.iter().map(Vec::as_slice).collect();
        fit(&rows, &self.extraction, rounds)
    }
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
    for (index, table) in data.fit(60).tables.iter().enumerate() {
        let grid: Vec<f64> = (0..40).map(|step| -1.95 + 0.1 * f64::from(step)).collect();
        let truth: Vec<f64> = grid
            .iter()
            .map(|&x| parts.get(index).map_or(0.0, |part| part(x)))
            .collect();
        let found: Vec<f64> = grid.iter().map(|&x| table.value(x)).collect();
        // Equal up to a constant: tables are centred on benign rows, the truth is not.
        let offset = (truth.iter().sum::<f64>() - found.iter().sum::<f64>()) / 40.0;
        let squares = truth
            .iter()
            .zip(&found)
            .map(|(t, f)| (t - f - offset).powi(2));
        // Steps of a thirty-second of the range blur each part by about 0.1, and 375 rows a bin know its log-odds to
        // about 0.12.
        let error = (squares.sum::<f64>() / 40.0).sqrt();
        assert!(error < 0.2, "x{index}: {error}");
    }
}

#[test]
fn entries_average_to_zero_over_benign_rows() {
    let mut data = Data::drawn(3_000, 3, 2, |x| 2.0 * x[0] - x[1]);
    for row in data.rows.iter_mut().step_by(7) {
        row[1] = f64::NAN;
    }
    let model = data.fit(30);
    for (feature, table) in model.tables.iter().enumerate() {
        let rows = data.rows.iter().zip(&data.extraction);
        let benign = rows.filter(|(_, extraction)| !**extraction);
        let sum: f64 = benign.map(|(row, _)| table.value(row[feature])).sum();
        assert!(sum.abs() < 1e-6, "x{feature}: {sum}");
    }
    assert!(model.tables[0].values.iter().any(|value| value.abs() > 0.5));
}

#[test]
fn a_constant_a_rare_and_an_unknown_column_change_nothing() {
    let data = Data::drawn(2_000, 2, 3, |x| x[0]);
    let alone = data.fit(20);
    let wider = data.rows.iter().zip(&data.extraction);
    let wider = wider.map(|(row, extraction)| {
        // The last column is known for extraction only: a perfect feature, and a leak.
        let leak = if *extraction { row[0] } else { f64::NAN };
        vec![row[0], row[1], 7.5, f64::NAN, leak]
    });
    let wider = Data {
        rows: wider.collect(),
        extraction: data.extraction.clone(),
    };
    let beside = wider.fit(20);
    assert_eq!(beside.tables[..2], alone.tables[..]);
    assert!((beside.base - alone.base).abs() < 1e-12);
    let others = beside.tables[2..].iter().flat_map(|table| &table.values);
    assert!(others.copied().all(|value| value == 0.0));
}

#[test]
fn infinite_values_have_a_bin_and_move_no_edge() {
    let end = |n: i32| [f64::NEG_INFINITY, f64::INFINITY][(n % 2) as usize];
    let data = Data {
        rows: (0..40).map(|n| vec![f64::from(n), end(n)]).collect(),
        extraction: (0..40).map(|n| n % 2 == 1).collect(),
    };
    let model = data.fit(5);
    assert!(model.tables[1].edges.is_empty());
    assert!(data.rows.iter().all(|row| model.score(row).is_finite()));
}
