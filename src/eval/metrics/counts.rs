//! Metrics of decisions: precision, recall, F1, and an interval on a share.

use super::Interval;

/// The 97.5% quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Confusion counts of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Confusion {
    /// Flagged, and extraction.
    pub true_positives: u64,
    /// Flagged, and benign.
    pub false_positives: u64,
    /// Not flagged, and extraction.
    pub false_negatives: u64,
    /// Not flagged, and benign.
    pub true_negatives: u64,
}

impl Confusion {
    /// Counts one decision.
    pub(crate) const fn add(&mut self, flagged: bool, extraction: bool) {
        let cell = match (flagged, extraction) {
            (true, true) => &mut self.true_positives,
            (true, false) => &mut self.false_positives,
            (false, true) => &mut self.false_negatives,
            (false, false) => &mut self.true_negatives,
        };
        *cell += 1;
    }

    /// `TP / (TP + FP)`; `None` when nothing was flagged.
    pub(crate) fn precision(&self) -> Option<f64> {
        share(
            self.true_positives,
            self.true_positives + self.false_positives,
        )
    }

    /// `TP / (TP + FN)`; `None` when there were no positives.
    pub(crate) fn recall(&self) -> Option<f64> {
        share(
            self.true_positives,
            self.true_positives + self.false_negatives,
        )
    }

    /// `2 TP / (2 TP + FP + FN)`; `None` when nothing was flagged and there were no positives.
    pub(crate) fn f1(&self) -> Option<f64> {
        let twice = 2 * self.true_positives;
        share(twice, twice + self.false_positives + self.false_negatives)
    }
}

/// Returns the mean F1 over classes, each counting equally, except those that were neither flagged nor present. `None`
/// when no class is left.
pub(crate) fn macro_f1(classes: &[Confusion]) -> Option<f64> {
    let figures: Vec<f64> = classes.iter().filter_map(Confusion::f1).collect();
    (!figures.is_empty()).then(|| figures.iter().sum::<f64>() / figures.len() as f64)
}

/// Returns the 95% score interval of the share `hits` of `n` (Wilson 1927). `None` without trials.
///
/// # Panics
/// When there are more hits than trials.
pub(crate) fn wilson(hits: u64, n: u64) -> Option<Interval> {
    assert!(hits <= n, "no more hits than trials");
    let share = share(hits, n)?;
    let n = n as f64;
    let z2 = Z * Z;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    // At 0 and n hits an end is exactly 0 or 1, which rounding would miss.
    Some(Interval {
        low: (centre - half).clamp(0.0, share),
        high: (centre + half).clamp(share, 1.0),
    })
}

fn share(hits: u64, n: u64) -> Option<f64> {
    (n > 0).then(|| hits as f64 / n as f64)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hand_worked_counts() {
        let mut confusion = Confusion::default();
        for (flagged, extraction, times) in [
            (true, true, 6),
            (true, false, 2),
            (false, true, 4),
            (false, false, 88),
        ] {
            (0..times).for_each(|_| confusion.add(flagged, extraction));
        }
        assert_eq!(confusion.precision(), Some(0.75));
        assert_eq!(confusion.recall(), Some(0.6));
        assert_eq!(confusion.f1(), Some(12.0 / 18.0));
        let empty = Confusion {
            true_negatives: 9,
            ..Confusion::default()
        };
        assert_eq!(
            (empty.precision(), empty.recall(), empty.f1()),
            (None, None, None)
        );
        let missed = Confusion {
            false_negatives: 1,
            ..Confusion::default()
        };
        // One class found by two thirds, one missed, one that never occurred.
        assert_eq!(macro_f1(&[confusion, missed, empty]), Some(6.0 / 18.0));
        assert_eq!(macro_f1(&[empty]), None);
    }

    #[test]
    fn wilson_agrees_with_published_values() {
        // Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29.
        for (hits, n, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let interval = wilson(hits, n).unwrap();
            assert!(
                (interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5,
                "{interval:?}"
            );
        }
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(5, 5).unwrap().high, 1.0);
    }

    proptest! {
        #[test]
        fn wilson_holds_the_share(n in 1_u64..100_000, part in 0.0_f64..=1.0) {
            let hits = (n as f64 * part) as u64;
            let interval = wilson(hits, n).unwrap();
            let share = hits as f64 / n as f64;
            prop_assert!(0.0 <= interval.low && interval.low <= share);
            prop_assert!(share <= interval.high && interval.high <= 1.0);
            prop_assert!(interval.low < interval.high);
        }
    }
}
