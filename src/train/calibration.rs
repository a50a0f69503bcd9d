//! Fits a calibration: groups ties, weights accounts, and fits the curve of the headline beside the two isotonic fits.

mod curve;

use thiserror::Error;

use super::venn_abers::{Knot, lower_fit, upper_fit};
use crate::risk::{Calibration, CalibrationError, VennAbersFit};
use crate::statistics::decimal::twelve_digits;

/// One account used for calibration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CalibrationRow {
    /// Score in log-odds.
    pub score: f64,
    /// Whether the account extracts.
    pub extraction: bool,
    /// Weight.
    pub weight: f64,
}

/// The reason why a calibration could not be fitted.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub(crate) enum CalibrationFitError {
    /// A score is not finite.
    #[error("calibration row {row}: expected a finite score, got {actual}")]
    Score {
        /// Index of the row.
        row: usize,
        /// Score of the row.
        actual: f64,
    },
    /// A weight is negative or not finite.
    #[error("calibration row {row}: expected a finite weight of at least 0, got {actual}")]
    Weight {
        /// Index of the row.
        row: usize,
        /// Weight of the row.
        actual: f64,
    },
    /// Only one class of accounts is present.
    #[error("expected both kinds of accounts, got {benign} benign and {extraction} extraction")]
    OneClass {
        /// Benign rows of positive weight.
        benign: u64,
        /// Extraction rows of positive weight.
        extraction: u64,
    },
    /// The fit fails the checks of a calibration.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
}

/// Fits a calibration on accounts that were not used in training. It is calibrated for the share of extraction among
/// them.
///
/// Weights are rescaled to sum to the effective number of accounts, `(sum w)^2 / sum w^2` (Kish), and
/// a new account weighs one. With equal weights this is exactly Venn-Abers; with unequal ones the
/// interval is widened to what the weights leave of the data, without the finite-sample theorem.
///
/// # Errors
/// When a score or weight is not finite, or a class has no row of positive weight.
pub(crate) fn fit_calibration(rows: &[CalibrationRow]) -> Result<Calibration, CalibrationFitError> {
    for (row, &CalibrationRow { score, weight, .. }) in rows.iter().enumerate() {
        if !score.is_finite() {
            return Err(CalibrationFitError::Score { row, actual: score });
        }
        if !(weight >= 0.0 && weight.is_finite()) {
            return Err(CalibrationFitError::Weight {
                row,
                actual: weight,
            });
        }
    }
    let rows: Vec<CalibrationRow> = rows
        .iter()
        .copied()
        .filter(|row| row.weight > 0.0)
        .collect();
    let extraction = rows.iter().filter(|row| row.extraction).count() as u64;
    let benign = rows.len() as u64 - extraction;
    if benign == 0 || extraction == 0 {
        return Err(CalibrationFitError::OneClass { benign, extraction });
    }
    let knots = knots(rows);
    let weight: f64 = knots.iter().map(|knot| knot.weight).sum();
    let of_extraction: f64 = knots.iter().map(|knot| knot.extraction).sum();
    let fit = VennAbersFit {
        lower: first_of_runs(&knots, &lower_fit(&knots)),
        upper: last_of_runs(&knots, &upper_fit(&knots)),
        curve: curve::fit(&knots),
        base_rate: twelve_digits(of_extraction / weight),
        prior: twelve_digits(of_extraction / weight),
        benign,
        extraction,
    };
    Ok(fit.try_into()?)
}

/// Rows grouped by score, in order, with weights that sum to the effective number of rows.
fn knots(mut rows: Vec<CalibrationRow>) -> Vec<Knot> {
    rows.sort_by(|a, b| a.score.total_cmp(&b.score));
    let sum: f64 = rows.iter().map(|row| row.weight).sum();
    let squares: f64 = rows.iter().map(|row| row.weight * row.weight).sum();
    let scale = sum / squares;
    let mut knots: Vec<Knot> = Vec::new();
    for row in rows {
        let score = twelve_digits(row.score);
        let weight = row.weight * scale;
        let extraction = if row.extraction { weight } else { 0.0 };
        match knots.last_mut() {
            Some(last) if last.score >= score => {
                last.weight += weight;
                last.extraction += extraction;
            }
            _ => knots.push(Knot {
                score,
                weight,
                extraction,
            }),
        }
    }
    knots
}

/// Keeps the knots at which `p0` rises; `p0` applies from a knot on.
fn first_of_runs(knots: &[Knot], fit: &[f64]) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (knot, &value) in knots.iter().zip(fit) {
        let value = twelve_digits(value);
        if value > steps.last().map_or(0.0, |&(_, before)| before) {
            steps.push((knot.score, value));
        }
    }
    steps
}

/// Keeps the knots after which `p1` rises; `p1` applies up to a knot.
fn last_of_runs(knots: &[Knot], fit: &[f64]) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (knot, &value) in knots.iter().zip(fit).rev() {
        let value = twelve_digits(value);
        if value < steps.last().map_or(1.0, |&(_, after)| after) {
            steps.push((knot.score, value));
        }
    }
    steps.reverse();
    steps
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests;
