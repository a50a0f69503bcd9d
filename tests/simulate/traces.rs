//! Tests that benign accounts behave like the production traces, within the differences possible between samples of
//! these sizes.

use stillwatch::internals::simulate::corpus::Corpus;
use stillwatch::internals::simulate::{Plan, Scenario, statistics};

/// There are about forty comparisons (three quantiles of a dozen distributions); at five standard errors the
/// probability that any of them fails by sampling alone is below one in ten thousand.
const STANDARD_ERRORS: f64 = 5.0;

#[test]
fn benign_accounts_behave_as_the_traces_do() {
    let corpus = Corpus::miniature();
    let mut scenario = Scenario::parse(include_str!("../../eval/scenarios/traces.toml"))
        .expect("a committed scenario");
    scenario.benign.accounts = 500;
    let plan = Plan::new(&scenario, &corpus, 12).expect("a plan");
    let all = statistics(&plan, &corpus);
    // Five of consumers, six of developers, five of tenants, one of heavy users: none is left out for lack of accounts.
    assert_eq!(all.len(), 17);
    let mut off = Vec::new();
    for statistic in all.iter().filter(|statistic| statistic.set_by.is_none()) {
        let apart = statistic.standard_errors_apart();
        if apart > STANDARD_ERRORS {
            let quantiles = [0.5, 0.9, 0.99].map(|p| statistic.quantile(p));
            off.push(format!(
                "{} {}: {apart:.1} standard errors, {quantiles:.2?}, n={}",
                statistic.population.name(),
                statistic.name,
                statistic.simulated.len()
            ));
        }
    }
    assert!(off.is_empty(), "{off:#?}");
}

#[test]
fn no_benign_account_is_bounded_by_the_scenario_of_the_traces() {
    let corpus = Corpus::miniature();
    let mut scenario = Scenario::parse(include_str!("../../eval/scenarios/traces.toml"))
        .expect("a committed scenario");
    scenario.benign.accounts = 40;
    let plan = Plan::new(&scenario, &corpus, 13).expect("a plan");
    for statistic in statistics(&plan, &corpus) {
        let bound = f64::from(scenario.exchanges.most);
        assert!(statistic.simulated.iter().all(|value| *value < bound));
    }
}
