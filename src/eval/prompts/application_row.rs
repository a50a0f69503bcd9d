//! Benign applications left out: each one's prompts against the threshold set by the other applications.

use std::collections::BTreeMap;

use crate::eval::metrics::wilson;
use crate::eval::table::{Cell, Number, Style};

/// Share of held-out benign prompts that may be flagged.
pub(super) const RATE: f64 = 0.01;

/// Scores of a fold's benign prompts, by application or pool.
pub(super) type BenignScores = BTreeMap<String, Vec<f64>>;

/// Counts of benign prompts of one application (with its translations) or pool.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApplicationRow {
    /// Application group or pool.
    pub application: String,
    /// Number of prompts above the threshold of the other folds.
    pub flagged: u64,
    /// Number of prompts.
    pub n: u64,
}

impl ApplicationRow {
    pub(super) fn share(&self) -> f64 {
        self.flagged as f64 / self.n as f64
    }
}

/// Compares each application with the threshold that leaves 1% of the benign prompts of the other folds above it:
/// neither the model nor the threshold has seen it. By name.
pub(super) fn left_out(folds: &[BenignScores]) -> Vec<ApplicationRow> {
    let mut rows = Vec::new();
    for (fold, own) in folds.iter().enumerate() {
        let others = folds.iter().enumerate().filter(|(other, _)| *other != fold);
        let others: Vec<f64> = others
            .flat_map(|(_, scores)| scores.values().flatten().copied())
            .collect();
        let Some(threshold) = threshold(others) else {
            continue;
        };
        rows.extend(own.iter().map(|(application, scores)| ApplicationRow {
            application: application.clone(),
            flagged: scores.iter().filter(|score| **score > threshold).count() as u64,
            n: scores.len() as u64,
        }));
    }
    rows.sort_by(|a, b| a.application.cmp(&b.application));
    rows
}

/// Returns the lowest of `scores` that at most [`RATE`] of them exceed; `None` for an empty list.
pub(super) fn threshold(mut scores: Vec<f64>) -> Option<f64> {
    scores.sort_by(f64::total_cmp);
    let allowed = (scores.len() as f64 * RATE) as usize;
    scores.get(scores.len().checked_sub(1 + allowed)?).copied()
}

/// Builds the cell of a share with its Wilson interval.
pub(super) fn share(hits: u64, n: u64) -> Cell {
    wilson(hits, n).map_or(Cell::Insufficient { n }, |interval| {
        Cell::Number(Number::new(hits as f64 / n as f64, Style::Percent(1)).within(interval))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_those_of_the_others() {
        let scores = |from: u32| (from..from + 100).map(f64::from).collect::<Vec<f64>>();
        let fold = |name: &str, from: u32| BenignScores::from([(name.to_owned(), scores(from))]);
        // One of the other fold's hundred may lie above: 198 for the low application, 98 for the high one.
        let rows = left_out(&[fold("low", 0), fold("high", 100)]);
        let flagged: Vec<(&str, u64)> = rows
            .iter()
            .map(|row| (row.application.as_str(), row.flagged))
            .collect();
        assert_eq!(flagged, [("high", 100), ("low", 0)]);
        assert!(left_out(&[fold("alone", 0)]).is_empty());
    }
}
