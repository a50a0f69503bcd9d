//! Fits the curve of the headline: a logistic regression on the score whose slope differs between stretches.
//!
//! The stretches lie between quantiles of the scores; on each the slope is at least [`SLOPE_MIN`], so the curve rises
//! everywhere, and at most [`SLOPE_MAX`], which separable accounts would exceed. Targets are softened as Platt (1999)
//! does. The loss is convex and the constraints are bounds, so coordinate-wise Newton steps converge.

use crate::risk::SLOPE_MIN;
use crate::statistics::decimal::twelve_digits;
use crate::statistics::logistic::sigmoid;
use crate::train::venn_abers::Knot;

/// Greatest slope, in log-odds per unit of score.
const SLOPE_MAX: f64 = 3.0;
/// Quantiles of the scores, by weight, between which a stretch lies.
const QUANTILES: [f64; 8] = [0.02, 0.15, 0.35, 0.5, 0.65, 0.8, 0.92, 0.985];
/// Least length of a stretch, in units of score.
const STRETCH_MIN: f64 = 0.25;
/// Rounds over all slopes; the loss converges within a few dozen.
const ROUNDS: usize = 150;

/// Returns the curve as (score, log-odds) points; see [`VennAbersFit::curve`](crate::risk::VennAbersFit::curve).
pub(super) fn fit(knots: &[Knot]) -> Vec<(f64, f64)> {
    let points = points(knots);
    let weight: f64 = knots.iter().map(|knot| knot.weight).sum();
    let positive: f64 = knots.iter().map(|knot| knot.extraction).sum();
    let high = (positive + 1.0) / (positive + 2.0);
    let low = 1.0 / (weight - positive + 2.0);
    let targets: Vec<f64> = knots
        .iter()
        .map(|knot| knot.extraction * high + (knot.weight - knot.extraction) * low)
        .collect();
    let inputs: Vec<Vec<f64>> = (0..points.len() - 1)
        .map(|stretch| {
            knots
                .iter()
                .map(|knot| along(&points, stretch, knot.score))
                .collect()
        })
        .collect();
    let ones = vec![1.0; knots.len()];
    let mut slopes = vec![SLOPE_MIN; inputs.len()];
    let mut base = 0.0;
    let mut margins: Vec<f64> = (0..knots.len())
        .map(|knot| inputs.iter().map(|input| SLOPE_MIN * input[knot]).sum())
        .collect();
    for _ in 0..ROUNDS {
        base += step(
            knots,
            &targets,
            &mut margins,
            &ones,
            base,
            (f64::MIN, f64::MAX),
        );
        for (input, slope) in inputs.iter().zip(&mut slopes) {
            *slope += step(
                knots,
                &targets,
                &mut margins,
                input,
                *slope,
                (SLOPE_MIN, SLOPE_MAX),
            );
        }
    }
    let mut log_odds = base;
    let mut curve = vec![(points[0], twelve_digits(base))];
    for (pair, slope) in points.windows(2).zip(slopes) {
        log_odds += slope * (pair[1] - pair[0]);
        curve.push((pair[1], twelve_digits(log_odds)));
    }
    curve
}

/// Returns where stretches meet: quantiles of the scores that are far enough apart, at least two points.
fn points(knots: &[Knot]) -> Vec<f64> {
    let total: f64 = knots.iter().map(|knot| knot.weight).sum();
    let mut points: Vec<f64> = Vec::new();
    for quantile in QUANTILES {
        let mut left = quantile * total;
        let at = knots.iter().find(|knot| {
            left -= knot.weight;
            left <= 0.0
        });
        let score = twelve_digits(at.or(knots.last()).map_or(0.0, |knot| knot.score));
        if points.last().is_none_or(|last| score - last >= STRETCH_MIN) {
            points.push(score);
        }
    }
    if points.len() < 2 {
        points.push(twelve_digits(points[0] + 1.0));
    }
    points
}

/// Returns how far a score lies along a stretch; the first and the last one have no end.
fn along(points: &[f64], stretch: usize, score: f64) -> f64 {
    let (from, to) = (points[stretch], points[stretch + 1]);
    let from_here = if stretch == 0 { score } else { score.max(from) };
    let to_here = if stretch + 2 == points.len() {
        from_here
    } else {
        from_here.min(to)
    };
    to_here - from
}

/// Takes one bounded Newton step of the loss in one coefficient, applies it to the margins and returns it.
fn step(
    knots: &[Knot],
    targets: &[f64],
    margins: &mut [f64],
    input: &[f64],
    at: f64,
    (least, most): (f64, f64),
) -> f64 {
    let (mut slope, mut curvature) = (0.0, 1e-9);
    for (((knot, target), margin), input) in knots.iter().zip(targets).zip(&*margins).zip(input) {
        let p = sigmoid(*margin);
        slope += (target - knot.weight * p) * input;
        curvature += knot.weight * p * (1.0 - p) * input * input;
    }
    let change = (at + (slope / curvature).clamp(-1.0, 1.0)).clamp(least, most) - at;
    for (margin, input) in margins.iter_mut().zip(input) {
        *margin += change * input;
    }
    change
}
