//! Mahalanobis distance: how unusual each request is among benign ones, averaged over the account.
//!
//! Lee, Lee, Lee and Shin 2018, "A simple unified framework for detecting out-of-distribution samples and adversarial
//! attacks" (NeurIPS): one Gaussian for each class with a shared covariance, and the distance to the nearest. Classes
//! are the benign applications of the training stream, or a single class of all. The covariance is shrunk towards a
//! multiple of the identity by the oracle-approximating rule (Chen, Wiesel, Eldar and Hero 2010, "Shrinkage algorithms
//! for MMSE covariance estimation").
//!
//! The factorisation is written out: the linear algebra crates that have one (nalgebra, faer) take 25 seconds and more
//! to compile, for two short loops.

use std::collections::BTreeMap;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, Axis};

use super::Baseline;
use super::distance::squared_distance;
use super::history::History;
use super::step::Step;
use crate::domain::EMBEDDING_DIM;

/// Fewest requests for an application to be a class.
const LEAST: usize = 20;

/// Number of requests widened to doubles at a time.
const BLOCK: usize = 1_024;

type Vector = [f32; EMBEDDING_DIM];

/// Gaussian classes with a shared covariance.
pub(super) struct Mahalanobis {
    name: &'static str,
    /// Lower triangle `L` with `L L' = covariance`.
    factor: Array2<f64>,
    /// Whitened class means: `L^-1 mean`.
    centres: Vec<Vector>,
}

impl Mahalanobis {
    /// Fits both forms on the requests of the benign accounts: one class, and one for each application. `None` where
    /// no application has enough requests.
    pub(super) fn fit(histories: &[History]) -> Option<[Self; 2]> {
        let benign = || histories.iter().filter(|history| !history.extraction());
        let mut applications: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
        for history in benign() {
            let steps = applications.entry(history.application()).or_default();
            steps.extend(&history.steps);
        }
        let all: Vec<&Step> = benign().flat_map(|history| &history.steps).collect();
        let classes: Vec<Vec<&Step>> = applications
            .into_values()
            .filter(|steps| steps.len() >= LEAST)
            .collect();
        (!classes.is_empty()).then(|| {
            [
                Self::of("Mahalanobis, global", &[all]),
                Self::of("Mahalanobis, nearest application", &classes),
            ]
        })
    }

    fn of(name: &'static str, classes: &[Vec<&Step>]) -> Self {
        let means: Vec<Array1<f64>> = classes.iter().map(|steps| mean(steps)).collect();
        let mut scatter = Array2::zeros((EMBEDDING_DIM, EMBEDDING_DIM));
        let mut count = 0.0;
        for (steps, mean) in classes.iter().zip(&means) {
            for block in steps.chunks(BLOCK) {
                let apart = points(block) - mean;
                general_mat_mul(1.0, &apart.t(), &apart, 1.0, &mut scatter);
                count += block.len() as f64;
            }
        }
        let factor = cholesky(&shrunk(scatter / count, count));
        let centres = means.iter().map(|mean| whitened(&factor, mean)).collect();
        Self {
            name,
            factor,
            centres,
        }
    }

    /// Returns the squared distance of one request to the nearest class.
    fn distance(&self, step: &Step) -> f64 {
        let point = Array1::from_iter(step.embedding.0.map(f64::from));
        let point = whitened(&self.factor, &point);
        let distances = self.centres.iter().map(|c| squared_distance(&point, c));
        f64::from(distances.fold(f32::INFINITY, f32::min))
    }
}

impl Baseline for Mahalanobis {
    fn name(&self) -> &'static str {
        self.name
    }

    fn form(&self) -> String {
        format!("{} class(es)", self.centres.len())
    }

    fn score(&self, steps: &[Step]) -> f64 {
        let sum: f64 = steps.iter().map(|step| self.distance(step)).sum();
        sum / steps.len().max(1) as f64
    }
}

/// Stacks embeddings as a matrix of requests by dimensions.
fn points(steps: &[&Step]) -> Array2<f64> {
    let at = |(row, column): (usize, usize)| f64::from(steps[row].embedding.0[column]);
    Array2::from_shape_fn((steps.len(), EMBEDDING_DIM), at)
}

fn mean(steps: &[&Step]) -> Array1<f64> {
    let sums = steps
        .chunks(BLOCK)
        .map(|block| points(block).sum_axis(Axis(0)));
    sums.fold(Array1::zeros(EMBEDDING_DIM), |all, sum| all + sum) / steps.len() as f64
}

/// Shrinks the covariance towards `trace / p` times the identity, as far as `count` samples leave it uncertain. The
/// result is never singular: some of the identity remains whatever the count.
fn shrunk(covariance: Array2<f64>, count: f64) -> Array2<f64> {
    let p = covariance.nrows() as f64;
    let trace = covariance.diag().sum();
    let squares: f64 = covariance.iter().map(|x| x * x).sum();
    let above = (1.0 - 2.0 / p) * squares + trace * trace;
    let below = (count + 1.0 - 2.0 / p) * (squares - trace * trace / p);
    let share = if below > 0.0 { above / below } else { 1.0 };
    let share = share.clamp(1e-6, 1.0);
    // A class of identical requests has zero variance; the scale of the embeddings is used then.
    let target = (trace / p).max(1e-9);
    let mut shrunk = covariance * (1.0 - share);
    let mut diagonal = shrunk.diag_mut();
    diagonal += share * target;
    shrunk
}

