//! What an account writes about, as the sum of its random Fourier features, and how similar its requests are.
//!
//! With `S = sum phi(z_i)` over `n` requests and `|phi| = 1`, the mean kernel over pairs of different requests is the
//! U-statistic `(|S|^2 - n) / (n^2 - n)` (Gretton et al., JMLR 2012). Concentration is normal for an application that
//! does one thing: it is a covariate, never guilt.

use super::random_features::{FEATURE_DIM, Features};

/// Feature sums over the whole history. Merges associatively up to float rounding. Update cost: 256 additions, once the
/// request is projected (16 k multiply-adds). Empty texts are not counted. The sums are f32, so a history beyond ten
/// million exchanges loses its last digits.
#[derive(Clone, Debug, PartialEq)]
pub struct MeanEmbedding {
    pub(super) total: Features,
    pub(super) total_count: u64,
}

impl MeanEmbedding {
    pub(super) const fn empty() -> Self {
        Self {
            total: [0.0; FEATURE_DIM],
            total_count: 0,
        }
    }

    pub(super) fn update(&mut self, features: &Features) {
        for (total, feature) in self.total.iter_mut().zip(features) {
            *total += feature;
        }
        self.total_count = self.total_count.saturating_add(1);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (sum, other) in self.total.iter_mut().zip(&other.total) {
            *sum += other;
        }
        self.total_count = self.total_count.saturating_add(other.total_count);
    }

    /// Returns the number of exchanges with text.
    pub const fn count(&self) -> u64 {
        self.total_count
    }

    /// Returns the mean kernel over pairs of different requests, near 1 for copies; `None` for fewer than two texts.
    pub fn within_similarity(&self) -> Option<f64> {
        let count = self.total_count as f64;
        (self.total_count > 1)
            .then(|| (dot(&self.total, &self.total) - count) / (count * count - count))
    }

    /// Returns the mean kernel between a request of this account and one of the other: how similar their subjects are.
    /// `None` if either has no text.
    pub fn similarity(&self, other: &Self) -> Option<f64> {
        let pairs = self.total_count as f64 * other.total_count as f64;
        (pairs > 0.0).then(|| dot(&self.total, &other.total) / pairs)
    }

    pub(super) fn is_valid(&self) -> bool {
        self.total.iter().all(|sum| sum.is_finite())
    }
}

/// Returns the inner product, computed with four running sums in f64: fast, and without loss over long histories.
fn dot(a: &Features, b: &Features) -> f64 {
    let mut sums = [0.0_f64; 4];
    for (a, b) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0) {
        for lane in 0..4 {
            sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    sums.iter().sum()
}
