//! The state of a fit, and one round of it.

use std::collections::BTreeSet;

use super::bins::{ABSENT, edges, numbers};
use super::{BoostError, Column, Settings, TrainingRows};
use crate::risk::isotonic::non_decreasing;
use crate::risk::tail::weighted_quantile;
use crate::risk::{AdditiveModel, AdditiveModelError, Term, shrinkage, twelve_digits};

/// Largest change of a table's entry in one step, in log-odds.
const LARGEST_STEP: f64 = 0.5;
/// Largest entry of a table, in log-odds: beyond it a single feature would decide alone.
const LARGEST_ENTRY: f64 = 8.0;

/// A fit in progress. Held-out rows are carried along with a training weight of zero, so that nothing
/// they hold can reach a gradient, an edge or a mean.
pub(super) struct Cycle<'a> {
    rows: TrainingRows<'a>,
    settings: Settings,
    /// Scaled to sum to the number of training rows; zero for held-out rows.
    training_weight: Vec<f64>,
    /// The rows' own weights on held-out rows, zero elsewhere.
    held_out_weight: Vec<f64>,
    tables: Vec<Table>,
    base: f64,
    log_odds: Vec<f64>,
}

/// One feature's table in the making.
struct Table {
    bins: Vec<u8>,
    edges: Vec<f64>,
    values: Vec<f64>,
    /// Training weight of each bin.
    mass: Vec<f64>,
    /// Honest training weight of each bin, shrinkage included; empty for a table that stays flat.
    honest: Vec<f64>,
    typical: Option<f64>,
    monotone: bool,
    shrink: f64,
}

/// A model in the making and how good it is.
pub(super) struct Snapshot {
    pub(super) round: usize,
    pub(super) training_loss: f64,
    pub(super) held_out_loss: Option<f64>,
    base: f64,
    values: Vec<Vec<f64>>,
}

