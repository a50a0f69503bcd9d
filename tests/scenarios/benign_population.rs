//! The benign accounts of the smoke scenario, scored by the same engine: how often a measure raises a false positive.

use stillwatch::internals::domain::{Exchange, Verdict};
use stillwatch::internals::simulate::corpus::Corpus;
use stillwatch::internals::simulate::{Plan, Scenario};

use crate::stage::{Played, play};

fn population() -> Vec<Played> {
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
            play("benign", exchanges)
        })
        .collect()
}

/// The probability of so few repeats is a p-value: one benign account in twenty may fall below 0.05. For people who
/// work in sessions, a reported change against the account's own past cannot be excluded, but it must stay the
/// exception.
#[test]
fn few_benign_accounts_are_called_a_sweep_or_changed() {
    let population = population();
    let sweeps = population
        .iter()
        .filter(|played| played.value("sweep_chance") < 0.05);
    assert!(20 * sweeps.count() <= population.len());
    let changed = population
        .iter()
        .filter(|played| played.value("own_past_change") > 0.0);
    assert!(10 * changed.count() <= population.len());
    let relayed = population
        .iter()
        .filter(|played| played.value("relayed_spread") > 0.2);
    assert!(20 * relayed.count() <= population.len());
}
