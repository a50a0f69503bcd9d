//! The state of a fit, and one round of it.

use std::collections::BTreeSet;

use super::bins::ABSENT;
use super::pairs::{PAIR_BINS, screen};
use super::table::{Axis, LARGEST_STEP, Table, typical};
use super::{BoostError, Column, Settings, TrainingRows};
use crate::risk::{AdditiveModel, AdditiveModelError, PairTerm, Term, shrinkage, twelve_digits};

/// A fit in progress. Held-out rows are carried along with a training weight of zero, so that nothing
/// they hold can reach a gradient, an edge or a mean.
pub(super) struct Cycle<'a, 'c> {
    rows: TrainingRows<'a>,
    columns: &'c [Column],
    settings: Settings,
    /// Scaled to sum to the number of training rows; zero for held-out rows.
    training_weight: Vec<f64>,
    /// The rows' own weights on held-out rows, zero elsewhere.
    held_out_weight: Vec<f64>,
    axes: Vec<Axis>,
    /// One table for each axis, then one for each pair.
    tables: Vec<Table>,
    pairs: Vec<(Axis, Axis)>,
    base: f64,
    log_odds: Vec<f64>,
}

/// A model in the making and how good it is.
pub(super) struct Snapshot {
    pub(super) round: usize,
    pub(super) training_loss: f64,
    pub(super) held_out_loss: Option<f64>,
    base: f64,
    values: Vec<Vec<f64>>,
}

impl<'a, 'c> Cycle<'a, 'c> {
    pub(super) fn new(
        rows: TrainingRows<'a>,
        columns: &'c [Column],
        held_out: &BTreeSet<u64>,
        settings: Settings,
    ) -> Result<Self, BoostError> {
        let is_held_out: Vec<bool> = rows
            .group
            .iter()
            .map(|group| held_out.contains(group))
            .collect();
        let keep = |wanted: bool| -> Vec<f64> {
            let weights = rows.weight.iter().zip(&is_held_out);
            weights
                .map(|(&weight, &out)| if out == wanted { weight } else { 0.0 })
                .collect()
        };
        let mut training_weight = keep(false);
        let count = |extraction: bool| {
            let kinds = rows.extraction.iter().zip(&training_weight);
            kinds
                .filter(|&(&kind, &weight)| kind == extraction && weight > 0.0)
                .count()
        };
        let (benign, extraction) = (count(false), count(true));
        if benign == 0 || extraction == 0 {
            return Err(BoostError::OneClass { benign, extraction });
        }
        let scale = (benign + extraction) as f64 / training_weight.iter().sum::<f64>();
        let mut positive = 0.0;
        for (weight, &extraction) in training_weight.iter_mut().zip(rows.extraction) {
            *weight *= scale;
            positive += if extraction { *weight } else { 0.0 };
        }
        let cut = |(index, column)| {
            Axis::cut(
                index,
                column,
                settings.bins,
                &rows,
                &training_weight,
                &settings,
            )
        };
        let axes: Vec<Axis> = columns.iter().enumerate().map(cut).collect();
        let table = |(axis, column): (&Axis, &Column)| {
            Table::new(
                None,
                axis,
                column.shrink,
                &rows,
                &training_weight,
                &settings,
            )
        };
        let tables = axes.iter().zip(columns).map(table).collect();
        let base = (positive / ((benign + extraction) as f64 - positive)).ln();
        Ok(Self {
            rows,
            columns,
            settings,
            held_out_weight: keep(true),
            training_weight,
            axes,
            tables,
            pairs: Vec::new(),
            base,
            log_odds: vec![base; rows.len()],
        })
    }

    /// One step of every table from the `from`-th on, then of the intercept.
    pub(super) fn advance(&mut self, from: usize) {
        for index in from..self.tables.len() {
            self.step(index);
        }
        let (mut gradient, mut curvature) = (0.0, 0.0);
        for (row, &log_odds) in self.log_odds.iter().enumerate() {
            let (g, h) = self.slopes(row, log_odds);
            gradient += g;
            curvature += h;
        }
        let step = (gradient / (curvature + f64::MIN_POSITIVE)).clamp(-LARGEST_STEP, LARGEST_STEP);
        self.base += step;
        for log_odds in &mut self.log_odds {
            *log_odds += step;
        }
    }

    /// Adds empty tables for the most promising pairs, and says where they begin.
    pub(super) fn add_pairs(&mut self) -> usize {
        let coarse = |axis: &Axis| {
            let (feature, bins) = (axis.feature, PAIR_BINS.min(self.settings.bins));
            let column = &self.columns[feature];
            Axis::cut(
                feature,
                column,
                bins,
                &self.rows,
                &self.training_weight,
                &self.settings,
            )
        };
        // A feature that could not be compared with honest rows alone cannot be in a pair either.
        let usable = self
            .axes
            .iter()
            .zip(&self.tables)
            .filter(|(_, table)| !table.is_flat());
        let axes: Vec<Axis> = usable.map(|(axis, _)| coarse(axis)).collect();
        let (gradient, curvature): (Vec<f64>, Vec<f64>) = self
            .log_odds
            .iter()
            .enumerate()
            .map(|(row, &at)| self.slopes(row, at))
            .unzip();
        let begin = self.tables.len();
        let settings = &self.settings;
        for (first, second) in screen(
            &axes,
            &gradient,
            &curvature,
            settings.penalty,
            settings.pairs,
        ) {
            let (first, second) = (&axes[first], &axes[second]);
            let shrink = self.columns[first.feature]
                .shrink
                .max(self.columns[second.feature].shrink);
            let weight = &self.training_weight;
            let table = Table::new(Some(first), second, shrink, &self.rows, weight, settings);
            self.tables.push(table);
            self.pairs.push((first.clone(), second.clone()));
        }
        begin
    }

