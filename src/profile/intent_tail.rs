//! How strongly the most telling of an account's requests resemble a pipeline: a decaying histogram of the strongest
//! intent's log-odds.
//!
//! A mean over requests is washed out by honest traffic; the mean of the strongest tenth is not, down to a tenth of
//! extraction (mixed accounts on pipelines left out: recall at 1% of honest accounts 0.05 -> 0.47 at one half, 0.02 ->
//! 0.38 at a quarter). A share alone can still be washed out by waiting: forty extractions under four thousand honest
//! requests are one in a hundred. So beyond [`SHARE_UNTIL`] requests the number of requests that the mean is over grows
//! by the fourth root of their count only, and what was asked long ago counts for less, by half every 90 days.
//! A histogram merges, and yields the mean over any number of the strongest.

use super::decay::Landmark;
use crate::domain::Timestamp;

/// Log-odds are clamped to plus or minus this.
pub(super) const LOGIT_LIMIT: f64 = 12.0;
/// Lower end of the second bin; the first one holds all requests below it.
const LOWEST: f64 = -3.5;
/// Width of a bin, in log-odds.
const WIDTH: f64 = 0.5;
/// Number of bins: one below [`LOWEST`], the others up to [`LOGIT_LIMIT`].
pub(super) const BINS: usize = 32;

/// Share of the requests that count as the strongest.
const SHARE: f64 = 0.1;
/// Number of requests up to which the strongest are a share of them.
const SHARE_UNTIL: f64 = 400.0;

/// The histogram. Update cost: two additions; one pass over it each time the landmark moves, every 90 days.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IntentTail {
    pub(super) landmark: Landmark<90>,
    /// Weight of the newest request.
    pub(super) newest: f64,
    /// Weight of the requests in each bin.
    pub(super) weights: [f32; BINS],
    /// Weighted sum of their log-odds.
    pub(super) sums: [f32; BINS],
}

impl IntentTail {
    pub(super) const fn empty() -> Self {
        Self {
            landmark: Landmark::EMPTY,
            newest: 0.0,
            weights: [0.0; BINS],
            sums: [0.0; BINS],
        }
    }

    /// Counts a request by its log-odds, clamped to +-[`LOGIT_LIMIT`].
    pub(super) fn update(&mut self, logit: f64, time: Timestamp) {
        let step = self.landmark.update(time);
        self.rescale(step.rescale);
        self.newest = self.newest.max(step.weight);
        let logit = logit.clamp(-LOGIT_LIMIT, LOGIT_LIMIT);
        let bin = bin_of(logit);
        self.weights[bin] += step.weight as f32;
        self.sums[bin] += (step.weight * logit) as f32;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        let (own, others) = self.landmark.merge(other.landmark);
        self.rescale(own);
        self.newest = self.newest.max(other.newest * others);
        for (weight, other) in self.weights.iter_mut().zip(other.weights) {
            *weight += other * others as f32;
        }
        for (sum, other) in self.sums.iter_mut().zip(other.sums) {
            *sum += other * others as f32;
        }
    }

    /// Returns the mean log-odds of the strongest requests; `None` before the first.
    pub(crate) fn mean_of_strongest(&self) -> Option<f64> {
        let count = self.count();
        let wanted = strongest_of(count) * self.newest;
        if count <= 0.0 || wanted <= 0.0 {
            return None;
        }
        let (mut left, mut sum) = (wanted, 0.0);
        let bins = self.weights.iter().zip(&self.sums).rev();
        for (&weight, &logits) in bins {
            let weight = f64::from(weight);
            if weight <= 0.0 {
                continue;
            }
            let taken = weight.min(left);
            sum += f64::from(logits) * (taken / weight);
            left -= taken;
            if left <= 0.0 {
                break;
            }
        }
        let taken = wanted - left.max(0.0);
        (taken > 0.0).then(|| (sum / taken).clamp(-LOGIT_LIMIT, LOGIT_LIMIT))
    }

    /// Returns the number of requests whose log-odds are about `least` or more, in units of a request of today.
    pub(crate) fn count_from(&self, least: f64) -> f64 {
        let above: f64 = self.weights[bin_of(least)..]
            .iter()
            .map(|weight| f64::from(*weight))
            .sum();
        if self.newest > 0.0 {
            above / self.newest
        } else {
            0.0
        }
    }

