//! A generalised Pareto tail, for thresholds beyond the data.
//!
//! Above a high enough level the excesses of nearly any distribution follow
//! `P(X > level + y) = share * (1 + shape * y / scale)^(-1 / shape)` (Pickands 1975). Used only if there are too few
//! independent accounts for an order statistic, and the result is always marked as extrapolated.

/// Largest absolute shape. Beyond a half the moments behind the estimate do not exist, and scores in log-odds have far
/// lighter tails.
const LARGEST_SHAPE: f64 = 0.5;
/// Shapes nearer to zero than this are treated as exponential.
const EXPONENTIAL: f64 = 1e-9;

/// A fitted generalised Pareto tail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tail {
    /// The value at which the tail begins.
    pub level: f64,
    /// Probability of exceeding the level.
    pub share: f64,
    /// Scale of the excesses, in the unit of the data.
    pub scale: f64,
    /// Shape: negative for a bounded tail, zero for an exponential one, positive for a heavy one.
    pub shape: f64,
}

impl Tail {
    /// Fits the excesses of `sorted` above its weighted `1 - share` quantile, by probability-weighted moments
    /// (Hosking & Wallis 1987).
    ///
    /// `sorted` holds `(value, weight)` in ascending order. `None` if fewer than five values lie above the level, or if
    /// all of them are equal.
    pub(crate) fn fit(sorted: &[(f64, f64)], share: f64) -> Option<Self> {
        let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
        let level = weighted_quantile(sorted, 1.0 - share)?;
        let excesses = &sorted[sorted.partition_point(|&(value, _)| value <= level)..];
        if excesses.len() < 5 {
            return None;
        }
        let above: f64 = excesses.iter().map(|(_, weight)| weight).sum();
        // a0 = E[Y], a1 = E[Y (1 - F(Y))], with F at the middle of each value's own weight.
        let (mut a0, mut a1, mut below) = (0.0, 0.0, 0.0);
        for &(value, weight) in excesses {
            let excess = value - level;
            a0 += weight * excess / above;
            a1 += weight * excess * (1.0 - (below + 0.5 * weight) / above) / above;
            below += weight;
        }
        let shape = (2.0 - a0 / (a0 - 2.0 * a1)).clamp(-LARGEST_SHAPE, LARGEST_SHAPE);
        // The scale that keeps the mean excess, whatever the shape was clamped to.
        let scale = a0 * (1.0 - shape);
        (scale > 0.0 && shape.is_finite()).then_some(Self {
            level,
            share: above / total,
            scale,
            shape,
        })
    }

    /// Returns the value exceeded with probability `rate`; the level itself if `rate` is not below the share.
    pub(crate) fn quantile(&self, rate: f64) -> f64 {
        if rate >= self.share {
            return self.level;
        }
        let logarithm = (self.share / rate).ln();
        if self.shape.abs() < EXPONENTIAL {
            self.level + self.scale * logarithm
        } else {
            self.level + self.scale * (self.shape * logarithm).exp_m1() / self.shape
        }
    }
}

/// Returns the smallest value with at least `share` of the weight at or below it. `None` if there is no weight.
pub(crate) fn weighted_quantile(sorted: &[(f64, f64)], share: f64) -> Option<f64> {
    let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    // A sum of many weights may miss the total by rounding; that must not skip a value.
    let wanted = total * share * (1.0 - 1e-12);
    let mut reached = 0.0;
    for &(value, weight) in sorted {
        reached += weight;
        if reached >= wanted && weight > 0.0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Returns `n` sorted draws through an inverse survival function, each with weight one.
    fn draws(n: usize, seed: u64, inverse_survival: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut values: Vec<(f64, f64)> = (0..n)
            .map(|_| (inverse_survival(1.0 - rng.random_range(0.0..1.0)), 1.0))
            .collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        values
    }

    #[test]
    fn recovers_known_distributions() {
        // Exponential: shape 0, scale 1. Uniform: shape -1, clamped. Pareto of index 4: shape 1/4.
        let exponential = Tail::fit(&draws(40_000, 1, |u| -u.ln()), 0.05).unwrap();
        assert!(
            exponential.shape.abs() < 0.08 && (exponential.scale - 1.0).abs() < 0.1,
            "{exponential:?}"
        );
        assert!((exponential.quantile(1e-4) - 1e4_f64.ln()).abs() < 0.8);
        let pareto = Tail::fit(&draws(40_000, 2, |u| u.powf(-0.25)), 0.05).unwrap();
        assert!((pareto.shape - 0.25).abs() < 0.1, "{pareto:?}");
        assert!((pareto.quantile(1e-4) / 10.0 - 1.0).abs() < 0.2);
        let logistic = Tail::fit(&draws(40_000, 3, |u| ((1.0 - u) / u).ln()), 0.05).unwrap();
        assert!(
            (logistic.quantile(1e-4) - 9_999_f64.ln()).abs() < 0.8,
            "{logistic:?}"
        );
        let uniform = Tail::fit(&draws(40_000, 4, |u| 1.0 - u), 0.05).unwrap();
        assert_eq!(uniform.shape, -LARGEST_SHAPE);
    }

    #[test]
    fn too_little_data_gives_no_fit() {
        assert_eq!(Tail::fit(&[], 0.05), None);
        assert_eq!(Tail::fit(&[(1.0, 1.0); 100], 0.05), None);
        assert_eq!(Tail::fit(&draws(60, 1, |u| u), 0.05), None);
    }

    #[test]
    fn quantiles_count_weight() {
        let rows = [(1.0, 3.0), (2.0, 0.0), (3.0, 1.0)];
        assert_eq!(weighted_quantile(&rows, 0.75), Some(1.0));
        assert_eq!(weighted_quantile(&rows, 0.76), Some(3.0));
        assert_eq!(weighted_quantile(&rows, 1.0), Some(3.0));
        assert_eq!(weighted_quantile(&[(1.0, 0.0)], 0.5), None);
    }
}
