//! The two isotonic fits of Venn-Abers for every possible new score, in linear time.
//!
//! Follows algorithms 1 and 2 of Vovk, Petej & Fedorova (2015, arXiv 1511.00213): the greatest convex
//! minorant of the cumulative sum diagram is kept on a stack while the new account's step slides from
//! the lowest score to the highest.

/// Calibration accounts with the same score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knot {
    pub(super) score: f64,
    pub(super) weight: f64,
    /// Weight of the extracting accounts among them.
    pub(super) extraction: f64,
}

/// A point of the cumulative sum diagram.
#[derive(Clone, Copy)]
struct Point {
    weight: f64,
    extraction: f64,
}

/// Returns, for each knot `i`, the isotonic value at a new extracting account of weight one whose score lies above knot
/// `i - 1` and at most at knot `i`.
pub(super) fn upper_fit(knots: &[Knot]) -> Vec<f64> {
    // Steps on both sides of the new one. Until a knot is passed it lies to the right of the new step.
    let mut diagram = vec![
        Point {
            weight: -1.0,
            extraction: -1.0,
        },
        Point {
            weight: 0.0,
            extraction: 0.0,
        },
    ];
    for knot in knots {
        let last = diagram[diagram.len() - 1];
        diagram.push(Point {
            weight: last.weight + knot.weight,
            extraction: last.extraction + knot.extraction,
        });
    }
    // Corners of the minorant, the leftmost on top.
    let mut corners: Vec<Point> = Vec::with_capacity(diagram.len());
    for &point in diagram.iter().rev() {
        push_convex(&mut corners, point);
    }
    let mut fit = Vec::with_capacity(knots.len());
    for passed in 0..knots.len() {
        let (top, next) = (corners[corners.len() - 1], corners[corners.len() - 2]);
        fit.push(slope(top, next));
        // The new step moves to the right of this knot: the point between the two moves with it.
        let moved = Point {
            weight: diagram[passed].weight + knots[passed].weight,
            extraction: diagram[passed].extraction + knots[passed].extraction,
        };
        diagram[passed + 1] = moved;
        if cross(top, next, moved) < 0.0 {
            corners.pop();
            push_convex(&mut corners, moved);
        }
    }
    for index in 1..fit.len() {
        // In theory equal or greater; enforced here against rounding.
        fit[index] = fit[index].max(fit[index - 1]);
    }
    fit
}

/// Returns, for each knot `i`, the isotonic value at a new benign account of weight one whose score lies at knot `i` or
/// above it, and below knot `i + 1`.
pub(super) fn lower_fit(knots: &[Knot]) -> Vec<f64> {
    // Mirroring scores and labels turns the second fit into the first.
    let mirrored: Vec<Knot> = knots
        .iter()
        .rev()
        .map(|knot| Knot {
            score: -knot.score,
            weight: knot.weight,
            extraction: knot.weight - knot.extraction,
        })
        .collect();
    upper_fit(&mirrored)
        .iter()
        .rev()
        .map(|value| 1.0 - value)
        .collect()
}

/// Pushes a point to the left of all others onto the stack, dropping corners that it makes concave.
fn push_convex(corners: &mut Vec<Point>, point: Point) {
    while let [.., second, top] = corners[..] {
        if cross(point, second, top) < 0.0 {
            break;
        }
        corners.pop();
    }
    corners.push(point);
}

/// Returns a negative number if `point` lies below the line from `left` to `right`.
fn cross(left: Point, right: Point, point: Point) -> f64 {
    (right.weight - left.weight) * (point.extraction - left.extraction)
        - (right.extraction - left.extraction) * (point.weight - left.weight)
}

fn slope(left: Point, right: Point) -> f64 {
    ((right.extraction - left.extraction) / (right.weight - left.weight)).clamp(0.0, 1.0)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests {
    use super::*;
    use crate::statistics::isotonic::non_decreasing;
    use proptest::prelude::*;

    /// Refits with one more account, a literal application of the definition.
    fn by_refitting(knots: &[Knot], score: f64, extraction: f64) -> f64 {
        let mut rows = knots.to_vec();
        match rows.iter_mut().find(|knot| knot.score == score) {
            Some(knot) => {
                knot.weight += 1.0;
                knot.extraction += extraction;
            }
            None => rows.push(Knot {
                score,
                weight: 1.0,
                extraction,
            }),
        }
        rows.sort_by(|a, b| a.score.total_cmp(&b.score));
        let shares: Vec<f64> = rows
            .iter()
            .map(|knot| knot.extraction / knot.weight)
            .collect();
        let weights: Vec<f64> = rows.iter().map(|knot| knot.weight).collect();
        let at = rows.iter().position(|knot| knot.score == score).unwrap();
        non_decreasing(&shares, &weights)[at]
    }

    proptest! {
        #[test]
        fn agrees_with_refitting(rows in prop::collection::vec((0.2_f64..3.0, 0.0_f64..1.0, any::<bool>()), 1..40)) {
            let knots: Vec<Knot> = rows
                .iter()
                .enumerate()
                .map(|(index, &(weight, share, pure))| {
                    let share = if pure { share.round() } else { share };
                    Knot { score: index as f64, weight, extraction: weight * share }
                })
                .collect();
            let (lower, upper) = (lower_fit(&knots), upper_fit(&knots));
            for (index, knot) in knots.iter().enumerate() {
                for score in [knot.score, knot.score - 0.5] {
                    let literal = by_refitting(&knots, score, 1.0);
                    prop_assert!((upper[index] - literal).abs() < 1e-9, "upper at {}", score);
                }
                for score in [knot.score, knot.score + 0.5] {
                    let literal = by_refitting(&knots, score, 0.0);
                    prop_assert!((lower[index] - literal).abs() < 1e-9, "lower at {}", score);
                }
            }
        }
    }
}
