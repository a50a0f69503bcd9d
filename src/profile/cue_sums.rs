//! What an account's requests ask for: sums, tails and extremes of the cue probabilities.
//!
//! A mean is diluted by benign traffic, a tail count is not: if a share `e` of `n` requests extracts, the count above a
//! level that benign requests rarely reach still grows as `e n`. So every cue keeps its sum of `p`, and each of the
//! four intents also its sum of `logit p` clamped to +-8 (evidence that adds) and its count of `p` above 0.9. The
//! strongest intent of each request keeps both sums, `p` with a half-life of 30 days, its counts above 0.5, 0.9 and
//! 0.99, and the eight largest logits ever seen. Undecayed sums are in fixed point, so they merge exactly.

use super::decay::Landmark;
use super::elementary::ln;
use super::moments::FixedSum;
use crate::domain::{CUE_COUNT, Cue, CueProbabilities, Timestamp};

/// Number of the largest intent logits that are kept.
pub(crate) const TOP_INTENTS: usize = 8;

/// Largest absolute logit; logits are clamped to plus or minus this.
const LOGIT_LIMIT: f64 = 8.0;

/// A probability level above which exchanges are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Above 0.5.
    Half,
    /// Above 0.9.
    Ninety,
    /// Above 0.99.
    NinetyNine,
}

impl Tail {
    /// All levels, ascending.
    pub const ALL: [Self; 3] = [Self::Half, Self::Ninety, Self::NinetyNine];

    const fn level(self) -> f32 {
        match self {
            Self::Half => 0.5,
            Self::Ninety => 0.9,
            Self::NinetyNine => 0.99,
        }
    }
}

/// The sums of one intent, besides that of its probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IntentSum {
    pub(super) logit: FixedSum,
    /// Number of exchanges above [`Tail::Ninety`].
    pub(super) above_ninety: u32,
}

impl IntentSum {
    const EMPTY: Self = Self {
        logit: FixedSum::ZERO,
        above_ninety: 0,
    };
}

/// Sums over the cue probabilities. Update cost: 5 logarithms and some 40 additions.
#[derive(Clone, Debug, PartialEq)]
pub struct CueSums {
    pub(super) count: u64,
    pub(super) landmark: Landmark<30>,
    pub(super) recent_weight: f64,
    pub(super) probabilities: [FixedSum; CUE_COUNT],
    /// In the order of [`Cue::INTENT`].
    pub(super) intents: [IntentSum; Cue::INTENT.len()],
    /// Of the strongest intent of each exchange: its probability, its logit, ...
    pub(super) strongest_probability: FixedSum,
    pub(super) strongest_logit: FixedSum,
    /// ... its probability with a half-life of 30 days, ...
    pub(super) strongest_recent: f64,
    /// ... and how often it was above each level.
    pub(super) strongest_above: [u32; Tail::ALL.len()],
    /// Largest first; negative infinity if fewer were seen.
    pub(super) top_intents: [f32; TOP_INTENTS],
}

impl CueSums {
    pub(super) const fn empty() -> Self {
        Self {
            count: 0,
            landmark: Landmark::EMPTY,
            recent_weight: 0.0,
            probabilities: [FixedSum::ZERO; CUE_COUNT],
            intents: [IntentSum::EMPTY; Cue::INTENT.len()],
            strongest_probability: FixedSum::ZERO,
            strongest_logit: FixedSum::ZERO,
            strongest_recent: 0.0,
            strongest_above: [0; Tail::ALL.len()],
            top_intents: [f32::NEG_INFINITY; TOP_INTENTS],
        }
    }

