//! What cross-fitted scores say about accounts of pipelines and applications that no model was fitted on: the figures
//! by which settings are chosen, and the lines of the card that state them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::risk_model::ScoredHistory;

/// Numbers of exchanges after which accounts are compared.
const AFTER: [usize; 3] = [10, 25, 50];
/// False-positive rates.
const RATES: [f64; 2] = [0.01, 0.001];
/// Shares of extraction that are told apart.
const SHARES: [(f64, &str); 4] = [
    (1.0, "pure"),
    (0.5, "half"),
    (0.25, "quarter"),
    (0.1, "tenth"),
];

/// Describes recall among extracting accounts by the extraction's share of their traffic, at thresholds that a share of
/// the honest accounts pass, each application and source counting the same; one line per number of exchanges.
pub(super) fn recall_lines(scored: &[ScoredHistory<'_>]) -> Vec<String> {
    AFTER.into_iter().map(|after| line(scored, after)).collect()
}

fn line(scored: &[ScoredHistory<'_>], after: usize) -> String {
    let score = |account: &ScoredHistory<'_>| account.scores[after.min(account.scores.len()) - 1];
    let long: Vec<&ScoredHistory<'_>> = scored
        .iter()
        .filter(|account| account.scores.len() >= after.min(50))
        .collect();
    let mut of_unit: BTreeMap<&str, f64> = BTreeMap::new();
    for account in long.iter().filter(|account| !account.history.extraction()) {
        *of_unit.entry(account.history.unit()).or_default() += 1.0;
    }
    let mut honest: Vec<(f64, f64)> = long
        .iter()
        .filter(|account| !account.history.extraction())
        .map(|account| (score(account), 1.0 / of_unit[account.history.unit()]))
        .collect();
    honest.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut text = format!("unseen accounts after {after} exchanges");
    for rate in RATES {
        let mut left = rate * of_unit.len() as f64;
        let threshold = honest.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        let threshold = threshold.map_or(f64::NEG_INFINITY, |(score, _)| *score);
        let _ = write!(
            text,
            "; recall at {}% of {} honest units:",
            rate * 100.0,
            of_unit.len()
        );
        for (share, name) in SHARES {
            let of_share = long.iter().filter(|account| {
                let own = account.history.extraction_share;
                account.history.extraction() && own.is_some_and(|own| (own - share).abs() < 1e-6)
            });
            let mut by_pipeline: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
            for account in of_share {
                let counts = by_pipeline.entry(account.history.unit()).or_default();
                counts[0] += f64::from(u8::from(score(account) > threshold));
                counts[1] += 1.0;
            }
            let recall: f64 = by_pipeline.values().map(|[found, all]| found / all).sum();
            let _ = write!(
                text,
                " {name} {:.2}",
                recall / by_pipeline.len().max(1) as f64
            );
        }
    }
    let pipelines: BTreeSet<&str> = long
        .iter()
        .filter(|account| {
            account
                .history
                .extraction_share
                .is_some_and(|share| share > 0.0)
        })
        .map(|account| account.history.unit())
        .collect();
    text + &format!(" ({} pipelines)", pipelines.len())
}
