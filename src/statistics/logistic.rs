//! The logistic function and its inverse.

/// Returns the probability with these log-odds: `1 / (1 + e^-x)`. Saturates at 0 and 1; NaN stays NaN.
pub fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Returns the log-odds of a probability: `ln(p / (1 - p))`. Infinite at 0 and 1.
pub fn logit(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

#[cfg(test)]
mod tests {
    use super::{logit, sigmoid};
    use proptest::prelude::*;

    #[test]
    fn certainty_is_reached_without_overflow() {
        assert_eq!(sigmoid(-1e9).to_bits(), 0.0_f64.to_bits());
        assert_eq!(sigmoid(1e9).to_bits(), 1.0_f64.to_bits());
        assert!(logit(0.0) == f64::NEG_INFINITY && logit(1.0) == f64::INFINITY);
        assert!(sigmoid(f64::NAN).is_nan());
    }

    proptest! {
        #[test]
        fn sigmoid_and_logit_are_inverse(log_odds in -30.0_f64..30.0) {
            // Near 1 a probability represents its distance from 1 in fewer and fewer bits.
            let tolerance = 1e-14 * (1.0 + log_odds.abs() + log_odds.exp());
            prop_assert!((logit(sigmoid(log_odds)) - log_odds).abs() <= tolerance);
        }
    }
}
