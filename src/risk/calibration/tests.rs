//! Tests of the headline's interpolation, on bands of any shape.

use proptest::prelude::*;

use super::*;

/// Generates calibrations whose two fits increase in any way, plateaus included, and never cross.
fn calibration() -> impl Strategy<Value = Calibration> {
    let knot = (0.01_f64..2.0, 0.0_f64..0.1, 0.01_f64..0.1);
    prop::collection::vec((knot, any::<bool>()), 1..12).prop_map(|knots| {
        let (mut score, mut p0, mut p1) = (-6.0, 0.0, 0.0_f64);
        let mut bands = Vec::new();
        for ((step, rise, gap), is_plateau) in knots {
            score += step;
            if !is_plateau {
                p0 = (p0 + rise).min(0.8);
            }
            p1 = p1.max(p0 + gap);
            bands.push((score, p0, p1));
        }
        let mut fit = VennAbersFit {
            lower: Vec::new(),
            upper: Vec::new(),
            tail_slope: 1.0,
            base_rate: 0.3,
            prior: 0.3,
            benign: 7,
            extraction: 3,
        };
        for &(score, p0, _) in &bands {
            if p0 > fit.lower.last().map_or(0.0, |last| last.1) {
                fit.lower.push((score, p0));
            }
        }
        for &(score, _, p1) in bands.iter().rev() {
            if p1 < fit.upper.last().map_or(1.0, |next| next.1) {
                fit.upper.push((score, p1));
            }
        }
        fit.upper.reverse();
        Calibration::try_from(fit).expect("fits that rise and do not cross")
    })
}

proptest! {
    #[test]
    fn the_path_stays_in_the_band_before_any_clamp(calibration in calibration(), score in -8.0_f64..18.0) {
        let jumps = calibration.anchors.iter().map(|anchor| anchor.0);
        for score in jumps.chain([score]) {
            let (p0, p1) = calibration.fit.band(score);
            let p = Risk::from_logit(calibration.headline(score)).value();
            prop_assert!(p0 - 1e-9 <= p && p <= p1 + 1e-9, "{} {} {}", p0, p, p1);
        }
    }
}
