//! What an account's requests ask for: the mean of each cue's probability, and the tail of the strongest intent.
//!
//! Sums are in fixed point, so they merge exactly.

use super::elementary::ln;
use super::intent_tail::IntentTail;
use super::moments::FixedSum;
use crate::domain::{CUE_COUNT, Cue, CueProbabilities, Timestamp};

/// Sums over the cue probabilities. Update cost: one logarithm and some 20 additions.
#[derive(Clone, Debug, PartialEq)]
pub struct CueSums {
    pub(super) count: u64,
    pub(super) probabilities: [FixedSum; CUE_COUNT],
    /// Of the strongest intent of each exchange.
    pub(super) strongest: FixedSum,
    /// Log-odds of the strongest intent of each exchange.
    pub(super) tail: IntentTail,
}

impl CueSums {
    pub(super) const fn empty() -> Self {
        Self {
            count: 0,
            probabilities: [FixedSum::ZERO; CUE_COUNT],
            strongest: FixedSum::ZERO,
            tail: IntentTail::empty(),
        }
    }

    pub(super) fn update(&mut self, cues: &CueProbabilities, time: Timestamp) {
        self.count = self.count.saturating_add(1);
        for (sum, &probability) in self.probabilities.iter_mut().zip(cues.as_array()) {
            sum.add(f64::from(probability));
        }
        let (_, strongest) = cues.strongest_intent();
        self.strongest.add(f64::from(strongest));
        self.tail.update(logit(strongest), time);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        for (sum, other) in self.probabilities.iter_mut().zip(other.probabilities) {
            sum.merge(other);
        }
        self.strongest.merge(other.strongest);
        self.tail.merge(&other.tail);
    }

    /// Returns the mean probability of `cue` over the whole history; `None` before the first exchange.
    pub fn mean(&self, cue: Cue) -> Option<f64> {
        self.per_exchange(self.probabilities[cue.index()])
    }

    /// Returns the mean over exchanges of the strongest intent's probability; `None` before the first.
    pub fn intent_mean(&self) -> Option<f64> {
        self.per_exchange(self.strongest)
    }

    /// Returns the mean log-odds of the strongest intent in the requests where it is strongest, within +-12; `None`
    /// before the first exchange.
    pub fn intent_tail(&self) -> Option<f64> {
        self.tail.mean_of_strongest()
    }

    /// Returns the number of requests in which the log-odds of the strongest intent were about `least` or more, in
    /// units of a request of today.
    pub fn requests_from(&self, least: f64) -> f64 {
        self.tail.count_from(least)
    }

    pub(super) fn is_valid(&self) -> bool {
        self.tail.is_valid()
    }

    fn per_exchange(&self, sum: FixedSum) -> Option<f64> {
        (self.count > 0).then(|| sum.value() / self.count as f64)
    }
}

/// Returns `ln(p / (1 - p))`, within some +-14.
fn logit(probability: f32) -> f64 {
    let p = f64::from(probability).clamp(1e-6, 1.0 - 1e-6);
    ln(p / (1.0 - p))
}
