//! Maximum mean discrepancy: the distance between the distributions of an account's requests and of benign ones.
//!
//! Gretton, Borgwardt, Rasch, Schoelkopf and Smola 2012, "A kernel two-sample test" (JMLR 13), with the kernel of the
//! random features (Rahimi and Recht 2007): with `k` the mean kernel between different requests of the account, `MMD^2
//! = k - 2 <mean, reference> + k_reference`, unbiased in both. The bandwidth is the median distance between benign
//! requests of the training stream. There are two references: all benign requests together (the usual choice), and the
//! nearest of the benign applications, because an account that runs one application is far from the average of all.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::Baseline;
use super::distance::squared_distance;
use super::history::History;
use super::step::Step;
use crate::profile::RandomFeatures;

/// Seed of the frequencies and of the pairs for the median.
const SEED: u64 = 1;
/// Number of pairs for the median.
const PAIRS: usize = 4_001;
/// Fewest requests for an application to be a reference.
const LEAST: u64 = 20;

/// The discrepancy to the nearest of several references.
pub(super) struct Mmd {
    name: &'static str,
    features: Arc<RandomFeatures>,
    references: Vec<Mean>,
}

/// The sum of the features of a set of requests.
#[derive(Clone, Debug, PartialEq)]
struct Mean {
    sum: Vec<f64>,
    count: u64,
}

impl Mean {
    fn of<'a>(features: &RandomFeatures, steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut mean = Self::none();
        for step in steps {
            let Some(projected) = features.project(&step.embedding) else {
                continue;
            };
            mean.sum.resize(projected.len(), 0.0);
            for (sum, x) in mean.sum.iter_mut().zip(projected) {
                *sum += f64::from(x);
            }
            mean.count += 1;
        }
        mean
    }

    const fn none() -> Self {
        Self {
            sum: Vec::new(),
            count: 0,
        }
    }

    fn add(&mut self, other: &Self) {
        self.sum.resize(self.sum.len().max(other.sum.len()), 0.0);
        for (sum, x) in self.sum.iter_mut().zip(&other.sum) {
            *sum += x;
        }
        self.count += other.count;
    }

    fn product(&self, other: &Self) -> f64 {
        self.sum.iter().zip(&other.sum).map(|(a, b)| a * b).sum()
    }

    /// Returns the mean kernel between two different requests. Needs at least two requests.
    fn within(&self) -> f64 {
        let n = self.count as f64;
        (self.product(self) - n) / (n * (n - 1.0))
    }

    /// Returns the squared discrepancy. It is unbiased, so it can be negative.
    fn discrepancy(&self, reference: &Self) -> f64 {
        let between = self.product(reference) / (self.count as f64 * reference.count as f64);
        self.within() - 2.0 * between + reference.within()
    }
}

impl Mmd {
    /// Fits both references on the benign accounts: all of them, and the nearest of their applications. `None` where
    /// fewer than two applications have enough requests.
    pub(super) fn fit(histories: &[History]) -> Option<[Self; 2]> {
        let benign: Vec<&History> = histories.iter().filter(|h| !h.extraction()).collect();
        let features = Arc::new(RandomFeatures::new(SEED, median_distance(&benign)?).ok()?);
        let means: Vec<Mean> = benign
            .par_iter()
            .map(|history| Mean::of(&features, &history.steps))
            .collect();
        let mut all = Mean::none();
        let mut applications: BTreeMap<&str, Mean> = BTreeMap::new();
        for (history, mean) in benign.iter().zip(&means) {
            all.add(mean);
            applications
                .entry(history.application())
                .or_insert_with(Mean::none)
                .add(mean);
        }
        let applications: Vec<Mean> = applications
            .into_values()
            .filter(|mean| mean.count >= LEAST)
            .collect();
        (applications.len() > 1).then(|| {
            let to = |name, references| Self {
                name,
                features: Arc::clone(&features),
                references,
            };
            [
                to("MMD, global", vec![all]),
                to("MMD, nearest application", applications),
            ]
        })
    }
}

impl Baseline for Mmd {
    fn name(&self) -> &'static str {
        self.name
    }

    fn form(&self) -> String {
        format!(
            "bandwidth {:.3}; {} reference(s)",
            self.features.bandwidth(),
            self.references.len()
        )
    }

    fn score(&self, steps: &[Step]) -> f64 {
        let mean = Mean::of(&self.features, steps);
        if mean.count < 2 {
            return f64::NEG_INFINITY;
        }
        let discrepancies = self.references.iter().map(|r| mean.discrepancy(r));
        discrepancies.fold(f64::INFINITY, f64::min)
    }
}

