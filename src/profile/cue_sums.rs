//! What the requests ask for: sums, tails and extremes of the cue probabilities.
//!
//! A mean is diluted by honest traffic, a tail count is not: of `n` requests with share `e` of harvesting, the count
//! above a level that honest requests rarely reach still grows as `e n`. So each cue keeps its sum of `p`, the same
//! with a half-life of 30 days, its sum of `logit p` clamped to +-8 (evidence that adds), its counts of `p` above
//! 0.5, 0.9 and 0.99, and its largest `p`. The strongest of the four intent cues in each request is summed too, with
//! the eight largest logits ever seen. Undecayed sums are in fixed point, so they merge exactly.

use super::decay::Landmark;
use super::elementary::ln;
use super::moments::FixedSum;
use crate::domain::{CUE_COUNT, Cue, Observation};

/// How many of the largest intent logits are kept.
pub const TOP_INTENTS: usize = 8;

/// Logits are clamped to plus or minus this.
const LOGIT_LIMIT: f64 = 8.0;

/// A level of probability above which exchanges are counted.
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
    /// Every level, ascending.
    pub const ALL: [Self; 3] = [Self::Half, Self::Ninety, Self::NinetyNine];

    const fn level(self) -> f32 {
        match self {
            Self::Half => 0.5,
            Self::Ninety => 0.9,
            Self::NinetyNine => 0.99,
        }
    }
}

/// The sums of one probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CueSum {
    pub(super) probability: FixedSum,
    pub(super) logit: FixedSum,
    pub(super) recent: f64,
    pub(super) above: [u32; 3],
    pub(super) largest: f32,
}

impl CueSum {
    const EMPTY: Self = Self {
        probability: FixedSum::ZERO,
        logit: FixedSum::ZERO,
        recent: 0.0,
        above: [0; 3],
        largest: 0.0,
    };

    fn absorb(&mut self, probability: f32, logit: f64, rescale: f64, weight: f64) {
        self.probability.add(f64::from(probability));
        self.logit.add(logit);
        self.recent = self.recent * rescale + f64::from(probability) * weight;
        for (count, tail) in self.above.iter_mut().zip(Tail::ALL) {
            *count = count.saturating_add(u32::from(probability > tail.level()));
        }
        self.largest = self.largest.max(probability);
    }

    fn merge(&mut self, other: &Self, own: f64, others: f64) {
        self.probability.merge(other.probability);
        self.logit.merge(other.logit);
        self.recent = self.recent * own + other.recent * others;
        for (count, other) in self.above.iter_mut().zip(other.above) {
            *count = count.saturating_add(other);
        }
        self.largest = self.largest.max(other.largest);
    }

    fn is_sound(&self) -> bool {
        self.recent.is_finite() && self.recent >= 0.0 && (0.0..=1.0).contains(&self.largest)
    }
}

/// The sums of all cues. Update cost: 17 logarithms and some 150 additions.
#[derive(Clone, Debug, PartialEq)]
pub struct CueSums {
    pub(super) count: u64,
    pub(super) landmark: Landmark<30>,
    pub(super) recent_weight: f64,
    pub(super) cues: [CueSum; CUE_COUNT],
    /// The strongest intent of each exchange.
    pub(super) intent: CueSum,
    /// Largest first; negative infinity where fewer were seen.
    pub(super) top_intents: [f32; TOP_INTENTS],
    /// Exchanges with intent above 0.5 whose output format was forced.
    pub(super) structured_intents: u64,
}

impl CueSums {
    pub(super) const fn empty() -> Self {
        Self {
            count: 0,
            landmark: Landmark::EMPTY,
            recent_weight: 0.0,
            cues: [CueSum::EMPTY; CUE_COUNT],
            intent: CueSum::EMPTY,
            top_intents: [f32::NEG_INFINITY; TOP_INTENTS],
            structured_intents: 0,
        }
    }

