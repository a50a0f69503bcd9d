//! Rounding of numbers so that they survive a round trip through text unchanged.

/// Rounds `value` to twelve significant decimal digits.
///
/// Fitted models are written as JSON and checked when read: edges must increase, monotone values must not decrease. A
/// fast JSON reader may be off by one unit in the last place on seventeen digits and swap two nearly equal neighbours;
/// twelve digits are read back exactly, and lose nothing that a fit could measure.
pub(crate) fn twelve_digits(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// Rounds as [`twelve_digits`] does, but never below `value`: for thresholds, which must not end up below the very
/// score that set them.
pub(crate) fn twelve_digits_up(value: f64) -> f64 {
    let nearest = twelve_digits(value);
    if nearest < value {
        twelve_digits(value + value.abs() * 1e-11)
    } else {
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn json_gives_the_same_number_back(value in -1e9_f64..1e9) {
            let short = twelve_digits(value);
            prop_assert!((short - value).abs() <= value.abs() * 1e-11);
            prop_assert!(twelve_digits_up(value) >= value);
            prop_assert!(twelve_digits_up(value) - value <= value.abs() * 2e-11);
            let text = serde_json::to_string(&short).unwrap();
            prop_assert_eq!(serde_json::from_str::<f64>(&text).unwrap().to_bits(), short.to_bits());
        }

        #[test]
        fn order_is_kept(a in -1e3_f64..1e3, b in -1e3_f64..1e3) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(twelve_digits(low) <= twelve_digits(high));
        }
    }
}
