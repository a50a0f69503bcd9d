//! Metrics of probabilities: Brier score, reliability, calibration error.

use super::Scored;

/// One bin of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ReliabilityBin {
    /// Number of units in the bin.
    pub n: u64,
    /// Mean predicted probability.
    pub stated: f64,
    /// Observed share of extraction.
    pub observed: f64,
}

/// Mean squared distance between probability and truth (Brier 1950). `None` without units.
pub(crate) fn brier(units: &[Scored]) -> Option<f64> {
    let sum: f64 = units
        .iter()
        .map(|unit| (unit.score - truth(unit)).powi(2))
        .sum();
    (!units.is_empty()).then(|| sum / units.len() as f64)
}

/// Returns the reliability diagram over at most `bins` bins of equal mass, from the lowest probability up. Units of
/// equal probability share a bin, so there may be fewer bins, of unequal size.
pub(crate) fn reliability(units: &[Scored], bins: usize) -> Vec<ReliabilityBin> {
    let mut sorted = units.to_vec();
    // Sorted by truth as well, so that sums do not depend on the order of the rows.
    sorted.sort_by(|a, b| {
        a.score
            .total_cmp(&b.score)
            .then(a.extraction.cmp(&b.extraction))
    });
    let mut diagram = Vec::with_capacity(bins);
    let mut start = 0;
    for bin in 1..=bins {
        let mut end = (sorted.len() * bin / bins).max(start);
        while end > start && end < sorted.len() && sorted[end].score <= sorted[end - 1].score {
            end += 1;
        }
        let inside = &sorted[start..end];
        if !inside.is_empty() {
            let n = inside.len() as f64;
            diagram.push(ReliabilityBin {
                n: inside.len() as u64,
                stated: inside.iter().map(|unit| unit.score).sum::<f64>() / n,
                observed: inside.iter().map(truth).sum::<f64>() / n,
            });
        }
        start = end;
    }
    diagram
}

/// Expected calibration error over bins of equal mass: `sum n_b / n |stated_b - observed_b|` (Naeini, Cooper &
/// Hauskrecht 2015, with the equal-mass bins of Nixon et al. 2019). `None` without units.
///
/// Biased upwards by about `sqrt(bins / n)` even for perfect probabilities: compare at equal n.
pub(crate) fn expected_calibration_error(units: &[Scored], bins: usize) -> Option<f64> {
    let sum: f64 = reliability(units, bins)
        .iter()
        .map(|bin| bin.n as f64 * (bin.stated - bin.observed).abs())
        .sum();
    (!units.is_empty()).then(|| sum / units.len() as f64)
}

fn truth(unit: &Scored) -> f64 {
    if unit.extraction { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(score: f64, extraction: bool) -> Scored {
        Scored { score, extraction }
    }

    #[test]
    fn hand_worked_figures() {
        let units = [
            unit(0.1, false),
            unit(0.3, true),
            unit(0.6, false),
            unit(0.8, true),
        ];
        // (0.01 + 0.49 + 0.36 + 0.04) / 4.
        assert!((brier(&units).unwrap() - 0.225).abs() < 1e-12);
        // Halves: stated 0.2, observed 0.5; stated 0.7, observed 0.5.
        assert!((expected_calibration_error(&units, 2).unwrap() - 0.25).abs() < 1e-12);
        assert_eq!(brier(&[]), None);
        assert_eq!(expected_calibration_error(&[], 5), None);
    }

    #[test]
    fn ties_share_a_bin_and_nothing_is_lost() {
        let mut units = vec![unit(0.2, false); 7];
        units.extend([unit(0.9, true); 3]);
        let bins = reliability(&units, 4);
        assert_eq!(bins.iter().map(|bin| bin.n).collect::<Vec<_>>(), [7, 3]);
        units.reverse();
        assert_eq!(reliability(&units, 4), bins);
        assert_eq!(
            reliability(&units, 100)
                .iter()
                .map(|bin| bin.n)
                .sum::<u64>(),
            10
        );
        assert!(reliability(&units, 0).is_empty());
    }
}
