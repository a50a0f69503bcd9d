//! Fits the fusion: logistic regression on the log-odds of a few measures, each weighing only in its own direction.
//!
//! A measure in log-odds enters as it is, one in [0, 1] as `ln((x + c) / (1 + c - x))`, both times a weight, relative
//! to the median benign account and shrunk by exposure; the model's lines follow that curve through some twenty
//! points. A measure that clears is relative to 0, so that its absence weighs nothing; if it clears at all, it does
//! so up to the clearing limit. (Most accounts are too short to show what clears, so that a fitted weight is small;
//! on unseen accounts the whole limit ranked better.) Boosted tables over more measures fitted the same accounts
//! better and unseen ones worse: their steps treated everything in the tail, where thresholds lie, as equal. Fitted
//! by projected coordinate Newton steps, which converge because the loss is convex and the constraints are bounds.
//! Deterministic.

use thiserror::Error;

use super::rows::{Column, RowsError, Scale, TrainingRows};
use crate::detect::{CLEARING_LIMIT, Direction, Unit};
use crate::risk::{AdditiveModel, AdditiveModelError, Term, shrinkage};
use crate::statistics::decimal::twelve_digits;
use crate::statistics::logistic::sigmoid;

/// Keeps the log-odds of 0 and 1 finite: one in five hundred is the smallest share that a measure can distinguish.
const OFFSET: f64 = 0.002;
/// Points that divide the curve into lines: finer towards both ends, as log-odds are.
const POINTS: [f64; 21] = [
    0.0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.06, 0.1, 0.16, 0.25, 0.4, 0.55, 0.7, 0.82, 0.9,
    0.95, 0.975, 0.99, 0.996, 1.0,
];
/// Rounds over all weights; the loss converges within a few dozen.
const ROUNDS: usize = 100;

/// Settings of the fit.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogisticSettings {
    /// L2 penalty of a weight, in the mean loss.
    pub penalty: f64,
}

/// The reason why nothing could be fitted.
#[derive(Debug, Error)]
pub(crate) enum LogisticError {
    /// One class of accounts has no weight.
    #[error(
        "expected weighted rows of both kinds, got {benign} benign and {extraction} extraction"
    )]
    OneClass {
        /// Total weight of benign rows.
        benign: f64,
        /// Total weight of extraction rows.
        extraction: f64,
    },
    /// The rows are inconsistent.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The model fails its own checks.
    #[error(transparent)]
    Model(#[from] AdditiveModelError),
}

/// Fits a weight for each column. A column whose weight is zero has no term in the model.
///
/// # Errors
/// When rows and columns are inconsistent, or one class of rows is missing.
pub(crate) fn fit(
    rows: &TrainingRows<'_>,
    columns: &[Column],
    settings: LogisticSettings,
) -> Result<AdditiveModel, LogisticError> {
    rows.check(columns.len())?;
    let weight_of = |kind: bool| -> f64 {
        let kinds = rows.weight.iter().zip(rows.extraction);
        kinds
            .filter(|(_, is)| **is == kind)
            .map(|(weight, _)| weight)
            .sum()
    };
    let (benign, extraction) = (weight_of(false), weight_of(true));
    if benign <= 0.0 || extraction <= 0.0 {
        return Err(LogisticError::OneClass { benign, extraction });
    }
    let typical: Vec<Option<f64>> = (0..columns.len())
        .map(|column| rows.typical(column))
        .collect();
    let inputs: Vec<Vec<f64>> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| input(rows, index, column, typical[index]))
        .collect();
    let mut bounds: Vec<(f64, f64)> = columns.iter().map(bounds).collect();
    let (_, first) = descend(rows, &inputs, &bounds, settings.penalty);
    for ((bounds, weight), column) in bounds.iter_mut().zip(first).zip(columns) {
        if column.direction == Direction::Clears && weight < 0.0 {
            bounds.1 = bounds.0;
        }
    }
    let (base, weights) = descend(rows, &inputs, &bounds, settings.penalty);
    let terms = columns
        .iter()
        .zip(typical)
        .zip(weights)
        .map(|((column, typical), weight)| term(column, typical, weight))
        .filter(|term| !term.is_flat());
    Ok(AdditiveModel::new(twelve_digits(base), terms.collect())?)
}

/// Returns what a weight multiplies, before it is taken relative to the median benign account.
fn scaled(value: f64, scale: Scale) -> f64 {
    match scale {
        Scale::LogOdds | Scale::Plain => value,
        Scale::Share => {
            let share = value.clamp(0.0, 1.0);
            ((share + OFFSET) / (1.0 + OFFSET - share)).ln()
        }
    }
}

