//! Fits the fusion: logistic regression on the log-odds of a few measures, with non-negative weights.
//!
//! A measure in log-odds enters as it is, one in [0, 1] as `ln((x + c) / (1 + c - x))`, both times a weight, relative to
//! the median benign account and shrunk by exposure; the model's lines follow that curve through some twenty points. Boosted tables over more measures
//! fitted the same accounts better and unseen ones worse: their steps treated everything in the tail, where thresholds
//! lie, as equal. Fitted by projected coordinate Newton steps, which converge because the loss is convex and the
//! constraints are bounds. Deterministic.

use thiserror::Error;

use super::rows::{Column, RowsError, Scale, TrainingRows};
use crate::detect::Unit;
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
    let (base, weights) = descend(rows, &inputs, settings.penalty);
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
        Scale::LogOdds => value,
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
        Scale::LogOdds => {
            let (least, most) = Unit::LogOdds.range();
            vec![least, most]
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
    let origin = scaled(typical.unwrap_or(0.0), settings.scale);
    let values = rows.features.column(column);
    let input = |row: usize| {
        let value = values[row];
        if value.is_nan() {
            0.0
        } else {
            (scaled(value, settings.scale) - origin) * shrinkage(rows.exposure[row], settings.shrink)
        }
    };
    (0..rows.len()).map(input).collect()
}

/// Fits intercept and weights: for each coordinate one damped Newton step of the mean loss, then clipped to at least 0.
fn descend(rows: &TrainingRows<'_>, inputs: &[Vec<f64>], penalty: f64) -> (f64, Vec<f64>) {
    let ones = vec![1.0; rows.len()];
    let total: f64 = rows.weight.iter().sum();
    let mut margins = vec![0.0; rows.len()];
    let (mut base, mut weights) = (0.0, vec![0.0; inputs.len()]);
    let mut shift = |input: &[f64], weight: &mut f64, penalty: f64, least: f64| {
        let next = (*weight - newton(rows, total, &margins, input, *weight, penalty)).max(least);
        for (margin, input) in margins.iter_mut().zip(input) {
            *margin += (next - *weight) * input;
        }
        *weight = next;
    };
    for _ in 0..ROUNDS {
        shift(&ones, &mut base, 0.0, f64::NEG_INFINITY);
        for (input, weight) in inputs.iter().zip(&mut weights) {
            shift(input, weight, penalty, 0.0);
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
    let origin = scaled(typical.unwrap_or(0.0), column.scale);
    let value = |point: &f64| twelve_digits(weight * (scaled(*point, column.scale) - origin));
    let points = points(column.scale);
    Term {
        name: column.name.clone(),
        values: points.iter().map(value).collect(),
        edges: points,
        lines: true,
        monotone: column.monotone,
        shrink: column.shrink,
        typical,
    }
}

#[cfg(test)]
mod tests;