    pub(super) fn absorb(&mut self, observation: &Observation) {
        self.count = self.count.saturating_add(1);
        let step = self.landmark.absorb(observation.time);
        self.recent_weight = self.recent_weight * step.rescale + step.weight;
        for (sum, &probability) in self.cues.iter_mut().zip(observation.cues.as_array()) {
            sum.absorb(
                probability,
                clamped_logit(probability),
                step.rescale,
                step.weight,
            );
        }
        let (_, strongest) = observation.cues.strongest_intent();
        let logit = clamped_logit(strongest);
        self.intent
            .absorb(strongest, logit, step.rescale, step.weight);
        self.keep_intent(logit as f32);
        let structured = strongest > Tail::Half.level() && observation.shape.structured;
        self.structured_intents = self
            .structured_intents
            .saturating_add(u64::from(structured));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        let (own, others) = self.landmark.merge(other.landmark);
        self.recent_weight = self.recent_weight * own + other.recent_weight * others;
        for (sum, other) in self.cues.iter_mut().zip(&other.cues) {
            sum.merge(other, own, others);
        }
        self.intent.merge(&other.intent, own, others);
        for &logit in &other.top_intents {
            self.keep_intent(logit);
        }
        self.structured_intents = self
            .structured_intents
            .saturating_add(other.structured_intents);
    }

    /// Mean probability of `cue` over the whole life; `None` before the first exchange.
    pub fn mean(&self, cue: Cue) -> Option<f64> {
        self.per_exchange(self.cues[cue.index()].probability.value())
    }

    /// Mean probability of `cue` with a half-life of 30 days; `None` before the first exchange.
    pub fn recent_mean(&self, cue: Cue) -> Option<f64> {
        (self.recent_weight > 0.0).then(|| self.cues[cue.index()].recent / self.recent_weight)
    }

    /// Mean of the logits of `cue`, each clamped to +-8; `None` before the first exchange.
    pub fn mean_logit(&self, cue: Cue) -> Option<f64> {
        self.per_exchange(self.logit_sum(cue))
    }

    /// Sum of the logits of `cue`, each clamped to +-8.
    pub fn logit_sum(&self, cue: Cue) -> f64 {
        self.cues[cue.index()].logit.value()
    }

    /// Exchanges in which `cue` was above `tail`.
    pub const fn tail_count(&self, cue: Cue, tail: Tail) -> u32 {
        self.cues[cue.index()].above[tail as usize]
    }

    /// The same as a share of all exchanges; `None` before the first.
    pub fn tail_share(&self, cue: Cue, tail: Tail) -> Option<f64> {
        self.per_exchange(f64::from(self.tail_count(cue, tail)))
    }

    /// The largest probability of `cue`; 0 before the first exchange.
    pub const fn largest(&self, cue: Cue) -> f32 {
        self.cues[cue.index()].largest
    }

    /// Mean over exchanges of the strongest intent's probability; `None` before the first.
    pub fn intent_mean(&self) -> Option<f64> {
        self.per_exchange(self.intent.probability.value())
    }

    /// The same with a half-life of 30 days; `None` before the first exchange.
    pub fn recent_intent_mean(&self) -> Option<f64> {
        (self.recent_weight > 0.0).then(|| self.intent.recent / self.recent_weight)
    }

    /// Mean over exchanges of the strongest intent's logit, clamped to +-8; `None` before the first.
    pub fn intent_mean_logit(&self) -> Option<f64> {
        self.per_exchange(self.intent.logit.value())
    }

    /// Exchanges whose strongest intent was above `tail`.
    pub const fn intent_tail_count(&self, tail: Tail) -> u32 {
        self.intent.above[tail as usize]
    }

    /// The same as a share of all exchanges; `None` before the first.
    pub fn intent_tail_share(&self, tail: Tail) -> Option<f64> {
        self.per_exchange(f64::from(self.intent_tail_count(tail)))
    }

    /// The largest intent logits, clamped to +-8, largest first: one per exchange, at most eight.
    pub fn top_intents(&self) -> &[f32] {
        let kept = self
            .top_intents
            .partition_point(|&logit| logit > f32::NEG_INFINITY);
        &self.top_intents[..kept]
    }

    /// Exchanges with intent above 0.5 whose output format was forced.
    pub const fn structured_intents(&self) -> u64 {
        self.structured_intents
    }

    pub(super) fn is_sound(&self) -> bool {
        let logits = self.top_intents();
        self.cues.iter().chain([&self.intent]).all(CueSum::is_sound)
            && self.recent_weight.is_finite()
            && self.recent_weight >= 0.0
            && self.top_intents.is_sorted_by(|a, b| a >= b)
            && logits.iter().all(|logit| logit.abs() <= LOGIT_LIMIT as f32)
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

/// `ln(p / (1 - p))` within +-8.
fn clamped_logit(probability: f32) -> f64 {
    // exp(-8) = 3.4e-4: beyond it the clamp decides, and both logarithms are of normal numbers.
    let p = f64::from(probability).clamp(1e-4, 1.0 - 1e-4);
    (ln(p / (1.0 - p))).clamp(-LOGIT_LIMIT, LOGIT_LIMIT)
}
