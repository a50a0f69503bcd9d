//! Confidence bounds on a rate from counts.
//!
//! The incomplete beta function is implemented here. The usual crate, statrs 0.19, agrees to 9 digits up to two
//! thousand trials, but its quantile search stops early for small rates: it is off by 3 in a million at 10^5 trials, by
//! 2 in ten thousand at 10^6, and does not terminate at 10^7. These bounds decide thresholds.

/// Returns the Clopper-Pearson upper bound, at `confidence`, on the rate behind `hits` out of `trials`
/// (Clopper & Pearson 1934, in its beta-quantile form).
///
/// Counts may be fractional, for weighted data with an effective number of trials. The bound is also exact for a
/// threshold set at an order statistic of the same sample: the rate above the k-th of N exchangeable scores is
/// Beta(N - k + 1, k) (Wilks 1941), which is the same quantile with `hits = N - k`. Returns 1 if there are no trials or
/// only hits.
pub(crate) fn clopper_pearson_upper(hits: f64, trials: f64, confidence: f64) -> f64 {
    if trials.is_nan() || trials <= 0.0 || hits >= trials {
        return 1.0;
    }
    beta_quantile(confidence, hits.max(0.0) + 1.0, trials - hits.max(0.0))
}

/// Returns the upper quantile of Student's t with `degrees` degrees of freedom: exceeded with probability
/// `tail` <= 0.5.
///
/// Follows from the identity `P(|T| > t) = I_x(degrees / 2, 1 / 2)` with `x = degrees / (degrees + t^2)`.
pub(crate) fn student_t_upper(degrees: f64, tail: f64) -> f64 {
    let x = beta_quantile(2.0 * tail, degrees / 2.0, 0.5);
    (degrees * (1.0 - x) / x).sqrt()
}

/// Returns the `x` with `I_x(a, b) = probability`, by bisection: the function is monotone, and this is not a hot path.
fn beta_quantile(probability: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..BISECTIONS {
        let middle = f64::midpoint(low, high);
        if incomplete_beta(middle, a, b) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Number of halvings of [0, 1]: beyond the resolution of doubles near the small rates that matter.
const BISECTIONS: usize = 80;

/// Returns the regularised incomplete beta function `I_x(a, b)`, for positive `a` and `b`
/// (NIST DLMF 8.17.22, the continued fraction, on the side where it converges fast).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    front.exp() / (a * continued_fraction(x, a, b))
}

/// Evaluates `1 + d1/(1 + d2/(1 + ...))` by the modified Lentz method.
fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    // The number of terms needed grows with the square root of the larger parameter: this covers counts to 10^8.
    const MOST_TERMS: usize = 20_000;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut fraction, mut c, mut d) = (1.0_f64, 1.0_f64, 0.0_f64);
    for term in 1..MOST_TERMS {
        let m = (term / 2) as f64;
        let coefficient = if term % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / away_from_zero(1.0 + coefficient * d);
        c = away_from_zero(1.0 + coefficient / c);
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// Returns `ln Gamma(x)` for positive `x`: Stirling's series (DLMF 5.11.1), reached by the recurrence.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0_f64);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let inverse_square = 1.0 / (x * x);
    let series = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1_260.0,
        -1.0 / 1_680.0,
        1.0 / 1_188.0,
        -691.0 / 360_360.0,
    ]
    .iter()
    .rev()
    .fold(0.0, |sum, coefficient| sum * inverse_square + coefficient);
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series / x - product.ln()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_closed_forms_and_tables() {
        // No hits in n trials: 1 - 0.05^(1/n). Rule of three: 29,956 clean trials bound 1e-4.
        for n in [1.0, 20.0, 300.0, 29_956.0] {
            let exact = 1.0 - 0.05_f64.powf(1.0 / n);
            assert!(
                (clopper_pearson_upper(0.0, n, 0.95) / exact - 1.0).abs() < 1e-8,
                "{n}"
            );
        }
        assert!(clopper_pearson_upper(0.0, 29_956.0, 0.95) <= 1e-4);
        // R: binom.test(4, 100)$conf.int has the upper end 0.09925716.
        assert!((clopper_pearson_upper(4.0, 100.0, 0.975) - 0.099_257_16).abs() < 1e-7);
        assert_eq!(clopper_pearson_upper(5.0, 5.0, 0.95), 1.0);
        assert_eq!(clopper_pearson_upper(0.0, 0.0, 0.95), 1.0);
        // Tables of t: 6.3138 (1), 1.8331 (9), 1.6896 (35).
        for (degrees, t) in [(1.0, 6.3138), (9.0, 1.8331), (35.0, 1.6896)] {
            assert!((student_t_upper(degrees, 0.05) - t).abs() < 1e-4);
        }
    }

    #[test]
    fn gamma_and_beta_have_their_known_values() {
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-13);
        assert!((ln_gamma(11.0) - 3_628_800_f64.ln()).abs() < 1e-12);
        // I_x(2, 3) = 6x^2 - 8x^3 + 3x^4.
        let exact = 6.0 * 0.09 - 8.0 * 0.027 + 3.0 * 0.0081;
        assert!((incomplete_beta(0.3, 2.0, 3.0) - exact).abs() < 1e-13);
        // Compared with the binomial sum it equals: P(Bin(60, 0.1) >= 9).
        let (mut mass, mut below) = (0.9_f64.powi(60), 0.0);
        for k in 0..9 {
            below += mass;
            mass *= f64::from(60 - k) / f64::from(k + 1) / 9.0;
        }
        assert!((incomplete_beta(0.1, 9.0, 52.0) - (1.0 - below)).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn inverts_the_binomial_tail(trials in 1_u32..20_000, share in 0.0_f64..0.2, confidence in 0.5_f64..0.99) {
            let trials = f64::from(trials);
            let hits = (trials * share).floor();
            prop_assume!(hits < trials);
            let bound = clopper_pearson_upper(hits, trials, confidence);
            let back = incomplete_beta(bound, hits + 1.0, trials - hits);
            prop_assert!((back - confidence).abs() < 1e-6, "{} {}", back, confidence);
            prop_assert!(bound > hits / trials);
        }
    }
}
