//! Seeded random numbers: the same seed and purpose give the same numbers on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers for one purpose.
pub(crate) struct SeededRng(ChaCha8Rng);

impl SeededRng {
    /// Creates the stream for `purpose` under `seed`, independent of other purposes and seeds.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        hasher.update(purpose.as_bytes());
        Self(ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()))
    }

    /// Draws a seed for another generator.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Draws uniformly from (0, 1); never 0, so that the logarithm exists.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Returns true with this probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Draws uniformly from 0..`count`.
    ///
    /// # Panics
    /// When `count` is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        assert!(count > 0, "expected a count of at least 1");
        // The product's high half; the bias is below count / 2^64.
        ((u128::from(self.0.next_u64()) * count as u128) >> 64) as usize
    }

    /// Draws uniformly from `least..=most`.
    pub(crate) fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most.max(least) - least + 1)
    }

    /// Draws one of `items`.
    ///
    /// # Panics
    /// When `items` is empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Draws a position with probability proportional to `weights`.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (position, weight) in weights.iter().enumerate() {
            if left < *weight {
                return position;
            }
            left -= weight;
        }
        weights.len() - 1
    }

    /// Draws log-uniformly from `least` to `most`.
    pub(crate) fn log_between(&mut self, least: f64, most: f64) -> f64 {
        least * (most / least).powf(self.unit())
    }

    /// Draws from the normal distribution with mean 0 and standard deviation 1 (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Draws from the log-normal distribution with this mean and coefficient of variation.
    pub(crate) fn log_normal(&mut self, mean: f64, variation: f64) -> f64 {
        let variance = (1.0 + variation * variation).ln();
        mean * (variance.sqrt() * self.normal() - variance / 2.0).exp()
    }

    /// Draws from the gamma distribution with this mean and coefficient of variation (Marsaglia & Tsang 2000, with the
    /// boost for shapes below 1).
    pub(crate) fn gamma(&mut self, mean: f64, variation: f64) -> f64 {
        let shape = 1.0 / (variation * variation);
        let boost = if shape < 1.0 {
            self.unit().powf(1.0 / shape)
        } else {
            1.0
        };
        let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let normal = self.normal();
            let v = (1.0 + c * normal).powi(3);
            if v > 0.0 && self.unit().ln() < 0.5 * normal * normal + d - d * v + d * v.ln() {
                return mean / shape * d * v * boost;
            }
        }
    }

    /// Draws from the exponential distribution with this mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.unit().ln()
    }

    /// Shuffles in place.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// Draws a random name: `prefix` and twelve hexadecimal digits.
    pub(crate) fn name(&mut self, prefix: &str) -> String {
        format!("{prefix}-{:012x}", self.0.next_u64() >> 16)
    }
}

#[cfg(test)]
mod tests {
    use super::SeededRng;

    #[test]
    fn seeds_and_purposes_are_independent() {
        let draw = |seed, purpose| SeededRng::new(seed, purpose).seed();
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
        assert_ne!(draw(1, "a"), draw(1, "b"));
    }

    #[test]
    fn moments_are_as_asked() {
        let mut rng = SeededRng::new(7, "moments");
        let count = 200_000;
        let values: Vec<f64> = (0..count).map(|_| rng.log_normal(3.0, 0.5)).collect();
        let mean = values.iter().sum::<f64>() / f64::from(count);
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(count);
        assert!((mean - 3.0).abs() < 0.02, "{mean}");
        assert!((variance.sqrt() / mean - 0.5).abs() < 0.02, "{variance}");
        for variation in [0.3, 1.0, 3.0] {
            let values: Vec<f64> = (0..count).map(|_| rng.gamma(3.0, variation)).collect();
            let mean = values.iter().sum::<f64>() / f64::from(count);
            let variance =
                values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(count);
            // Five standard errors: that of the mean is v/sqrt(n), that of the deviation half the root of (2 + 6 v^2) /
            // n.
            let root = f64::from(count).sqrt();
            assert!((mean / 3.0 - 1.0).abs() < 5.0 * variation / root, "{mean}");
            let spread = variance.sqrt() / 3.0 / variation - 1.0;
            let error = (2.0 + 6.0 * variation * variation).sqrt() / 2.0 / root;
            assert!(spread.abs() < 5.0 * error, "{spread} {error}");
        }
        let exponential = (0..count).map(|_| rng.exponential(2.0)).sum::<f64>();
        assert!((exponential / f64::from(count) - 2.0).abs() < 0.03);
    }

    #[test]
    fn weights_of_zero_are_never_drawn() {
        let mut rng = SeededRng::new(3, "weights");
        let mut counts = [0_usize; 3];
        for _ in 0..10_000 {
            counts[rng.weighted(&[1.0, 0.0, 3.0])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((2_200..2_800).contains(&counts[0]), "{counts:?}");
    }
}
