//! Sums that do not depend on the order of their terms.
//!
//! Undecayed sums are kept in fixed point: integers add associatively, so a merged profile has the very bytes of
//! the profile that saw everything, and a sum does not lose small terms as it grows.

/// A sum in steps of 2^-24, saturating at about 5.5e11 on either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FixedSum(pub(super) i64);

impl FixedSum {
    /// Nothing added yet.
    pub(super) const ZERO: Self = Self(0);

    const ONE: f64 = 16_777_216.0;

    /// Adds `value`, rounded to the nearest step; not a number adds nothing.
    pub(super) fn add(&mut self, value: f64) {
        // Half away from zero, by the cast's truncation: `round` may be a library call.
        let scaled = value * Self::ONE;
        self.0 = self
            .0
            .saturating_add((scaled + 0.5_f64.copysign(scaled)) as i64);
    }

    /// Adds another sum.
    pub(super) const fn merge(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }

    /// The sum.
    pub(super) fn value(self) -> f64 {
        self.0 as f64 / Self::ONE
    }
}

/// Count, sum and sum of squares of a quantity below 1,000 or so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    pub(super) count: u64,
    pub(super) sum: FixedSum,
    pub(super) squares: FixedSum,
}

impl Moments {
    pub(super) const fn empty() -> Self {
        Self {
            count: 0,
            sum: FixedSum::ZERO,
            squares: FixedSum::ZERO,
        }
    }

    pub(super) fn absorb(&mut self, value: f64) {
        self.count = self.count.saturating_add(1);
        self.sum.add(value);
        self.squares.add(value * value);
    }

    pub(super) const fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum.merge(other.sum);
        self.squares.merge(other.squares);
    }

    /// How many values went in.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The mean; `None` before the first value.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum.value() / self.count as f64)
    }

    /// The unbiased variance, never negative; `None` before the second value.
    pub fn variance(&self) -> Option<f64> {
        let count = self.count as f64;
        let sum = self.sum.value();
        (self.count > 1)
            .then(|| ((self.squares.value() - sum * sum / count) / (count - 1.0)).max(0.0))
    }
}

/// `part / whole` as a share; `None` when the whole is 0.
pub(super) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::{FixedSum, Moments};

    #[test]
    fn hostile_values_saturate() {
        let mut sum = FixedSum::ZERO;
        sum.add(f64::NAN);
        assert_eq!(sum, FixedSum::ZERO);
        sum.add(f64::INFINITY);
        sum.add(1.0);
        assert_eq!(sum.0, i64::MAX);
        sum.add(f64::NEG_INFINITY);
        assert_eq!(sum.0, -1);
    }

    #[test]
    fn a_constant_has_no_variance() {
        let mut moments = Moments::empty();
        for _ in 0..1_000_000 {
            moments.absorb(9.21);
        }
        assert!((moments.mean().unwrap() - 9.21).abs() < 1e-7);
        assert!(moments.variance().unwrap() < 1e-6);
    }
}
