//! Four elementary functions in plain arithmetic.
//!
//! The standard library's `exp2`, `ln`, `sin` and `cos` may differ in the last bit between machines and C
//! libraries, and the same log must give the same bytes everywhere. These use only additions and
//! multiplications in a fixed order, which IEEE 754 defines exactly. Knows nothing of profiles.
//!
//! The crate `libm` is as portable, and faster in `ln` and `exp2`, but its results differ: over a million arguments, in
//! 30% of logarithms and 20% of powers. Switching to it changes served answers, so it requires a new bundle.

use std::f64::consts::LN_2;

/// Returns 2^`x` for `x` in [0, 1], with a relative error below 1e-15. Exactly 1 at 0.
pub(super) fn exp2_fraction(x: f64) -> f64 {
    // Taylor series of e^(x ln 2); the first term left out is 0.7^18/18! < 1e-17.
    let y = x * LN_2;
    let mut sum = 1.0;
    for k in (1..=17_u32).rev() {
        sum = 1.0 + sum * y * (1.0 / f64::from(k));
    }
    sum
}

/// Returns 2^-`n` exactly; 0 if a normal number cannot represent it.
pub(super) const fn halvings(n: u64) -> f64 {
    if n > 1022 {
        return 0.0;
    }
    f64::from_bits((1023 - n) << 52)
}

/// Returns the natural logarithm of a positive normal `x`, with an absolute error below 1e-14.
pub(super) fn ln(x: f64) -> f64 {
    const FRACTION: u64 = (1 << 52) - 1;
    debug_assert!(x >= f64::MIN_POSITIVE && x.is_finite());
    let bits = x.to_bits();
    let mut exponent = (bits >> 52) as i32 - 1023;
    let mut mantissa = f64::from_bits((bits & FRACTION) | (1023 << 52));
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh s with s = (m-1)/(m+1), |s| < 0.172, so s^23 is beyond the last bit.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let mut series = 0.0;
    for k in (0..11_u32).rev() {
        series = series * square + 1.0 / f64::from(2 * k + 1);
    }
    f64::from(exponent) * LN_2 + 2.0 * s * series
}

/// Returns sine and cosine of `turns` full turns, |`turns`| below a million, with an absolute error below 5e-7.
///
/// Free of branches and calls, so that a loop over an array becomes vector code.
pub(super) fn sin_cos_turns(turns: f32) -> (f32, f32) {
    // Adding and subtracting 1.5 * 2^23 rounds to the nearest integer without a library call.
    const ROUND: f32 = 12_582_912.0;
    let turns = turns - ((turns + ROUND) - ROUND);
    let size = turns.abs();
    let from_quarter = 0.25 - size;
    let sine = sine_of_quarter(0.25 - from_quarter.abs());
    (sine.copysign(turns), sine_of_quarter(from_quarter))
}

/// Returns sin(2 pi t) for `t` in [-1/4, 1/4]: the Taylor series to the eleventh power, error below 6e-8 plus rounding.
fn sine_of_quarter(t: f32) -> f32 {
    let x = t * std::f32::consts::TAU;
    let square = x * x;
    let mut sum = -1.0 / 39_916_800.0;
    for term in [
        1.0 / 362_880.0,
        -1.0 / 5_040.0,
        1.0 / 120.0,
        -1.0 / 6.0,
        1.0,
    ] {
        sum = sum * square + term;
    }
    sum * x
}

#[cfg(test)]
mod tests {
    use super::{exp2_fraction, halvings, ln, sin_cos_turns};

    #[test]
    fn each_is_within_its_stated_error() {
        for step in 0..=100_000_i32 {
            let x = f64::from(step) / 100_000.0;
            assert!((exp2_fraction(x) / x.exp2() - 1.0).abs() < 1e-15, "2^{x}");
            let wide = 1e-6 * 1.000_5_f64.powi(step);
            if wide < 1e300 {
                assert!((ln(wide) - wide.ln()).abs() < 1e-12, "ln {wide}");
                assert!((ln(wide) - wide.ln()).abs() < 1e-14 * wide.ln().abs().max(1.0));
            }
            let turns = (x as f32 - 0.5) * 40.0;
            let (sine, cosine) = sin_cos_turns(turns);
            let radians = f64::from(turns) * std::f64::consts::TAU;
            assert!(
                (f64::from(sine) - radians.sin()).abs() < 5e-7,
                "sin {turns}"
            );
            assert!(
                (f64::from(cosine) - radians.cos()).abs() < 5e-7,
                "cos {turns}"
            );
        }
    }

    #[test]
    fn a_whole_number_of_halvings_is_exact() {
        assert_eq!(halvings(0).to_bits(), 1.0_f64.to_bits());
        assert_eq!(halvings(10).to_bits(), (1.0_f64 / 1024.0).to_bits());
        assert_eq!(halvings(1022).to_bits(), f64::MIN_POSITIVE.to_bits());
        assert_eq!(halvings(1023).to_bits(), 0);
        assert_eq!(halvings(u64::MAX).to_bits(), 0);
        assert_eq!(exp2_fraction(0.0).to_bits(), 1.0_f64.to_bits());
    }
}
