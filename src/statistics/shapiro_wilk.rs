//! The Shapiro-Wilk test of normality, by Royston's approximation.
//!
//! Royston 1995, "Remark AS R94: a remark on algorithm AS 181: the W-test for normality", Applied Statistics 44(4),
//! for 3 to 5,000 values. The tests compare it with published software.

use statrs::distribution::{ContinuousCDF, Normal};

/// The result of the test on a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ShapiroWilk {
    /// The statistic W, within (0, 1]; at 1 the sample looks perfectly normal.
    pub statistic: f64,
    /// W as a standard normal deviate: larger means less normal, comparable across sample sizes.
    pub deviate: f64,
}

/// Minimum number of values for Royston's deviate.
pub(crate) const VALUES_MIN: usize = 4;

impl ShapiroWilk {
    /// Tests a sample; `None` if there are fewer than [`VALUES_MIN`] values, or if all are equal.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        if count < VALUES_MIN {
            return None;
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mean = sorted.iter().sum::<f64>() / count as f64;
        let spread: f64 = sorted.iter().map(|value| (value - mean).powi(2)).sum();
        let range = sorted[count - 1] - sorted[0];
        if range.is_nan() || range <= 1e-12 * mean.abs() || spread <= 0.0 {
            return None;
        }
        let weights = weights(count);
        let product: f64 = weights.iter().zip(&sorted).map(|(a, x)| a * x).sum();
        let statistic = (product * product / spread).min(1.0);
        Some(Self {
            statistic,
            deviate: deviate(statistic, count as f64),
        })
    }
}

/// Returns the weights of the order statistics: antisymmetric, of unit length.
fn weights(count: usize) -> Vec<f64> {
    let n = count as f64;
    let normal = Normal::standard();
    let expected: Vec<f64> = (1..=count)
        .map(|rank| normal.inverse_cdf((rank as f64 - 0.375) / (n + 0.25)))
        .collect();
    let square: f64 = expected.iter().map(|m| m * m).sum();
    let u = 1.0 / n.sqrt();
    let root = square.sqrt();
    let last = polynomial(
        &[
            0.0, 0.221_157, -0.147_981, -2.071_190, 4.434_685, -2.706_056,
        ],
        u,
    ) + expected[count - 1] / root;
    let mut ends = vec![last];
    if count > 5 {
        let next = polynomial(
            &[
                0.0, 0.042_981, -0.293_762, -1.752_461, 5.682_633, -3.582_633,
            ],
            u,
        ) + expected[count - 2] / root;
        ends.push(next);
    }
    let (mut rest, mut unit) = (square, 1.0);
    for (index, end) in ends.iter().enumerate() {
        rest -= 2.0 * expected[count - 1 - index].powi(2);
        unit -= 2.0 * end * end;
    }
    let scale = (rest / unit).sqrt();
    let mut weights: Vec<f64> = expected.iter().map(|m| m / scale).collect();
    for (index, end) in ends.into_iter().enumerate() {
        weights[index] = -end;
        weights[count - 1 - index] = end;
    }
    weights
}

/// Applies Royston's transformation of `1 - W` to a standard normal deviate, for samples of 4 or more values.
fn deviate(statistic: f64, n: f64) -> f64 {
    let away = (1.0 - statistic).max(1e-12).ln();
    if n < 12.0 {
        let gamma = -2.273 + 0.459 * n;
        let centre = polynomial(&[0.544, -0.399_78, 0.025_054, -0.000_671_4], n);
        let width = polynomial(&[1.382_2, -0.778_57, 0.062_767, -0.002_032_2], n).exp();
        // No sample of this size can exceed `gamma`; there the deviate is capped at the end of the scale.
        let inner = (gamma - away).max(1e-12);
        (-inner.ln() - centre) / width
    } else {
        let x = n.ln();
        let centre = polynomial(&[-1.586_1, -0.310_82, -0.083_751, 0.003_891_5], x);
        let width = polynomial(&[-0.480_3, -0.082_676, 0.003_030_2], x).exp();
        (away - centre) / width
    }
}

/// Evaluates a polynomial whose coefficients are given lowest power first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use super::{ShapiroWilk, weights};
    use proptest::prelude::*;

    #[test]
    fn agrees_with_published_software() {
        // Weights of men in pounds (Shapiro and Wilk 1965, their W is 0.79); the same numbers from SciPy 1.17.
        let men = [
            148.0, 154.0, 158.0, 160.0, 161.0, 162.0, 166.0, 170.0, 182.0, 195.0, 236.0,
        ];
        let result = ShapiroWilk::of(&men).unwrap();
        assert!((result.statistic - 0.788_814_7).abs() < 1e-6);
        // p = 0.0067038 there is a deviate of 2.47275.
        assert!(
            (result.deviate - 2.472_75).abs() < 1e-3,
            "{}",
            result.deviate
        );
        let squares: Vec<f64> = (1..=50).map(|n| f64::from(n * n)).collect();
        let result = ShapiroWilk::of(&squares).unwrap();
        assert!((result.statistic - 0.898_124_8).abs() < 1e-6);
        // p = 0.000416885 there is a deviate of 3.34133.
        assert!(
            (result.deviate - 3.341_33).abs() < 1e-3,
            "{}",
            result.deviate
        );
    }

    #[test]
    fn degenerate_samples_are_not_tested() {
        assert_eq!(ShapiroWilk::of(&[1.0, 2.0, 3.0]), None);
        assert_eq!(ShapiroWilk::of(&[0.1; 40]), None);
        assert_eq!(ShapiroWilk::of(&[f64::NAN; 40]), None);
    }

    proptest! {
        #[test]
        fn weights_are_antisymmetric_and_of_unit_length(count in 4_usize..300) {
            let weights = weights(count);
            let square: f64 = weights.iter().map(|a| a * a).sum();
            prop_assert!((square - 1.0).abs() < 1e-9);
            for (a, b) in weights.iter().zip(weights.iter().rev()) {
                prop_assert!((a + b).abs() < 1e-9);
            }
        }

        #[test]
        fn scale_location_and_order_do_not_matter(
            values in prop::collection::vec(-50_i32..50, 4..60),
            scale in 0.1_f64..9.0,
            shift in -9.0_f64..9.0,
        ) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let moved: Vec<f64> = values.iter().rev().map(|x| x * scale + shift).collect();
            match (ShapiroWilk::of(&values), ShapiroWilk::of(&moved)) {
                (Some(a), Some(b)) => {
                    prop_assert!(a.statistic > 0.0 && a.statistic <= 1.0 && a.deviate.is_finite());
                    prop_assert!((a.statistic - b.statistic).abs() < 1e-9);
                }
                (a, b) => prop_assert_eq!(a.is_none(), b.is_none()),
            }
        }
    }
}