impl<'a> Cycle<'a> {
    pub(super) fn new(
        rows: TrainingRows<'a>,
        columns: &[Column],
        held_out: &BTreeSet<u64>,
        settings: Settings,
    ) -> Result<Self, BoostError> {
        let is_held_out: Vec<bool> = rows
            .group
            .iter()
            .map(|group| held_out.contains(group))
            .collect();
        let keep = |wanted: bool| {
            let weights = rows.weight.iter().zip(&is_held_out);
            weights
                .map(|(&weight, &out)| if out == wanted { weight } else { 0.0 })
                .collect::<Vec<f64>>()
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
        for weight in &mut training_weight {
            *weight *= scale;
        }
        let tables = columns
            .iter()
            .enumerate()
            .map(|(index, column)| Table::new(index, column, &rows, &training_weight, &settings))
            .collect();
        let positive: f64 = rows
            .extraction
            .iter()
            .zip(&training_weight)
            .map(|(&kind, &weight)| if kind { weight } else { 0.0 })
            .sum();
        let base = (positive / ((benign + extraction) as f64 - positive)).ln();
        Ok(Self {
            rows,
            settings,
            training_weight,
            held_out_weight: keep(true),
            tables,
            base,
            log_odds: vec![base; rows.len()],
        })
    }

    /// One step of every table, then of the intercept.
    pub(super) fn advance(&mut self) {
        for index in 0..self.tables.len() {
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
        self.log_odds
            .iter_mut()
            .for_each(|log_odds| *log_odds += step);
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

    pub(super) fn into_model(
        self,
        columns: &[Column],
        best: Snapshot,
    ) -> Result<AdditiveModel, AdditiveModelError> {
        let terms = self.tables.into_iter().zip(columns).zip(best.values).map(
            |((table, column), values)| Term {
                name: column.name.clone(),
                edges: table.edges,
                values: values.into_iter().map(twelve_digits).collect(),
                monotone: column.monotone,
                shrink: column.shrink,
                typical: table.typical,
            },
        );
        AdditiveModel::new(twelve_digits(best.base), terms.collect(), Vec::new())
    }

    fn step(&mut self, index: usize) {
        let table = &self.tables[index];
        if table.is_flat() {
            return;
        }
        let (mut gradient, mut curvature) =
            (vec![0.0; table.values.len()], vec![0.0; table.values.len()]);
        for (row, (&bin, &log_odds)) in table.bins.iter().zip(&self.log_odds).enumerate() {
            if bin != ABSENT && self.training_weight[row] > 0.0 {
                let strength = shrinkage(self.rows.exposure[row], table.shrink);
                let (g, h) = self.slopes(row, log_odds);
                gradient[usize::from(bin)] += g * strength;
                curvature[usize::from(bin)] += h * strength * strength;
            }
        }
        let moved = table.moved(&gradient, &curvature, &self.settings);
        let table = &mut self.tables[index];
        let change: Vec<f64> = moved
            .iter()
            .zip(&table.values)
            .map(|(new, old)| new - old)
            .collect();
        table.values = moved;
        let rows = table
            .bins
            .iter()
            .zip(self.rows.exposure)
            .zip(&mut self.log_odds);
        for ((&bin, &exposure), log_odds) in rows.filter(|((bin, _), _)| **bin != ABSENT) {
            *log_odds += change[usize::from(bin)] * shrinkage(exposure, table.shrink);
        }
    }

    /// Weighted slope and curvature of a training row's log-likelihood in its log-odds.
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

impl Table {
    fn new(
        index: usize,
        column: &Column,
        rows: &TrainingRows<'_>,
        training_weight: &[f64],
        settings: &Settings,
    ) -> Self {
        let feature = rows.features.column(index);
        let mut known: Vec<(f64, f64, bool)> = feature
            .iter()
            .zip(training_weight)
            .zip(rows.extraction)
            .filter(|((value, weight), _)| !value.is_nan() && **weight > 0.0)
            .map(|((&value, &weight), &extraction)| (value, weight, extraction))
            .collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        let of_honest: Vec<(f64, f64)> = known
            .iter()
            .filter(|row| !row.2)
            .map(|&(value, weight, _)| (value, weight))
            .collect();
        let of_all: Vec<(f64, f64)> = known
            .iter()
            .map(|&(value, weight, _)| (value, weight))
            .collect();
        let total: f64 = training_weight.iter().sum();
        let lightest = settings.smallest_bin * total;
        let edges = edges(&of_all, settings.bins, lightest);
        let bins = numbers(feature.iter().copied(), &edges);
        let (mut mass, mut honest) = (vec![0.0; edges.len() + 1], vec![0.0; edges.len() + 1]);
        let (mut honest_known, mut honest_total) = (0.0, 0.0);
        for (row, &bin) in bins.iter().enumerate() {
            let weight = training_weight[row];
            let is_honest = !rows.extraction[row];
            honest_total += if is_honest { weight } else { 0.0 };
            if bin != ABSENT {
                mass[usize::from(bin)] += weight;
                if is_honest {
                    honest_known += weight;
                    honest[usize::from(bin)] +=
                        weight * shrinkage(rows.exposure[row], column.shrink);
                }
            }
        }
        let comparable = honest.iter().sum::<f64>() > 0.0
            && honest_known >= settings.smallest_bin * honest_total;
        Self {
            values: vec![0.0; edges.len() + 1],
            bins,
            mass,
            honest: if comparable { honest } else { Vec::new() },
            typical: weighted_quantile(&of_honest, 0.5).map(twelve_digits),
            monotone: column.monotone,
            shrink: column.shrink,
            edges,
        }
    }

    /// Whether there is nothing to learn: one bin only, or no honest accounts to compare with.
    fn is_flat(&self) -> bool {
        self.edges.is_empty() || self.honest.is_empty()
    }

    /// The entries after one damped Newton step: smoothed, monotone where declared, and centred.
    fn moved(&self, gradient: &[f64], curvature: &[f64], settings: &Settings) -> Vec<f64> {
        let shared = |of: &[f64], bin: usize| {
            let left = bin.checked_sub(1).map_or(0.0, |left| of[left]);
            let right = of.get(bin + 1).copied().unwrap_or(0.0);
            of[bin] + 0.5 * settings.smoothing * (left + right)
        };
        let mut moved: Vec<f64> = self
            .values
            .iter()
            .enumerate()
            .map(|(bin, value)| {
                let room = shared(curvature, bin) + settings.penalty + f64::MIN_POSITIVE;
                let step = settings.learning_rate * shared(gradient, bin) / room;
                value + step.clamp(-LARGEST_STEP, LARGEST_STEP)
            })
            .collect();
        if self.monotone {
            moved = non_decreasing(&moved, &self.mass);
        }
        let honest: f64 = self.honest.iter().sum();
        let centre = moved
            .iter()
            .zip(&self.honest)
            .map(|(value, weight)| value * weight)
            .sum::<f64>()
            / honest;
        for value in &mut moved {
            *value = (*value - centre).clamp(-LARGEST_ENTRY, LARGEST_ENTRY);
        }
        moved
    }
}