/// Returns the points that divide the curve of a scale into lines.
fn points(scale: Scale) -> Vec<f64> {
    match scale {
        Scale::Share => POINTS.to_vec(),
        Scale::Plain => vec![0.0, 1.0],
        Scale::LogOdds => {
            let (least, most) = Unit::LogOdds.range();
            vec![least, most]
        }
    }
}

/// Returns the log-odds at which a column weighs nothing.
fn origin(column: &Column, typical: Option<f64>) -> f64 {
    match column.direction {
        Direction::Clears => scaled(0.0, column.scale),
        Direction::Accuses | Direction::Context => scaled(typical.unwrap_or(0.0), column.scale),
    }
}

/// Returns the least and the greatest weight of a column.
fn bounds(column: &Column) -> (f64, f64) {
    match column.direction {
        Direction::Accuses | Direction::Context => (0.0, f64::INFINITY),
        // A hair less than the limit, which rounding to twelve digits could pass.
        Direction::Clears => {
            let span = scaled(1.0, column.scale) - scaled(0.0, column.scale);
            (CLEARING_LIMIT * (1.0 - 1e-9) / span, 0.0)
        }
    }
}

/// Returns the value that a weight multiplies; 0 where the feature is unknown.
fn input(
    rows: &TrainingRows<'_>,
    column: usize,
    settings: &Column,
    typical: Option<f64>,
) -> Vec<f64> {
    let origin = origin(settings, typical);
    let values = rows.features.column(column);
    let input = |row: usize| {
        let value = values[row];
        if value.is_nan() {
            0.0
        } else {
            (scaled(value, settings.scale) - origin)
                * shrinkage(rows.exposure[row], settings.shrink)
        }
    };
    (0..rows.len()).map(input).collect()
}

/// Fits intercept and weights: for each coordinate one damped Newton step of the mean loss, then clipped to its bounds.
fn descend(
    rows: &TrainingRows<'_>,
    inputs: &[Vec<f64>],
    bounds: &[(f64, f64)],
    penalty: f64,
) -> (f64, Vec<f64>) {
    let ones = vec![1.0; rows.len()];
    let total: f64 = rows.weight.iter().sum();
    let mut margins = vec![0.0; rows.len()];
    let (mut base, mut weights) = (0.0, vec![0.0; inputs.len()]);
    let mut shift = |input: &[f64], weight: &mut f64, penalty: f64, (least, most): (f64, f64)| {
        let step = newton(rows, total, &margins, input, *weight, penalty);
        let next = (*weight - step).clamp(least, most);
        for (margin, input) in margins.iter_mut().zip(input) {
            *margin += (next - *weight) * input;
        }
        *weight = next;
    };
    for _ in 0..ROUNDS {
        shift(&ones, &mut base, 0.0, (f64::NEG_INFINITY, f64::INFINITY));
        for ((input, weight), bounds) in inputs.iter().zip(&mut weights).zip(bounds) {
            shift(input, weight, penalty, *bounds);
        }
    }
    (base, weights)
}

/// Returns the slope divided by the curvature of the mean weighted logistic loss in one weight, within +-1.
fn newton(
    rows: &TrainingRows<'_>,
    total: f64,
    margins: &[f64],
    input: &[f64],
    at: f64,
    penalty: f64,
) -> f64 {
    let (mut slope, mut curvature) = (penalty * at, penalty + f64::MIN_POSITIVE);
    for (row, (margin, input)) in margins.iter().zip(input).enumerate() {
        let p = sigmoid(*margin);
        let truth = if rows.extraction[row] { 1.0 } else { 0.0 };
        let weight = rows.weight[row] / total;
        slope += weight * (p - truth) * input;
        curvature += weight * p * (1.0 - p) * input * input;
    }
    (slope / curvature).clamp(-1.0, 1.0)
}

fn term(column: &Column, typical: Option<f64>, weight: f64) -> Term {
    let origin = origin(column, typical);
    let value = |point: &f64| twelve_digits(weight * (scaled(*point, column.scale) - origin));
    let points = points(column.scale);
    Term {
        name: column.name.clone(),
        values: points.iter().map(value).collect(),
        edges: points,
        lines: true,
        monotone: column.direction == Direction::Accuses,
        shrink: column.shrink,
        typical,
    }
}

#[cfg(test)]
mod tests;
