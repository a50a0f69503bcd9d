//! The benign accounts of the smoke scenario, through the same engine: how often a measure accuses them.

use stillwatch::domain::{Exchange, Verdict};
use stillwatch::simulate::corpus::Corpus;
use stillwatch::simulate::{Plan, Scenario};

use crate::stage::{Seen, play};

fn population() -> Vec<Seen> {
    let corpus = Corpus::miniature();
    let text = include_str!("../../eval/scenarios/smoke.toml");
    let scenario = Scenario::parse(text).expect("the built-in scenario");
    let plan = Plan::new(&scenario, &corpus, 3).expect("a plan of the miniature");
    let benign = plan
        .accounts
        .iter()
        .filter(|account| account.label.verdict != Verdict::Extraction);
    benign
        .take(60)
        .map(|account| {
            let exchanges: Vec<Exchange> = account.exchanges(&corpus).collect();
            play("honest", exchanges)
        })
        .collect()
}

/// The chance of so few repeats is a p-value: one benign account in twenty may fall below a twentieth. A change against
/// the own past is not promised of people who work in sessions; it must stay the exception.
#[test]
fn few_benign_accounts_are_called_a_sweep_or_changed() {
    let population = population();
    let sweeps = population
        .iter()
        .filter(|seen| seen.value("sweep_chance") < 0.05);
    assert!(20 * sweeps.count() <= population.len());
    let changed = population
        .iter()
        .filter(|seen| seen.value("own_past_change") > 0.0);
    assert!(10 * changed.count() <= population.len());
    let relayed = population
        .iter()
        .filter(|seen| seen.value("relayed_spread") > 0.2);
    assert!(20 * relayed.count() <= population.len());
}
