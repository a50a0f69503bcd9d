//! Sums that do not depend on the order of their terms.
//!
//! Undecayed sums are in fixed point: integers add associatively, so a merged profile has exactly the bytes of
//! the profile that saw everything, and a sum does not lose small terms as it grows.

/// A sum in steps of 2^-24, saturating at about 5.5e11 on either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FixedSum(pub(super) i64);

impl FixedSum {
    /// The empty sum.
    pub(super) const ZERO: Self = Self(0);

    const ONE: f64 = 16_777_216.0;

    /// Adds `value`, rounded to the nearest step; NaN adds nothing.
    pub(super) fn add(&mut self, value: f64) {
        // Rounds half away from zero, by the cast's truncation: `round` may be a library call.
        let scaled = value * Self::ONE;
        self.0 = self
            .0
            .saturating_add((scaled + 0.5_f64.copysign(scaled)) as i64);
    }

    /// Adds another sum.
    pub(super) const fn merge(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }

    /// Returns the sum.
    pub(super) fn value(self) -> f64 {
        self.0 as f64 / Self::ONE
    }
}

/// Returns `part / whole` as a share; `None` if the whole is 0.
pub(super) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Counts an event if it happened.
pub(super) fn count_if(count: &mut u32, happened: bool) {
    *count = count.saturating_add(u32::from(happened));
}

#[cfg(test)]
mod tests {
    use super::FixedSum;

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
}
