//! A boosted additive model: the learner of the leak test, which searches for anything that separates two classes.
//!
//! It is the learner of explainable boosting machines (Lou, Caruana, Gehrke & Hooker 2013; Nori, Jenkins, Koch &
//! Caruana 2019): features take turns and each step is small, so correlated features share the credit instead of the
//! first one taking all of it. A step is a damped Newton step of the logistic loss in every bin, smoothed over
//! neighbouring bins; every table is centred on benign rows, and the intercept takes a Newton step of its own in each
//! round. Deterministic: no random numbers, fixed order.

#[path = "boost/bins.rs"]
mod bins;
#[path = "boost/tests.rs"]
mod tests;

use stillwatch::internals::statistics::logistic::{logit, sigmoid};

use bins::{ABSENT, bin_of, edges};

/// Maximum change of an entry in one step, in log-odds.
const LARGEST_STEP: f64 = 0.5;
/// Maximum entry, in log-odds; beyond it a single table would decide alone.
const LARGEST_ENTRY: f64 = 8.0;
/// Maximum number of bins of a feature.
const BINS: usize = 32;
/// Minimum share of the rows in a bin, and of the benign rows for which a feature must be known.
const SMALLEST_BIN: f64 = 0.005;
/// Fraction of a Newton step taken.
const LEARNING_RATE: f64 = 0.1;
/// L2 penalty of a step, in units of one row's curvature.
const PENALTY: f64 = 1.0;
/// Weight with which a bin also counts its neighbours' evidence.
const SMOOTHING: f64 = 0.25;

/// A fitted model: log-odds as a sum of one table per feature.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    base: f64,
    tables: Vec<Table>,
}

/// One feature's table.
#[derive(Clone, Debug, PartialEq)]
struct Table {
    edges: Vec<f64>,
    values: Vec<f64>,
}

/// A table with the training rows it is learned from.
struct Learning {
    table: Table,
    /// The bin of every row.
    bins: Vec<usize>,
    /// Benign rows in each bin.
    benign: Vec<f64>,
    /// Whether the feature is constant, or known for too few benign rows for a comparison.
    is_flat: bool,
}

/// Fits a model to rows with the same number of features, NaN where unknown, in `rounds` rounds over all features.
///
/// A feature that is constant, or known for too few benign rows, keeps a table of zeros: what never occurs in benign
/// rows cannot be compared with them.
pub(crate) fn fit(rows: &[&[f64]], extraction: &[bool], rounds: usize) -> Model {
    assert_eq!(rows.len(), extraction.len(), "one label per row");
    let positive = extraction.iter().filter(|is| **is).count();
    assert!(0 < positive && positive < rows.len(), "rows of both kinds");
    let mut base = logit(positive as f64 / rows.len() as f64);
    let mut log_odds = vec![base; rows.len()];
    let mut learning: Vec<Learning> = (0..rows[0].len())
        .map(|feature| Learning::new(rows.iter().map(|row| row[feature]), extraction))
        .collect();
    for _ in 0..rounds {
        for feature in &mut learning {
            feature.step(extraction, &mut log_odds);
        }
        let (mut gradient, mut curvature) = (0.0, f64::MIN_POSITIVE);
        for (log_odds, extraction) in log_odds.iter().zip(extraction) {
            let (slope, bend) = slopes(*log_odds, *extraction);
            gradient += slope;
            curvature += bend;
        }
        let step = (gradient / curvature).clamp(-LARGEST_STEP, LARGEST_STEP);
        base += step;
        for log_odds in &mut log_odds {
            *log_odds += step;
        }
    }
    let tables = learning.into_iter().map(|feature| feature.table);
    Model {
        base,
        tables: tables.collect(),
    }
}

impl Model {
    /// Returns the log-odds of a row.
    pub(crate) fn score(&self, row: &[f64]) -> f64 {
        let entries = self
            .tables
            .iter()
            .zip(row)
            .map(|(table, x)| table.value(*x));
        self.base + entries.sum::<f64>()
    }
}

impl Table {
    /// Returns the entry for a value; zero where the value is unknown.
    fn value(&self, x: f64) -> f64 {
        let bin = bin_of(&self.edges, x);
        self.values.get(bin).copied().unwrap_or(0.0)
    }
}

impl Learning {
    fn new(column: impl Iterator<Item = f64>, extraction: &[bool]) -> Self {
        let column: Vec<f64> = column.collect();
        // An infinite value gets the first or the last bin but does not influence the edges.
        let mut known: Vec<f64> = column.iter().copied().filter(|x| x.is_finite()).collect();
        known.sort_by(f64::total_cmp);
        let edges = edges(&known, BINS, SMALLEST_BIN * column.len() as f64);
        let bins: Vec<usize> = column.iter().map(|x| bin_of(&edges, *x)).collect();
        let mut benign = vec![0.0; edges.len() + 1];
        for (bin, extraction) in bins.iter().zip(extraction) {
            if *bin != ABSENT && !extraction {
                benign[*bin] += 1.0;
            }
        }
        let all_benign = extraction.iter().filter(|is| !**is).count() as f64;
        let known: f64 = benign.iter().sum();
        Self {
            is_flat: benign.len() < 2 || known == 0.0 || known < SMALLEST_BIN * all_benign,
            table: Table {
                values: vec![0.0; benign.len()],
                edges,
            },
            bins,
            benign,
        }
    }

    /// Takes one damped Newton step of the table and updates the log-odds accordingly.
    fn step(&mut self, extraction: &[bool], log_odds: &mut [f64]) {
        if self.is_flat {
            return;
        }
        let cells = self.benign.len();
        let (mut gradient, mut curvature) = (vec![0.0; cells], vec![0.0; cells]);
        for ((bin, log_odds), extraction) in self.bins.iter().zip(&*log_odds).zip(extraction) {
            if *bin != ABSENT {
                let (slope, bend) = slopes(*log_odds, *extraction);
                gradient[*bin] += slope;
                curvature[*bin] += bend;
            }
        }
        let before = self.table.values.clone();
        for (cell, value) in self.table.values.iter_mut().enumerate() {
            let step =
                LEARNING_RATE * shared(&gradient, cell) / (shared(&curvature, cell) + PENALTY);
            *value += step.clamp(-LARGEST_STEP, LARGEST_STEP);
        }
        let weighted = self.table.values.iter().zip(&self.benign);
        let above: f64 = weighted.map(|(value, weight)| value * weight).sum();
        let centre = above / self.benign.iter().sum::<f64>();
        for value in &mut self.table.values {
            *value = (*value - centre).clamp(-LARGEST_ENTRY, LARGEST_ENTRY);
        }
        for (bin, log_odds) in self.bins.iter().zip(log_odds) {
            if *bin != ABSENT {
                *log_odds += self.table.values[*bin] - before[*bin];
            }
        }
    }
}

/// Returns the sum over a bin and its weighted neighbours.
fn shared(of: &[f64], bin: usize) -> f64 {
    let left = bin.checked_sub(1).map_or(0.0, |left| of[left]);
    let right = of.get(bin + 1).copied().unwrap_or(0.0);
    of[bin] + SMOOTHING * (left + right)
}

/// Returns the slope and curvature of a row's log-likelihood in its log-odds.
fn slopes(log_odds: f64, extraction: bool) -> (f64, f64) {
    let p = sigmoid(log_odds);
    (f64::from(u8::from(extraction)) - p, p * (1.0 - p))
}
