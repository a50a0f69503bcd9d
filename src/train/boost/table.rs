//! A table in the making: of one feature, or of two.

use super::bins::{ABSENT, edges, numbers};
use super::{Column, Settings, TrainingRows};
use crate::risk::isotonic::non_decreasing;
use crate::risk::tail::weighted_quantile;
use crate::risk::{shrinkage, twelve_digits};

/// Largest change of an entry in one step, in log-odds.
pub(super) const LARGEST_STEP: f64 = 0.5;
/// Largest entry, in log-odds: beyond it a single table would decide alone.
const LARGEST_ENTRY: f64 = 8.0;

/// One feature cut into bins.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub(super) feature: usize,
    pub(super) edges: Vec<f64>,
    /// The bin of every row.
    pub(super) bins: Vec<u8>,
    pub(super) monotone: bool,
}

impl Axis {
    /// Cuts a feature into at most `most` bins, by training rows alone.
    pub(super) fn cut(
        feature: usize,
        column: &Column,
        most: usize,
        rows: &TrainingRows<'_>,
        training_weight: &[f64],
        settings: &Settings,
    ) -> Self {
        let known = known(feature, rows, training_weight, |_| true);
        let lightest = settings.smallest_bin * training_weight.iter().sum::<f64>();
        let edges = edges(&known, most, lightest, settings.tail);
        let bins = numbers(rows.features.column(feature).iter().copied(), &edges);
        Self {
            feature,
            edges,
            bins,
            monotone: column.monotone,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.edges.len() + 1
    }
}

/// The weighted median of a feature among honest training rows that know it.
pub(super) fn typical(
    feature: usize,
    rows: &TrainingRows<'_>,
    training_weight: &[f64],
) -> Option<f64> {
    let honest = known(feature, rows, training_weight, |row| !rows.extraction[row]);
    weighted_quantile(&honest, 0.5).map(twelve_digits)
}

/// `(value, weight)` of the training rows that know a feature, in ascending order.
///
/// An infinite value has a bin, the first or the last, but no say in where edges lie or what is typical.
fn known(
    feature: usize,
    rows: &TrainingRows<'_>,
    training_weight: &[f64],
    keep: impl Fn(usize) -> bool,
) -> Vec<(f64, f64)> {
    let column = rows.features.column(feature);
    let mut known: Vec<(f64, f64)> = column
        .iter()
        .zip(training_weight)
        .enumerate()
        .filter(|&(row, (value, &weight))| value.is_finite() && weight > 0.0 && keep(row))
        .map(|(_, (&value, &weight))| (value, weight))
        .collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    known
}

/// Entries laid out in rows and columns; a table of one feature is a single row.
pub(super) struct Table {
    /// The cell of every training and held-out row.
    pub(super) cells: Vec<u8>,
    pub(super) values: Vec<f64>,
    pub(super) shrink: f64,
    columns: usize,
    /// Training weight of each cell.
    mass: Vec<f64>,
    /// Honest training weight of each cell, shrinkage included.
    honest: Vec<f64>,
    monotone_down: bool,
    monotone_across: bool,
    flat: bool,
}

impl Table {
    /// An empty table of one axis, or of two.
    pub(super) fn new(
        first: Option<&Axis>,
        second: &Axis,
        shrink: f64,
        rows: &TrainingRows<'_>,
        training_weight: &[f64],
        settings: &Settings,
    ) -> Self {
        let columns = second.len();
        let cells = first.map_or_else(|| second.bins.clone(), |first| cross(first, second));
        let count = columns * first.map_or(1, Axis::len);
        let (mut mass, mut honest) = (vec![0.0; count], vec![0.0; count]);
        let (mut honest_known, mut honest_total) = (0.0, 0.0);
        for (row, &cell) in cells.iter().enumerate() {
            let weight = training_weight[row];
            let is_honest = !rows.extraction[row];
            honest_total += if is_honest { weight } else { 0.0 };
            if cell != ABSENT {
                mass[usize::from(cell)] += weight;
                if is_honest {
                    honest_known += weight;
                    honest[usize::from(cell)] += weight * shrinkage(rows.exposure[row], shrink);
                }
            }
        }
        // One cell has nothing to tell apart, and without honest rows there is nothing to compare with.
        let comparable = honest.iter().sum::<f64>() > 0.0
            && honest_known >= settings.smallest_bin * honest_total;
        Self {
            cells,
            values: vec![0.0; count],
            shrink,
            columns,
            mass,
            honest,
            monotone_down: first.is_some_and(|first| first.monotone),
            monotone_across: second.monotone,
            flat: count < 2 || !comparable,
        }
    }