    pub(super) fn snapshot(&self, round: usize) -> Snapshot {
        Snapshot {
            round,
            training_loss: self.loss(&self.training_weight).unwrap_or(f64::NAN),
            held_out_loss: self.loss(&self.held_out_weight),
            base: self.base,
            values: self
                .tables
                .iter()
                .map(|table| table.values.clone())
                .collect(),
        }
    }

    /// Goes back to a snapshot of the same tables.
    pub(super) fn restore(&mut self, snapshot: &Snapshot) {
        self.base = snapshot.base;
        self.log_odds.fill(snapshot.base);
        for (table, values) in self.tables.iter_mut().zip(&snapshot.values) {
            table.values.clone_from(values);
            add(values, table, self.rows.exposure, &mut self.log_odds);
        }
    }

    /// The model as it stands. Pairs that learnt nothing are left out.
    pub(super) fn into_model(self) -> Result<AdditiveModel, AdditiveModelError> {
        let values = |table: &Table| -> Vec<f64> {
            table
                .values
                .iter()
                .map(|&value| twelve_digits(value))
                .collect()
        };
        let (singles, doubles) = self.tables.split_at(self.axes.len());
        let terms =
            singles
                .iter()
                .zip(&self.axes)
                .zip(self.columns)
                .map(|((table, axis), column)| Term {
                    name: column.name.clone(),
                    edges: axis.edges.clone(),
                    values: values(table),
                    lines: false,
                    monotone: column.monotone,
                    shrink: column.shrink,
                    typical: typical(axis.feature, &self.rows, &self.training_weight),
                });
        let pairs = doubles
            .iter()
            .zip(&self.pairs)
            .filter(|(table, _)| table.values.iter().any(|&value| value != 0.0))
            .map(|(table, (first, second))| PairTerm {
                first: first.feature,
                second: second.feature,
                first_edges: first.edges.clone(),
                second_edges: second.edges.clone(),
                values: values(table),
                shrink: table.shrink,
            });
        AdditiveModel::new(twelve_digits(self.base), terms.collect(), pairs.collect())
    }

    fn step(&mut self, index: usize) {
        let table = &self.tables[index];
        if table.is_flat() {
            return;
        }
        let cells = table.values.len();
        let (mut gradient, mut curvature) = (vec![0.0; cells], vec![0.0; cells]);
        for (row, (&cell, &log_odds)) in table.cells.iter().zip(&self.log_odds).enumerate() {
            if cell != ABSENT && self.training_weight[row] > 0.0 {
                let strength = shrinkage(self.rows.exposure[row], table.shrink);
                let (g, h) = self.slopes(row, log_odds);
                gradient[usize::from(cell)] += g * strength;
                curvature[usize::from(cell)] += h * strength * strength;
            }
        }
        let moved = table.moved(&gradient, &curvature, &self.settings);
        let change: Vec<f64> = moved
            .iter()
            .zip(&table.values)
            .map(|(new, old)| new - old)
            .collect();
        add(&change, table, self.rows.exposure, &mut self.log_odds);
        self.tables[index].values = moved;
    }

    /// Weighted slope and curvature of a row's training log-likelihood in its log-odds.
    fn slopes(&self, row: usize, log_odds: f64) -> (f64, f64) {
        let weight = self.training_weight[row];
        let p = 1.0 / (1.0 + (-log_odds).exp());
        let truth = if self.rows.extraction[row] { 1.0 } else { 0.0 };
        (weight * (truth - p), weight * p * (1.0 - p))
    }

    /// Mean logistic loss under some weights; `None` without weight.
    fn loss(&self, weights: &[f64]) -> Option<f64> {
        let total: f64 = weights.iter().sum();
        let rows = weights.iter().zip(&self.log_odds).zip(self.rows.extraction);
        let sum: f64 = rows
            .filter(|((weight, _), _)| **weight > 0.0)
            .map(|((weight, &log_odds), &extraction)| {
                let wrong = if extraction { -log_odds } else { log_odds };
                // ln(1 + e^x), without overflow.
                weight * (wrong.max(0.0) + (-wrong.abs()).exp().ln_1p())
            })
            .sum();
        (total > 0.0).then(|| sum / total)
    }
}

/// Adds a table's `entries` to the log-odds of every row.
fn add(entries: &[f64], table: &Table, exposure: &[f64], log_odds: &mut [f64]) {
    for ((&cell, &exposure), log_odds) in table.cells.iter().zip(exposure).zip(log_odds) {
        if cell != ABSENT {
            *log_odds += entries[usize::from(cell)] * shrinkage(exposure, table.shrink);
        }
    }
}
