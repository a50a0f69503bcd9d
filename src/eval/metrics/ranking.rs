//! Metrics of the ranking alone: recall at a false-positive rate, areas, average precision.

use super::{Figure, Scored};

/// Returns the number of benign accounts needed to resolve a false-positive rate: none flagged among this many bounds
/// the rate by `rate` with 95% confidence (`(1 - rate)^n <= 0.05`, the rule of three).
///
/// 299 for 1%, 2,995 for 0.1%, 29,956 for 0.01%.
pub(crate) fn benign_needed(rate: f64) -> u64 {
    (0.05_f64.ln() / (-rate).ln_1p()).ceil() as u64
}

/// The receiver operating characteristic (ROC curve) of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Roc {
    benign: u64,
    extraction: u64,
    /// One step for each distinct score, from the highest down.
    steps: Vec<Step>,
}

/// Counts of units at or above one score.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    score: f64,
    benign: u64,
    extraction: u64,
}

impl Roc {
    /// Builds the curve of `units`. `None` when they are all benign or all extraction, or a score is NaN.
    pub fn new(units: &[Scored]) -> Option<Self> {
        if units.iter().any(|unit| unit.score.is_nan()) {
            return None;
        }
        let mut sorted = units.to_vec();
        // Sorted ascending and read backwards: units that are already ascending cost one pass.
        sorted.sort_by(|a, b| a.score.total_cmp(&b.score));
        let mut steps: Vec<Step> = Vec::new();
        let (mut benign, mut extraction) = (0, 0);
        for unit in sorted.iter().rev() {
            if unit.extraction {
                extraction += 1;
            } else {
                benign += 1;
            }
            // Plus and minus zero are the same score.
            let step = Step {
                score: unit.score + 0.0,
                benign,
                extraction,
            };
            match steps.last_mut() {
                Some(last) if last.score <= step.score => *last = step,
                _ => steps.push(step),
            }
        }
        (benign > 0 && extraction > 0).then_some(Self {
            benign,
            extraction,
            steps,
        })
    }

    /// Returns the number of benign units.
    pub const fn benign(&self) -> u64 {
        self.benign
    }

    /// Returns the number of extracting units.
    pub const fn extraction(&self) -> u64 {
        self.extraction
    }

    /// Returns the lowest threshold that flags at most a share `rate` of the benign units: units strictly above it are
    /// flagged. Negative infinity when all may be flagged.
    pub fn threshold_at(&self, rate: f64) -> f64 {
        self.steps
            .get(self.within(rate))
            .map_or(f64::NEG_INFINITY, |step| step.score)
    }

    /// Returns the share of the extracting units flagged at [`Self::threshold_at`] that rate. Conservative: where ties
    /// prevent the rate from being met exactly, fewer are flagged, and nothing is interpolated.
    ///
    /// Insufficient when there are fewer than `needed` benign units; see [`benign_needed`].
    pub fn recall_at(&self, rate: f64, needed: u64) -> Figure {
        if self.benign < needed {
            return Figure::Insufficient {
                n: self.benign,
                needed,
            };
        }
        let flagged = self
            .within(rate)
            .checked_sub(1)
            .map_or(0, |last| self.steps[last].extraction);
        Figure::Value(flagged as f64 / self.extraction as f64)
    }

    /// Returns the area under the curve: the probability that an extracting unit scores above a benign one, ties
    /// counting half (Mann & Whitney 1947).
    pub fn area(&self) -> f64 {
        self.area_up_to(1.0)
    }

    /// Returns the partial area up to a false-positive rate, standardised so that 0.5 is chance and 1 is perfect:
    /// `(1 + (A - a) / (m - a)) / 2` with `a = rate^2 / 2` and `m = rate`.
    pub fn partial_area(&self, rate: f64) -> f64 {
        // McClish 1989, "Analyzing a portion of the ROC curve".
        let least = rate * rate / 2.0;
        0.5 * (1.0 + (self.area_up_to(rate) - least) / (rate - least))
    }

    /// Returns the average precision, `sum (R_i - R_(i-1)) P_i` over distinct scores, in a population with a share
    /// `prevalence` of extraction: `P = prevalence TPR / (prevalence TPR + (1 - prevalence) FPR)`.
    ///
    /// Above the highest benign score the precision is 1 by this formula, so it is optimistic with few benign units:
    /// one among N represents `1 / N` of the whole population.
    pub fn average_precision(&self, prevalence: f64) -> f64 {
        let mut recall_before = 0.0;
        let mut sum = 0.0;
        for (recall, precision) in self.precision_recall(prevalence) {
            if recall > recall_before {
                sum += (recall - recall_before) * precision;
            }
            recall_before = recall;
        }
        sum
    }

    /// Returns recall and precision at each distinct score from the highest down, in a population with a share
    /// `prevalence` of extraction; see [`Self::average_precision`].
    pub fn precision_recall(&self, prevalence: f64) -> Vec<(f64, f64)> {
        let point = |step: &Step| {
            let (false_positive, recall) = self.rates(step);
            let found = prevalence * recall;
            (
                recall,
                found / (found + (1.0 - prevalence) * false_positive),
            )
        };
        self.steps.iter().map(point).collect()
    }