    pub(super) fn update(&mut self, cues: &CueProbabilities, time: Timestamp) {
        self.count = self.count.saturating_add(1);
        let step = self.landmark.update(time);
        self.recent_weight = self.recent_weight * step.rescale + step.weight;
        for (sum, &probability) in self.probabilities.iter_mut().zip(cues.as_array()) {
            sum.add(f64::from(probability));
        }
        for (sum, cue) in self.intents.iter_mut().zip(Cue::INTENT) {
            let probability = cues.get(cue);
            sum.logit.add(clamped_logit(probability));
            let above = probability > Tail::Ninety.level();
            sum.above_ninety = sum.above_ninety.saturating_add(u32::from(above));
        }
        let (_, strongest) = cues.strongest_intent();
        let logit = clamped_logit(strongest);
        self.strongest_probability.add(f64::from(strongest));
        self.strongest_logit.add(logit);
        self.strongest_recent =
            self.strongest_recent * step.rescale + f64::from(strongest) * step.weight;
        for (count, tail) in self.strongest_above.iter_mut().zip(Tail::ALL) {
            *count = count.saturating_add(u32::from(strongest > tail.level()));
        }
        self.keep_intent(logit as f32);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        let (own, others) = self.landmark.merge(other.landmark);
        self.recent_weight = self.recent_weight * own + other.recent_weight * others;
        for (sum, other) in self.probabilities.iter_mut().zip(other.probabilities) {
            sum.merge(other);
        }
        for (sum, other) in self.intents.iter_mut().zip(other.intents) {
            sum.logit.merge(other.logit);
            sum.above_ninety = sum.above_ninety.saturating_add(other.above_ninety);
        }
        self.strongest_probability
            .merge(other.strongest_probability);
        self.strongest_logit.merge(other.strongest_logit);
        self.strongest_recent = self.strongest_recent * own + other.strongest_recent * others;
        for (count, other) in self.strongest_above.iter_mut().zip(other.strongest_above) {
            *count = count.saturating_add(other);
        }
        for &logit in &other.top_intents {
            self.keep_intent(logit);
        }
    }

    /// Returns the mean probability of `cue` over the whole history; `None` before the first exchange.
    pub fn mean(&self, cue: Cue) -> Option<f64> {
        self.per_exchange(self.probabilities[cue.index()].value())
    }

    /// Returns the mean of an intent's logits, each clamped to +-8; `None` before the first exchange, and for a cue
    /// that is not an intent.
    pub fn mean_logit(&self, intent: Cue) -> Option<f64> {
        self.per_exchange(self.intent(intent)?.logit.value())
    }

    /// Returns the share of exchanges in which an intent was above 0.9; `None` before the first, and for a cue that is
    /// not an intent.
    pub fn ninety_share(&self, intent: Cue) -> Option<f64> {
        self.per_exchange(f64::from(self.intent(intent)?.above_ninety))
    }

    /// Returns the mean over exchanges of the strongest intent's probability; `None` before the first.
    pub fn intent_mean(&self) -> Option<f64> {
        self.per_exchange(self.strongest_probability.value())
    }

    /// Returns the same mean with a half-life of 30 days; `None` before the first exchange.
    pub fn recent_intent_mean(&self) -> Option<f64> {
        (self.recent_weight > 0.0).then(|| self.strongest_recent / self.recent_weight)
    }

    /// Returns the mean over exchanges of the strongest intent's logit, clamped to +-8; `None` before the first.
    pub fn intent_mean_logit(&self) -> Option<f64> {
        self.per_exchange(self.strongest_logit.value())
    }

    /// Returns the share of exchanges whose strongest intent was above `tail`; `None` before the first.
    pub fn intent_tail_share(&self, tail: Tail) -> Option<f64> {
        self.per_exchange(f64::from(self.strongest_above[tail as usize]))
    }

    /// Returns the largest intent logits, clamped to +-8, largest first: one per exchange, at most eight.
    pub fn top_intents(&self) -> &[f32] {
        let kept = self
            .top_intents
            .partition_point(|&logit| logit > f32::NEG_INFINITY);
        &self.top_intents[..kept]
    }

    pub(super) fn is_valid(&self) -> bool {
        let is_weight = |weight: f64| weight.is_finite() && weight >= 0.0;
        let logits = self.top_intents();
        is_weight(self.recent_weight)
            && is_weight(self.strongest_recent)
            && self.top_intents.is_sorted_by(|a, b| a >= b)
            && logits.iter().all(|logit| logit.abs() <= LOGIT_LIMIT as f32)
    }

    fn intent(&self, cue: Cue) -> Option<&IntentSum> {
        let at = Cue::INTENT.iter().position(|intent| *intent == cue)?;
        self.intents.get(at)
    }

    fn keep_intent(&mut self, logit: f32) {
        let at = self.top_intents.partition_point(|&kept| kept >= logit);
        if at < TOP_INTENTS {
            self.top_intents[at..].rotate_right(1);
            self.top_intents[at] = logit;
        }
    }

    fn per_exchange(&self, sum: f64) -> Option<f64> {
        (self.count > 0).then(|| sum / self.count as f64)
    }
}

/// Returns `ln(p / (1 - p))`, clamped to +-8.
fn clamped_logit(probability: f32) -> f64 {
    // exp(-8) = 3.4e-4: beyond it the clamp decides, and both logarithms are of normal numbers.
    let p = f64::from(probability).clamp(1e-4, 1.0 - 1e-4);
    (ln(p / (1.0 - p))).clamp(-LOGIT_LIMIT, LOGIT_LIMIT)
}