/// Returns the median distance between requests drawn evenly from accounts drawn evenly. `None` when it is not above
/// zero.
fn median_distance(benign: &[&History]) -> Option<f32> {
    if benign.is_empty() {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut draw = || {
        let steps = &benign[rng.random_range(0..benign.len() as u64) as usize].steps;
        &steps[rng.random_range(0..steps.len() as u64) as usize]
            .embedding
            .0
    };
    let mut distances: Vec<f32> = (0..PAIRS)
        .map(|_| squared_distance(draw(), draw()).sqrt())
        .collect();
    distances.sort_by(f32::total_cmp);
    Some(distances[PAIRS / 2]).filter(|median| *median > 0.0)
}

#[cfg(test)]
mod tests {
    use super::{Mean, Mmd};
    use crate::domain::Verdict;
    use crate::eval::baseline::Baseline;
    use crate::eval::baseline::history::History;
    use crate::eval::baseline::samples::{account, toward};
    use crate::profile::RandomFeatures;
    use proptest::prelude::*;

    #[test]
    fn a_hand_worked_discrepancy() {
        // Sums (1, 1) of {(1, 0), (0, 1)} and (2, 0) of {(1, 0), (1, 0)}: within, 0 and 1; between, 1/2.
        let left = Mean {
            sum: vec![1.0, 1.0],
            count: 2,
        };
        let right = Mean {
            sum: vec![2.0, 0.0],
            count: 2,
        };
        assert!(left.within().abs() < 1e-12);
        assert!((right.within() - 1.0).abs() < 1e-12);
        assert!((left.discrepancy(&right) - (0.0 - 2.0 * 0.5 + 1.0)).abs() < 1e-12);
    }

    fn of_topic(name: &str, axis: usize, requests: usize) -> History {
        let steps = (0..requests).map(|n| {
            let mut coordinates = [0.0; 8];
            coordinates[axis] = 1.0;
            coordinates[4 + n % 4] = 0.2;
            toward(&coordinates)
        });
        account(name, Verdict::Benign, name, steps.collect())
    }

    #[test]
    fn an_application_is_far_from_the_average_and_near_itself() {
        let benign: Vec<History> = ["a", "b", "c"]
            .iter()
            .enumerate()
            .map(|(axis, name)| of_topic(name, axis, 40))
            .collect();
        let [global, nearest] = Mmd::fit(&benign).unwrap();
        let (met, new) = (of_topic("x", 0, 30), of_topic("y", 3, 30));
        assert!(global.score(&met.steps) > 0.1);
        assert!(nearest.score(&met.steps).abs() < 0.05);
        assert!(nearest.score(&new.steps) > 0.1);
        assert!(nearest.score(&new.steps[..1]).is_infinite());
    }

    proptest! {
        #[test]
        fn sums_give_what_all_pairs_give(
            left in prop::collection::vec((-1.0_f32..1.0, 0.1_f32..1.0), 2..12),
            right in prop::collection::vec((-1.0_f32..1.0, 0.1_f32..1.0), 2..12),
        ) {
            let features = RandomFeatures::new(3, 1.0).unwrap();
            let steps = |points: &[(f32, f32)]| -> Vec<_> {
                points.iter().map(|&(x, y)| toward(&[x, y])).collect()
            };
            let (left, right) = (steps(&left), steps(&right));
            let kernel = |a: usize, of_a: &[_], b: usize, of_b: &[_]| {
                Mean::of(&features, &of_a[a..=a]).product(&Mean::of(&features, &of_b[b..=b]))
            };
            let mean = |a: &[_], b: &[_], same: bool| {
                let pairs: Vec<f64> = (0..a.len())
                    .flat_map(|i| (0..b.len()).map(move |j| (i, j)))
                    .filter(|(i, j)| !same || i != j)
                    .map(|(i, j)| kernel(i, a, j, b))
                    .collect();
                pairs.iter().sum::<f64>() / pairs.len() as f64
            };
            let expected = mean(&left, &left, true) - 2.0 * mean(&left, &right, false) + mean(&right, &right, true);
            let got = Mean::of(&features, &left).discrepancy(&Mean::of(&features, &right));
            prop_assert!((got - expected).abs() < 1e-4);
        }
    }
}
