//! Tests of the benign populations that look most like extraction.

use std::collections::{BTreeMap, BTreeSet};

use stillwatch::internals::domain::Exchange;
use stillwatch::internals::simulate::corpus::Corpus;
use stillwatch::internals::simulate::{AccountPlan, Plan, PopulationShares, Scenario};

/// Plans twenty benign accounts of one population.
fn accounts(shares: PopulationShares, corpus: &Corpus) -> Vec<AccountPlan> {
    let mut scenario =
        Scenario::parse(include_str!("../../eval/scenarios/smoke.toml")).expect("the scenario");
    scenario.benign.accounts = 20;
    scenario.benign.populations = shares;
    scenario.extraction.accounts = 0;
    Plan::new(&scenario, corpus, 21).expect("a plan").accounts
}

fn text(exchange: &Exchange) -> &str {
    let last = exchange.messages.last();
    last.map_or("", |message| message.content.expose())
}

#[test]
fn a_reseller_has_many_people_behind_one_account_and_says_so() {
    let corpus = Corpus::miniature();
    let shares = PopulationShares {
        reseller: 1.0,
        ..PopulationShares::default()
    };
    for account in accounts(shares, &corpus) {
        assert_eq!(account.label.population.as_deref(), Some("reseller"));
        let exchanges: Vec<Exchange> = account.exchanges(&corpus).collect();
        let mut users = BTreeMap::<&str, BTreeSet<&str>>::new();
        for exchange in &exchanges {
            let address = exchange.client.ip.as_ref().map(|ip| ip.expose().as_str());
            if let (Some(conversation), Some(address)) = (&exchange.conversation, address) {
                users.entry(conversation).or_default().insert(address);
            }
        }
        // A conversation belongs to one person.
        assert!(users.values().all(|addresses| addresses.len() == 1));
        let people: BTreeSet<&str> = users.into_values().flatten().collect();
        assert!(people.is_empty() || exchanges.len() < 20 || people.len() >= 5);
    }
}

#[test]
fn a_batch_runs_one_template_and_repeats_nothing_before_its_material_ends() {
    let corpus = Corpus::miniature();
    let shares = PopulationShares {
        batch: 1.0,
        ..PopulationShares::default()
    };
    for account in accounts(shares, &corpus) {
        let exchanges: Vec<Exchange> = account.exchanges(&corpus).collect();
        let succeeded = exchanges.iter().filter(|e| e.response.status == Some(200));
        let first: Vec<&str> = succeeded.take(10).map(text).collect();
        let distinct: BTreeSet<&str> = first.iter().copied().collect();
        assert_eq!(distinct.len(), first.len());
        assert_eq!(account.groups.len(), 1);
    }
}

#[test]
fn a_heavy_user_sends_hundreds_a_day_and_is_a_developer() {
    let corpus = Corpus::miniature();
    let shares = PopulationShares {
        heavy: 1.0,
        ..PopulationShares::default()
    };
    for account in accounts(shares, &corpus) {
        let exchanges: Vec<Exchange> = account.exchanges(&corpus).collect();
        assert!(exchanges.iter().all(|exchange| !exchange.tools.is_empty()));
        let span = exchanges[exchanges.len() - 1]
            .time
            .seconds_since(exchanges[0].time);
        // A short history spans a day or two, most of it a few hours.
        assert!(span < 2.0 * 86_400.0, "{span}");
    }
}
