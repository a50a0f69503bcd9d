//! Overlap of word pairs between the requests of one API key: many questions in one template.
//!
//! Open detectors of distillation use this signal (Glasswally, 2026: repeated structure within one key); the idea is
//! theirs, the code ours. Overlap is the Jaccard coefficient of the sets of adjacent word pairs, estimated from their
//! bottom-k sketches (Broder 1997, "On the resemblance and containment of documents"), averaged over the pairs of
//! requests of a key; the score is the highest among the account's keys. Requests without a named key share one.

use std::collections::BTreeMap;

use super::Baseline;
use super::sketch::Sketch;
use super::step::Step;
use crate::domain::Digest;

/// Fewest requests of a key that are compared: with fewer, one retry would decide.
const LEAST: usize = 5;
/// Aggregation of the overlaps of pairs of requests into one figure for a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Overlap {
    /// Mean over all pairs of requests.
    Mean,
    /// Mean over requests of the highest overlap with another request.
    Nearest,
}

impl Overlap {
    /// The forms that the training stream chooses among.
    pub(super) const CHOICES: [Self; 2] = [Self::Mean, Self::Nearest];

    /// Aggregates the overlaps. Needs at least two sketches.
    fn within(self, sketches: &[&Sketch]) -> f64 {
        let count = sketches.len();
        let mut sums = vec![0.0; count];
        let mut highest = vec![0.0_f64; count];
        for left in 0..count {
            for right in left + 1..count {
                let overlap = sketches[left].overlap(sketches[right]);
                for side in [left, right] {
                    sums[side] += overlap;
                    highest[side] = highest[side].max(overlap);
                }
            }
        }
        match self {
            Self::Mean => sums.iter().sum::<f64>() / (count * (count - 1)) as f64,
            Self::Nearest => highest.iter().sum::<f64>() / count as f64,
        }
    }
}

impl Baseline for Overlap {
    fn name(&self) -> &'static str {
        "bigram overlap per key"
    }

    fn form(&self) -> String {
        match self {
            Self::Mean => "mean over pairs of requests",
            Self::Nearest => "mean over requests of the highest",
        }
        .to_owned()
    }

    fn score(&self, steps: &[Step]) -> f64 {
        let mut keys: BTreeMap<Option<Digest>, Vec<&Sketch>> = BTreeMap::new();
        for step in steps {
            keys.entry(step.key).or_default().push(&step.sketch);
        }
        keys.into_values()
            .filter(|sketches| sketches.len() >= LEAST)
            .map(|sketches| self.within(&sketches))
            .fold(f64::NEG_INFINITY, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::{Overlap, Sketch};
    use crate::domain::Digest;
    use crate::eval::baseline::Baseline;
    use crate::eval::baseline::samples::step;

    #[test]
    fn a_hand_worked_overlap() {
        // Pairs {a b, b c, c d} and {a b, b c, c e}: 2 shared of 4.
        let (left, right) = (Sketch::of("a b c d"), Sketch::of("A, b; c e!"));
        assert!((left.overlap(&right) - 0.5).abs() < 1e-12);
        // With a third that shares none: (1/2 + 0 + 0) / 3 over pairs, (1/2 + 1/2 + 0) / 3 by the nearest.
        let other = Sketch::of("x y z");
        let all = [&left, &right, &other];
        assert!((Overlap::Mean.within(&all) - 0.5 / 3.0).abs() < 1e-12);
        assert!((Overlap::Nearest.within(&all) - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn keys_are_not_mixed() {
        let ask = |key: u64, text: &str| {
            let mut step = step();
            step.key = Some(Digest(key));
            step.sketch = Sketch::of(text);
            step
        };
        let mut steps: Vec<_> = (0..5).map(|_| ask(1, "one two three")).collect();
        steps.extend((0..5).map(|n| ask(2, &format!("{n} q{n} r{n}"))));
        assert!((Overlap::Mean.score(&steps) - 1.0).abs() < 1e-12);
        assert!(
            Overlap::Mean.score(&steps[..4]).is_infinite(),
            "too few to say"
        );
    }
}
