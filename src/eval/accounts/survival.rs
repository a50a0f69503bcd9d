//! Survival analysis of detection: time to detection with censoring.

use std::collections::BTreeMap;

/// Observation of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Time of its detection, or of its last observation.
    pub until: u64,
    /// Whether it was detected then; otherwise it is censored.
    pub detected: bool,
}

/// The product-limit estimate of the share not yet detected (Kaplan & Meier 1958).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Survival {
    /// At each detection time, the share undetected after it.
    steps: Vec<(u64, f64)>,
}

impl Survival {
    /// Builds the estimate from `spans`. A unit censored at the time of a detection was still at risk for it.
    pub(crate) fn new(spans: &[Span]) -> Self {
        let mut times: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for span in spans {
            let (detected, gone) = times.entry(span.until).or_default();
            *detected += u64::from(span.detected);
            *gone += 1;
        }
        let mut watched = spans.len() as u64;
        let mut undetected = 1.0;
        let mut steps = Vec::new();
        for (time, (detected, gone)) in times {
            if detected > 0 {
                undetected *= 1.0 - detected as f64 / watched as f64;
                steps.push((time, undetected));
            }
            watched -= gone;
        }
        Self { steps }
    }

    /// Returns the share detected at or before `time`.
    pub(crate) fn detected_by(&self, time: u64) -> f64 {
        let passed = self.steps.partition_point(|step| step.0 <= time);
        passed
            .checked_sub(1)
            .map_or(0.0, |last| 1.0 - self.steps[last].1)
    }

    /// Returns the corners of the step function of the share detected, from 0 to `until`.
    pub(super) fn stairs(&self, until: u64) -> Vec<(f64, f64)> {
        let mut corners = vec![(0.0, 0.0)];
        for &(time, undetected) in self.steps.iter().take_while(|step| step.0 <= until) {
            let before = corners[corners.len() - 1].1;
            corners.push((time as f64, before));
            corners.push((time as f64, 1.0 - undetected));
        }
        corners.push((until as f64, corners[corners.len() - 1].1));
        corners
    }

    /// Returns the first time by which at least half are detected.
    pub(crate) fn median(&self) -> Option<u64> {
        let half = self.steps.iter().find(|step| step.1 <= 0.5 + 1e-12);
        half.map(|step| step.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spans(of: &[(u64, bool)]) -> Vec<Span> {
        of.iter()
            .map(|&(until, detected)| Span { until, detected })
            .collect()
    }

    /// Gehan 1965, the 21 leukaemia patients on 6-MP: the standard textbook example.
    #[test]
    fn a_textbook_example() {
        let left = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(|time| (time, false));
        let detected = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(|time| (time, true));
        let survival = Survival::new(&spans(&[&left[..], &detected[..]].concat()));
        for (time, undetected) in [
            (5, 1.0),
            (6, 0.857),
            (7, 0.807),
            (10, 0.753),
            (13, 0.690),
            (16, 0.627),
            (22, 0.538),
            (23, 0.448),
            (40, 0.448),
        ] {
            let share = 1.0 - survival.detected_by(time);
            assert!((share - undetected).abs() < 6e-4, "{time}: {share}");
        }
        assert_eq!(survival.median(), Some(23));
    }

    #[test]
    fn stairs_go_along_and_up() {
        let survival = Survival::new(&spans(&[(3, true), (9, true)]));
        let corners = [(0.0, 0.0), (3.0, 0.0), (3.0, 0.5), (5.0, 0.5)];
        assert_eq!(survival.stairs(5), corners);
    }

    #[test]
    fn none_detected_and_none_at_all() {
        for survival in [
            Survival::new(&[]),
            Survival::new(&spans(&[(3, false), (9, false)])),
        ] {
            assert!(survival.detected_by(u64::MAX) <= 0.0);
            assert_eq!(survival.median(), None);
        }
    }

    proptest! {
        #[test]
        fn without_leaving_it_is_the_plain_share(
            times in prop::collection::vec(1_u64..30, 1..60),
            at in 0_u64..35,
        ) {
            let all: Vec<(u64, bool)> = times.iter().map(|&time| (time, true)).collect();
            let plain = times.iter().filter(|&&time| time <= at).count() as f64 / times.len() as f64;
            let share = Survival::new(&spans(&all)).detected_by(at);
            prop_assert!((share - plain).abs() < 1e-9);
        }
    }
}