    /// Returns the number of steps within a false-positive rate.
    fn within(&self, rate: f64) -> usize {
        // Rounding may put the product just below a whole number.
        let allowed = (rate * self.benign as f64 + 1e-9).floor();
        self.steps
            .partition_point(|step| step.benign as f64 <= allowed)
    }

    fn area_up_to(&self, limit: f64) -> f64 {
        let (mut x0, mut y0, mut area) = (0.0, 0.0, 0.0);
        for step in &self.steps {
            let (x1, y1) = self.rates(step);
            if x1 > limit {
                // A run of ties is a straight line; cut it at the limit.
                let y = y0 + (y1 - y0) * (limit - x0) / (x1 - x0);
                return area + (limit - x0) * f64::midpoint(y0, y);
            }
            area += (x1 - x0) * f64::midpoint(y0, y1);
            (x0, y0) = (x1, y1);
        }
        area
    }

    fn rates(&self, step: &Step) -> (f64, f64) {
        (
            step.benign as f64 / self.benign as f64,
            step.extraction as f64 / self.extraction as f64,
        )
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn units(benign: &[f64], extraction: &[f64]) -> Vec<Scored> {
        let of = |scores: &[f64], extraction: bool| {
            scores
                .iter()
                .map(|&score| Scored { score, extraction })
                .collect::<Vec<_>>()
        };
        [of(benign, false), of(extraction, true)].concat()
    }

    #[test]
    fn a_hand_worked_curve() {
        let roc = Roc::new(&units(&[1.0, 2.0, 3.0, 4.0], &[2.5, 3.0, 5.0])).unwrap();
        // Pairs won: 2.5 beats 2, 3 beats 2 and ties 1, 5 beats 4: 8.5 of 12.
        assert!((roc.area() - 8.5 / 12.0).abs() < 1e-12);
        // None allowed: above 4. One allowed: above 3, which excludes the tied extracting unit at 3.
        assert_eq!(roc.recall_at(0.0, 0), Figure::Value(1.0 / 3.0));
        assert_eq!(roc.threshold_at(0.0), 4.0);
        assert_eq!(roc.recall_at(0.25, 0), Figure::Value(1.0 / 3.0));
        assert_eq!(roc.threshold_at(0.25), 3.0);
        assert_eq!(roc.recall_at(0.5, 0), Figure::Value(1.0));
        assert_eq!(roc.threshold_at(1.0), f64::NEG_INFINITY);
        assert_eq!(
            roc.recall_at(0.5, 5),
            Figure::Insufficient { n: 4, needed: 5 }
        );
        // Up to 1/4: a rectangle of 1/3 * 1/4 = 1/12; a = 1/32, m = 1/4.
        let expected = 0.5 * (1.0 + (1.0 / 12.0 - 1.0 / 32.0) / (0.25 - 1.0 / 32.0));
        assert!((roc.partial_area(0.25) - expected).abs() < 1e-12);
        // Recall rises at 5 (FPR 0), at 3 (FPR 1/2) and at 2.5 (FPR 1/2), at even prevalence.
        let expected = (1.0 + (2.0 / 3.0) / (2.0 / 3.0 + 0.5) + 1.0 / 1.5) / 3.0;
        assert!((roc.average_precision(0.5) - expected).abs() < 1e-12);
    }

    #[test]
    fn all_tied_is_chance() {
        let roc = Roc::new(&units(&[0.0; 50], &[-0.0; 7])).unwrap();
        assert_eq!(roc.area(), 0.5);
        assert!((roc.partial_area(1e-3) - 0.5).abs() < 1e-12);
        assert!((roc.average_precision(1e-3) - 1e-3).abs() < 1e-12);
        assert_eq!(roc.recall_at(0.99, 0), Figure::Value(0.0));
    }

    #[test]
    fn needs_both_kinds_and_enough_of_the_benign() {
        assert_eq!(Roc::new(&units(&[1.0], &[])), None);
        assert_eq!(Roc::new(&units(&[f64::NAN], &[1.0])), None);
        assert_eq!(
            [0.01, 0.001, 0.0001].map(benign_needed),
            [299, 2_995, 29_956]
        );
    }

    proptest! {
        #[test]
        fn agrees_with_counting(
            benign in prop::collection::vec((0_i32..12).prop_map(f64::from), 1..60),
            extraction in prop::collection::vec((0_i32..14).prop_map(f64::from), 1..30),
            rate in 0.0_f64..1.0,
        ) {
            let roc = Roc::new(&units(&benign, &extraction)).unwrap();
            let share = |scores: &[f64], t: f64| {
                scores.iter().filter(|&&s| s > t).count() as f64 / scores.len() as f64
            };
            let t = roc.threshold_at(rate);
            prop_assert!(share(&benign, t) <= rate);
            prop_assert_eq!(roc.recall_at(rate, 0), Figure::Value(share(&extraction, t)));
            // The next lower score would exceed the rate.
            prop_assert!(t == f64::NEG_INFINITY || share(&benign, t - 0.5) > rate);
            let wins: f64 = extraction.iter().flat_map(|e| benign.iter().map(move |b| {
                if e > b { 1.0 } else if e < b { 0.0 } else { 0.5 }
            })).sum();
            prop_assert!((roc.area() - wins / (benign.len() * extraction.len()) as f64).abs() < 1e-9);
            prop_assert!((roc.partial_area(1.0) - roc.area()).abs() < 1e-9);
        }
    }
}