    /// Returns the number of requests, in units of a request of today.
    fn count(&self) -> f64 {
        self.count_from(-LOGIT_LIMIT)
    }

    pub(super) fn is_valid(&self) -> bool {
        let is_weight = |weight: f64| weight.is_finite() && weight >= 0.0;
        let limit = LOGIT_LIMIT as f32 * 1.001;
        is_weight(self.newest)
            && self
                .weights
                .iter()
                .all(|weight| is_weight(f64::from(*weight)))
            && self
                .sums
                .iter()
                .zip(&self.weights)
                .all(|(sum, weight)| sum.abs() <= limit * weight)
    }

    fn rescale(&mut self, factor: f64) {
        if factor < 1.0 {
            self.newest *= factor;
            for value in self.weights.iter_mut().chain(&mut self.sums) {
                *value *= factor as f32;
            }
        }
    }
}

/// Returns how many of `count` requests count as the strongest: a tenth, at least one, and beyond 400 requests 40 times
/// the fourth root of `count / 400`.
fn strongest_of(count: f64) -> f64 {
    let share = SHARE * count.min(SHARE_UNTIL);
    let growth = (count / SHARE_UNTIL).max(1.0).sqrt().sqrt();
    (share * growth).max(1.0)
}

fn bin_of(logit: f64) -> usize {
    let above = (logit - LOWEST) / WIDTH;
    if above < 0.0 {
        0
    } else {
        (above as usize + 1).min(BINS - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(days: i64) -> Timestamp {
        Timestamp::from_micros((20_000 + days) * crate::domain::DAY_MICROS)
    }

    fn of(logits: impl IntoIterator<Item = f64>) -> IntentTail {
        let mut tail = IntentTail::empty();
        for logit in logits {
            tail.update(logit, day(0));
        }
        tail
    }

    fn strongest(tail: &IntentTail) -> f64 {
        tail.mean_of_strongest().unwrap()
    }

    #[test]
    fn honest_requests_hardly_wash_out_a_tenth_of_extraction() {
        let pure = strongest(&of(vec![5.0; 50]));
        let tenth = strongest(&of([vec![5.0; 5], vec![-4.0; 45]].concat()));
        assert!((pure - tenth).abs() < 1e-3);
    }

    #[test]
    fn forty_extractions_still_tell_under_four_thousand_honest_requests() {
        let honest = vec![-4.0; 4_000];
        assert!(strongest(&of(honest.clone())) < -3.9);
        assert!(strongest(&of([vec![5.0; 40], honest.clone()].concat())) > 0.5);
        assert!(strongest(&of([honest, vec![5.0; 40]].concat())) > 0.5);
    }

    #[test]
    fn what_was_asked_long_ago_counts_for_less() {
        let mut tail = of(vec![5.0; 20]);
        for _ in 0..20 {
            tail.update(-4.0, day(720));
        }
        assert!(strongest(&tail) < 1.0);
        assert!((tail.count_from(4.0) - 20.0 / 256.0).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn the_mean_lies_between_the_mean_of_all_and_the_largest(
            logits in prop::collection::vec(-15.0_f64..15.0, 1..200),
        ) {
            let tail = of(logits.iter().copied());
            let clamped = logits.iter().map(|logit| logit.clamp(-LOGIT_LIMIT, LOGIT_LIMIT));
            let largest = clamped.clone().fold(f64::NEG_INFINITY, f64::max);
            let mean = clamped.sum::<f64>() / logits.len() as f64;
            prop_assert!(strongest(&tail) <= largest + 1e-3);
            prop_assert!(strongest(&tail) >= mean - 1e-3);
            prop_assert!(tail.is_valid());
        }

        #[test]
        fn merging_is_the_same_as_seeing_all(
            logits in prop::collection::vec((-9.0_f64..9.0, 0_i64..400), 2..60),
            cut in 0_usize..60,
        ) {
            let mut whole = IntentTail::empty();
            let mut halves = [IntentTail::empty(), IntentTail::empty()];
            for (index, &(logit, days)) in logits.iter().enumerate() {
                whole.update(logit, day(days));
                halves[usize::from(index < cut)].update(logit, day(days));
            }
            let [mut one, other] = halves;
            one.merge(&other);
            prop_assert!((strongest(&one) - strongest(&whole)).abs() < 1e-3);
        }
    }
}
