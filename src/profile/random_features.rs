//! Random Fourier features: a map from embeddings to vectors whose inner product is a Gaussian kernel.
//!
//! Rahimi and Recht (NIPS 2007): with frequencies `w_k ~ N(0, I / s^2)` and
//! `phi(z) = D^(-1/2) [cos w_k.z, sin w_k.z]` for `k <= D`, `|phi(z)| = 1` exactly and
//! `E <phi(x), phi(y)> = exp(-|x - y|^2 / (2 s^2))`. Half of the frequencies use bandwidth `s/2` and half `s`, so
//! the kernel is the mean of a narrow and a wide one. All accounts share one set of frequencies, drawn once from
//! the bundle's seed: it is data of the model, not randomness of the engine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use thiserror::Error;

use super::elementary::{ln, sin_cos_turns};
use crate::domain::{EMBEDDING_DIM, Embedding};

/// Number of frequencies.
pub(crate) const FREQUENCIES: usize = 128;

/// Length of a feature vector: a cosine and a sine for each frequency.
pub(crate) const FEATURE_DIM: usize = 2 * FREQUENCIES;

/// Number of frequencies that are projected together: their sums stay in registers.
const LANES: usize = 16;

/// A feature vector of Euclidean length 1: all cosines, then all sines.
pub(crate) type Features = [f32; FEATURE_DIM];

/// Error for a bandwidth outside the accepted range.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("bandwidth of the random features: expected a number from 0.01 to 100, got {got}")]
pub struct InvalidBandwidth {
    /// The actual bandwidth.
    pub got: f32,
}

/// The shared projection, 64 KiB.
#[derive(Clone)]
pub struct RandomFeatures {
    /// `[block of 16 frequencies][dimension][frequency in the block]`, in turns instead of radians.
    turns: Vec<[[f32; LANES]; EMBEDDING_DIM]>,
    bandwidth: f32,
    seed: u64,
}

impl RandomFeatures {
    /// Builds the projection from `seed` and `bandwidth`, the `s` above: the median distance between benign embeddings.
    ///
    /// # Errors
    /// If `bandwidth` is not within [0.01, 100].
    pub fn new(seed: u64, bandwidth: f32) -> Result<Self, InvalidBandwidth> {
        if !(0.01..=100.0).contains(&bandwidth) {
            return Err(InvalidBandwidth { got: bandwidth });
        }
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let blocks = FREQUENCIES / LANES;
        let turns = (0..blocks)
            .map(|block| {
                let width = if block < blocks / 2 {
                    bandwidth / 2.0
                } else {
                    bandwidth
                };
                let scale = 1.0 / (std::f32::consts::TAU * width);
                std::array::from_fn(|_| {
                    std::array::from_fn(|_| standard_normal(&mut generator) * scale)
                })
            })
            .collect();
        Ok(Self {
            turns,
            bandwidth,
            seed,
        })
    }

    /// Returns the bandwidth `s`.
    pub const fn bandwidth(&self) -> f32 {
        self.bandwidth
    }

    /// Returns the seed of the frequencies.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the features of an embedding; `None` for the zeros of an empty text or for a vector whose length is not
    /// about 1.
    pub fn project(&self, embedding: &Embedding) -> Option<Features> {
        let length_squared: f32 = embedding.0.iter().map(|x| x * x).sum();
        if !(0.25..=4.0).contains(&length_squared) {
            return None;
        }
        let scale = (1.0 / FREQUENCIES as f32).sqrt();
        let mut features = [0.0; FEATURE_DIM];
        let (cosines, sines) = features.split_at_mut(FREQUENCIES);
        for ((block, cosines), sines) in self
            .turns
            .iter()
            .zip(cosines.as_chunks_mut::<LANES>().0)
            .zip(sines.as_chunks_mut::<LANES>().0)
        {
            let mut turns = [0.0_f32; LANES];
            for (row, &x) in block.iter().zip(&embedding.0) {
                for (turn, weight) in turns.iter_mut().zip(row) {
                    *turn += weight * x;
                }
            }
            for lane in 0..LANES {
                let (sine, cosine) = sin_cos_turns(turns[lane]);
                cosines[lane] = cosine * scale;
                sines[lane] = sine * scale;
            }
        }
        Some(features)
    }
}

/// Returns a standard normal draw (Box and Muller 1958, the cosine half).
fn standard_normal(generator: &mut ChaCha8Rng) -> f32 {
    const TWO_TO_MINUS_53: f64 = 1.0 / 9_007_199_254_740_992.0;
    // In (0, 1], so that the logarithm exists.
    let radius_draw = ((generator.next_u64() >> 11) + 1) as f64 * TWO_TO_MINUS_53;
    let angle = (generator.next_u64() >> 11) as f64 * TWO_TO_MINUS_53;
    let (_, cosine) = sin_cos_turns(angle as f32);
    (-2.0 * ln(radius_draw)).sqrt() as f32 * cosine
}

#[cfg(test)]
mod tests {
    use super::{RandomFeatures, standard_normal};
    use crate::domain::{EMBEDDING_DIM, Embedding};
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    fn unit(generator: &mut ChaCha8Rng) -> Embedding {
        let raw: [f32; EMBEDDING_DIM] = std::array::from_fn(|_| standard_normal(generator));
        let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
        Embedding(raw.map(|x| x / length))
    }

    #[test]
    fn the_inner_product_is_the_two_bandwidth_kernel() {
        let mut generator = ChaCha8Rng::seed_from_u64(5);
        let bandwidth = 1.2_f32;
        let (mut squared_error, pairs) = (0.0, 400);
        for seed in 0..pairs {
            // Fresh frequencies for each pair: the expectation is over them.
            let features = RandomFeatures::new(seed, bandwidth).unwrap();
            let (x, noise) = (unit(&mut generator), unit(&mut generator));
            let share = seed as f32 / pairs as f32;
            let y: [f32; EMBEDDING_DIM] =
                std::array::from_fn(|i| x.0[i] * (1.0 - share) + noise.0[i] * share);
            let length = y.iter().map(|x| x * x).sum::<f32>().sqrt();
            let y = Embedding(y.map(|x| x / length));
            let distance: f32 = x.0.iter().zip(&y.0).map(|(a, b)| (a - b) * (a - b)).sum();
            let kernel = |s: f32| (-distance / (2.0 * s * s)).exp();
            let expected = 0.5 * (kernel(bandwidth) + kernel(bandwidth / 2.0));
            let (x, y) = (features.project(&x).unwrap(), features.project(&y).unwrap());
            let seen: f32 = x.iter().zip(&y).map(|(a, b)| a * b).sum();
            squared_error += (seen - expected).powi(2);
            let length: f32 = x.iter().map(|a| a * a).sum();
            assert!(
                (length - 1.0).abs() < 1e-5,
                "features have length 1: {length}"
            );
        }
        // The error of D random frequencies is at most 1/sqrt(D) = 0.088.
        let root_mean_square = (squared_error / pairs as f32).sqrt();
        assert!(root_mean_square < 0.088, "{root_mean_square}");
    }

    #[test]
    fn bad_input_is_refused() {
        for bandwidth in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert!(RandomFeatures::new(1, bandwidth).is_err());
        }
        let features = RandomFeatures::new(1, 1.0).unwrap();
        for x in [0.0, f32::NAN, f32::INFINITY, 3.0] {
            assert!(features.project(&Embedding([x; EMBEDDING_DIM])).is_none());
        }
    }
}
