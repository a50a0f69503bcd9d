//! Cutting one feature into bins of about equal weight.

use crate::risk::{bin_of, twelve_digits};

/// The bin number of an unknown value.
pub(super) const ABSENT: u8 = u8::MAX;

/// Bin edges that cut `known`, `(value, weight)` in ascending order, into at most `bins` bins of about
/// equal weight, none lighter than `lightest`.
///
/// With `tail` above 0 a bin takes that share of the weight that is left instead, so that bins grow finer towards high
/// values: measures of risk are decided in their upper tail, where equal weight would put a mild case and a
/// blatant one in the same bin.
///
/// Equal values are never parted, so a value with much of the weight gets a bin to itself and the rest is
/// shared out anew among the bins that remain. Edges lie between two neighbouring values.
pub(super) fn edges(known: &[(f64, f64)], bins: usize, lightest: f64, tail: f64) -> Vec<f64> {
    let mut left: f64 = known.iter().map(|(_, weight)| weight).sum();
    let mut edges: Vec<f64> = Vec::new();
    let mut inside = 0.0;
    for (index, &(value, weight)) in known.iter().enumerate() {
        inside += weight;
        let Some(&(next, _)) = known.get(index + 1) else {
            break;
        };
        let free = bins - edges.len();
        if free < 2 {
            break;
        }
        // Half of the next run of ties on either side would be as fair; cutting before it keeps it whole.
        let even = left / free as f64;
        let share = if tail > 0.0 { left * tail } else { even }.max(lightest);
        if value < next && inside >= share * (1.0 - 1e-9) && left - inside >= lightest {
            let middle = twelve_digits(f64::midpoint(value, next));
            let edge = if middle > value { middle } else { next };
            if edge.is_finite() && edges.last().is_none_or(|&last| last < edge) {
                edges.push(edge);
                left -= inside;
                inside = 0.0;
            }
        }
    }
    edges
}

/// The bin of every value of a column.
pub(super) fn numbers(column: impl Iterator<Item = f64>, edges: &[f64]) -> Vec<u8> {
    column
        .map(|value| {
            if value.is_nan() {
                ABSENT
            } else {
                bin_of(edges, value) as u8
            }
        })
        .collect()
}