/// Returns the lower triangle `L` with `L L'` equal to a positive definite matrix, of which only the lower triangle is
/// read.
fn cholesky(matrix: &Array2<f64>) -> Array2<f64> {
    let mut factor = Array2::zeros(matrix.raw_dim());
    for i in 0..matrix.nrows() {
        for j in 0..=i {
            // Entries not computed yet are 0.
            let rest: f64 = matrix[[i, j]] - factor.row(i).dot(&factor.row(j));
            factor[[i, j]] = if i == j {
                // Rounding may make a tiny pivot negative.
                rest.max(1e-15).sqrt()
            } else {
                rest / factor[[j, j]]
            };
        }
    }
    factor
}

/// Returns `L^-1 x`, by forward substitution.
fn whitened(factor: &Array2<f64>, x: &Array1<f64>) -> Vector {
    let mut solved = Array1::zeros(x.len());
    for (i, row) in factor.outer_iter().enumerate() {
        solved[i] = (x[i] - row.dot(&solved)) / row[i];
    }
    std::array::from_fn(|i| solved[i] as f32)
}

#[cfg(test)]
mod tests {
    use super::{Mahalanobis, cholesky, shrunk, whitened};
    use crate::domain::{EMBEDDING_DIM, Verdict};
    use crate::eval::baseline::Baseline;
    use crate::eval::baseline::samples::{account, toward};
    use ndarray::{Array1, Array2};
    use proptest::prelude::*;

    fn matrix(entry: impl Fn(usize, usize) -> f64) -> Array2<f64> {
        let lower = |(i, j)| if j <= i { entry(i, j) } else { 0.0 };
        Array2::from_shape_fn((EMBEDDING_DIM, EMBEDDING_DIM), lower)
    }

    #[test]
    fn a_hand_worked_factor() {
        // [[4, 2], [2, 5]] is [[2, 0], [1, 2]] times its transpose; L^-1 (2, 5) = (1, 2).
        let corner = [[4.0, 0.0], [2.0, 5.0]];
        let covariance = matrix(|i, j| {
            let inside = corner.get(i).and_then(|row| row.get(j)).copied();
            inside.unwrap_or(if i == j { 1.0 } else { 0.0 })
        });
        let factor = cholesky(&covariance);
        assert!((factor[[0, 0]] - 2.0).abs() < 1e-12);
        assert!((factor[[1, 0]] - 1.0).abs() < 1e-12);
        assert!((factor[[1, 1]] - 2.0).abs() < 1e-12);
        let mut x = Array1::zeros(EMBEDDING_DIM);
        (x[0], x[1]) = (2.0, 5.0);
        let point = whitened(&factor, &x);
        assert!((point[0] - 1.0).abs() < 1e-6 && (point[1] - 2.0).abs() < 1e-6);
    }

    #[test]
    fn shrinkage_of_a_diagonal_by_hand() {
        // Half the variances 1, half 3: p = 128, trace 256, squares 64 + 576 = 640. With 1,000 samples the share is
        // ((1 - 2/128) 640 + 65,536) / ((1,001 - 2/128) (640 - 512)) = 66,166 / 128,126.
        let covariance = matrix(|i, j| match (i == j, i % 2) {
            (false, _) => 0.0,
            (true, 0) => 1.0,
            (true, _) => 3.0,
        });
        let share = 66_166.0 / 128_126.0;
        let shrunk = shrunk(covariance, 1_000.0);
        assert!((shrunk[[0, 0]] - (1.0 - share + share * 2.0)).abs() < 1e-9);
        assert!((shrunk[[1, 1]] - (3.0 * (1.0 - share) + share * 2.0)).abs() < 1e-9);
    }

    #[test]
    fn the_nearest_application_is_nearer_than_all_of_them() {
        let around = |axis: usize| {
            (0..60)
                .map(|n| {
                    let mut coordinates = [0.0; 12];
                    coordinates[axis] = 1.0;
                    coordinates[3 + n % 9] = 0.1 + 0.01 * (n % 7) as f32;
                    toward(&coordinates)
                })
                .collect::<Vec<_>>()
        };
        let benign: Vec<_> = (0..3)
            .map(|axis| {
                let name = axis.to_string();
                account(&name, Verdict::Benign, &name, around(axis))
            })
            .collect();
        let [global, nearest] = Mahalanobis::fit(&benign).unwrap();
        let (met, new) = (around(1), vec![toward(&[1.0, 1.0, 1.0]); 3]);
        assert!(nearest.score(&new) > 10.0 * nearest.score(&met));
        let contrast = |model: &Mahalanobis| model.score(&new) / model.score(&met);
        assert!(contrast(&nearest) > contrast(&global));
    }

    proptest! {
        #[test]
        fn the_factor_times_itself_is_the_matrix(seed in prop::collection::vec(-1.0_f64..1.0, EMBEDDING_DIM)) {
            // I + v v', positive definite.
            let given = matrix(|i, j| seed[i] * seed[j] + f64::from(u8::from(i == j)));
            let factor = cholesky(&given);
            for i in (0..EMBEDDING_DIM).step_by(17) {
                for j in (0..=i).step_by(5) {
                    let product = factor.row(i).dot(&factor.row(j));
                    prop_assert!((product - given[[i, j]]).abs() < 1e-9);
                }
            }
        }
    }
}
