//! Weighted isotonic regression by pooling adjacent violators.

/// Returns the non-decreasing sequence nearest to `values` in weighted least squares.
///
/// The classic stack form of pool-adjacent-violators (Barlow, Bartholomew, Bremner & Brunk 1972): one pass, linear
/// time. Entries of zero weight are given a vanishing one, so that the result is defined everywhere.
///
/// # Panics
/// If the two slices differ in length.
pub(crate) fn non_decreasing(values: &[f64], weights: &[f64]) -> Vec<f64> {
    assert_eq!(values.len(), weights.len(), "one weight for each value");
    let mut blocks: Vec<Block> = Vec::with_capacity(values.len());
    for (&value, &weight) in values.iter().zip(weights) {
        let mut block = Block {
            mean: value,
            weight: weight.max(f64::MIN_POSITIVE),
            length: 1,
        };
        while let Some(left) = blocks.pop_if(|left| left.mean >= block.mean) {
            block = left.pooled_with(&block);
        }
        blocks.push(block);
    }
    blocks
        .iter()
        .flat_map(|block| std::iter::repeat_n(block.mean, block.length))
        .collect()
}

/// A run of entries that share one fitted value.
struct Block {
    mean: f64,
    weight: f64,
    length: usize,
}

impl Block {
    fn pooled_with(&self, right: &Self) -> Self {
        let weight = self.weight + right.weight;
        // Computed as a step from the left mean, so that equal means stay bit-equal.
        let mean = self.mean + (right.mean - self.mean) * (right.weight / weight);
        Self {
            mean,
            weight,
            length: self.length + right.length,
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pools_a_hand_worked_case() {
        let fitted = non_decreasing(&[1.0, 3.0, 2.0, 4.0, 0.0], &[1.0, 1.0, 1.0, 1.0, 2.0]);
        // 4 and 0,0 pool to 4/3; that undercuts the pool {3, 2} = 2.5, so all five units share 9/5.
        assert_eq!(fitted[0], 1.0);
        for value in &fitted[1..] {
            assert!((value - 9.0 / 5.0).abs() < 1e-12, "{fitted:?}");
        }
    }

    proptest! {
        #[test]
        fn is_monotone_keeps_the_mean_and_is_optimal(
            rows in prop::collection::vec((-5.0_f64..5.0, 0.1_f64..3.0), 1..30),
        ) {
            let (values, weights): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let fitted = non_decreasing(&values, &weights);
            prop_assert!(fitted.windows(2).all(|pair| pair[0] <= pair[1]));
            // The residual is orthogonal to the fit and to constants, and no suffix can be raised
            // with gain: the conditions that characterise the projection on a convex cone.
            let residual = |i: usize| weights[i] * (values[i] - fitted[i]);
            let total: f64 = (0..values.len()).map(residual).sum();
            let product: f64 = (0..values.len()).map(|i| residual(i) * fitted[i]).sum();
            prop_assert!(total.abs() < 1e-8 && product.abs() < 1e-7);
            for start in 0..values.len() {
                let suffix: f64 = (start..values.len()).map(residual).sum();
                prop_assert!(suffix < 1e-8);
            }
        }
    }
}