    /// Whether there is nothing to learn.
    pub(super) const fn is_flat(&self) -> bool {
        self.flat
    }

    /// The entries after one damped Newton step: smoothed, monotone where declared, and centred.
    pub(super) fn moved(
        &self,
        gradient: &[f64],
        curvature: &[f64],
        settings: &Settings,
    ) -> Vec<f64> {
        let step = |(cell, value): (usize, &f64)| {
            let room =
                self.shared(curvature, cell, settings) + settings.penalty + f64::MIN_POSITIVE;
            let step = settings.learning_rate * self.shared(gradient, cell, settings) / room;
            value + step.clamp(-LARGEST_STEP, LARGEST_STEP)
        };
        let mut moved: Vec<f64> = self.values.iter().enumerate().map(step).collect();
        self.make_monotone(&mut moved);
        let honest: f64 = self.honest.iter().sum();
        let above: f64 = moved
            .iter()
            .zip(&self.honest)
            .map(|(value, weight)| value * weight)
            .sum();
        for value in &mut moved {
            *value = (*value - above / honest).clamp(-LARGEST_ENTRY, LARGEST_ENTRY);
        }
        moved
    }

    /// What a cell and its neighbours hold together.
    fn shared(&self, of: &[f64], cell: usize, settings: &Settings) -> f64 {
        let (across, columns) = (cell % self.columns, self.columns);
        let mut around = 0.0;
        around += if across > 0 { of[cell - 1] } else { 0.0 };
        around += if across + 1 < columns {
            of[cell + 1]
        } else {
            0.0
        };
        around += if cell >= columns {
            of[cell - columns]
        } else {
            0.0
        };
        around += of.get(cell + columns).copied().unwrap_or(0.0);
        of[cell] + 0.5 * settings.smoothing * around
    }

    fn make_monotone(&self, values: &mut [f64]) {
        if values.len() == self.columns {
            if self.monotone_across {
                values.copy_from_slice(&non_decreasing(values, &self.mass));
            }
            return;
        }
        // Over two axes all cells weigh alike: only then does ordering the columns leave ordered rows in
        // order (isotonic regression keeps the order of its inputs when weights are the same).
        if self.monotone_across {
            for row in values.chunks_mut(self.columns) {
                row.copy_from_slice(&non_decreasing(row, &vec![1.0; row.len()]));
            }
        }
        if self.monotone_down {
            for column in 0..self.columns {
                let down: Vec<f64> = values[column..]
                    .iter()
                    .step_by(self.columns)
                    .copied()
                    .collect();
                let ordered = non_decreasing(&down, &vec![1.0; down.len()]);
                for (value, ordered) in values[column..]
                    .iter_mut()
                    .step_by(self.columns)
                    .zip(ordered)
                {
                    *value = ordered;
                }
            }
        }
    }
}

/// Cells of two axes, the second varying fastest.
fn cross(first: &Axis, second: &Axis) -> Vec<u8> {
    let cell = |(&a, &b): (&u8, &u8)| {
        if a == ABSENT || b == ABSENT {
            ABSENT
        } else {
            a * second.len() as u8 + b
        }
    };
    first.bins.iter().zip(&second.bins).map(cell).collect()
}
