//! Tests of what several people, machines, models and campaigns have in common: suites that run again, shared keys,
//! masked relays, refusals that are tried elsewhere, pools with several campaigns.

use std::collections::{BTreeMap, BTreeSet};

use stillwatch::internals::domain::{Exchange, GroupKind, Technique, Verdict};
use stillwatch::internals::simulate::corpus::Corpus;
use stillwatch::internals::simulate::{AccountPlan, Plan, PopulationShares, Scenario};

use super::SMOKE;

fn benign(shares: PopulationShares, settings: impl Fn(&mut Scenario)) -> (Corpus, Plan) {
    let corpus = Corpus::miniature();
    let mut scenario = Scenario::parse(SMOKE).expect("the scenario");
    scenario.benign.accounts = 40;
    scenario.benign.populations = shares;
    scenario.extraction.accounts = 0;
    settings(&mut scenario);
    let plan = Plan::new(&scenario, &corpus, 22).expect("a plan");
    (corpus, plan)
}

fn beside(settings: &str) -> (Corpus, Vec<AccountPlan>) {
    let corpus = Corpus::miniature();
    let text = format!(
        "{SMOKE}\n[[beside]]\nname = \"cell\"\naccounts = 30\nmachine_paced = 1.0\n{settings}"
    );
    let mut scenario = Scenario::parse(&text).expect("a scenario");
    scenario.extraction.accounts = 0;
    let plan = Plan::new(&scenario, &corpus, 23).expect("a plan");
    let accounts = plan.accounts.into_iter();
    let extracting = accounts.filter(|account| account.label.verdict == Verdict::Extraction);
    (corpus, extracting.collect())
}

fn asked(exchange: &Exchange) -> &str {
    let last = exchange.messages.last();
    last.map_or("", |message| message.content.expose())
}

#[test]
fn suites_run_again_on_other_days_or_models_and_not_in_bursts() {
    let shares = PopulationShares {
        evaluator: 1.0,
        ..PopulationShares::default()
    };
    for share in [1.0, 0.0] {
        let (corpus, plan) = benign(shares.clone(), |scenario| {
            scenario.benign.suites.rerun = share;
            scenario.benign.suites.median = 15.0;
            scenario.benign.suites.sigma = 0.1;
            scenario.exchanges.least = 40;
            scenario.exchanges.median = 40;
        });
        let (mut again, mut elsewhere) = (0, 0);
        for account in &plan.accounts {
            assert_eq!(account.label.group_kind, Some(GroupKind::Benchmark));
            let mut seen = BTreeMap::<String, (i64, String)>::new();
            let mut items = BTreeSet::new();
            for exchange in account.exchanges(&corpus) {
                let day = exchange.time.as_micros() / 86_400_000_000;
                let occasion = (day, exchange.model.clone());
                items.insert(asked(&exchange).to_owned());
                let before = seen.insert(asked(&exchange).to_owned(), occasion.clone());
                if before.is_some_and(|before| before != occasion) {
                    elsewhere += 1;
                }
            }
            again += usize::from(items.len() < 25);
        }
        let all = plan.accounts.len();
        if share > 0.5 {
            assert!(again * 2 > all, "{again} of {all}");
            assert!(elsewhere > 5 * all, "{elsewhere}");
        } else {
            // The built-in corpus has two suites, so some evaluators return to one.
            assert!(again * 2 < all, "{again} of {all}");
        }
    }
}

#[test]
fn some_accounts_have_several_uses() {
    let shares = PopulationShares {
        tenant: 1.0,
        ..PopulationShares::default()
    };
    let (_, plan) = benign(shares, |scenario| {
        scenario.benign.mixed_uses = 0.5;
        scenario.benign.popular.tenant = 0.0;
    });
    let several = plan
        .accounts
        .iter()
        .filter(|account| account.groups.len() > 1);
    let several = several.count();
    assert!((8..=32).contains(&several), "{several}");
    assert!(
        plan.accounts
            .iter()
            .all(|account| account.label.application.is_some())
    );
}

#[test]
fn a_chunked_extraction_repeats_nothing_while_its_corpus_lasts() {
    let shares = PopulationShares {
        chunked_extraction: 1.0,
        ..PopulationShares::default()
    };
    let (corpus, plan) = benign(shares, |_| {});
    for account in &plan.accounts {
        assert_eq!(
            account.label.population.as_deref(),
            Some("chunked_extraction")
        );
        assert!(
            (40..=80).contains(&account.exchanges),
            "{}",
            account.exchanges
        );
        let sent = account
            .exchanges(&corpus)
            .filter(|e| e.response.status == Some(200) && e.response.refused != Some(true));
        let first: Vec<String> = sent.take(10).map(|e| asked(&e).to_owned()).collect();
        let distinct: BTreeSet<&String> = first.iter().collect();
        assert!(distinct.len() + 2 >= first.len(), "{first:?}");
    }
}

#[test]
fn a_masked_relay_serialises_typed_turns_under_one_device() {
    let (corpus, relays) = beside(
        "relay = { least = 8, most = 12, masked = true }\n\
         mixtures = [{ share = 0.0, weight = 1 }]\n\
         campaigns = [{ least = 1, most = 1, weight = 1 }]\n\
         per_day = { least = 8000, most = 8000 }",
    );
    assert_eq!(relays.len(), 30);
    let mut floors = 0;
    for relay in &relays {
        assert_eq!(relay.label.techniques, [Technique::RelayResale]);
        assert_eq!(relay.label.population.as_deref(), Some("mixed_00_cell"));
        let exchanges: Vec<Exchange> = relay.exchanges(&corpus).collect();
        let of = |field: &dyn Fn(&Exchange) -> Option<String>| -> BTreeSet<Option<String>> {
            exchanges.iter().map(field).collect()
        };
        let secret =
            |text: &stillwatch::internals::domain::Sensitive<String>| text.expose().clone();
        assert_eq!(of(&|e| e.client.device.as_ref().map(secret)).len(), 1);
        assert_eq!(of(&|e| e.client.user_agent.as_ref().map(secret)).len(), 1);
        let sessions = of(&|e| e.session.as_ref().map(secret)).len() as f64;
        let first = exchanges[0].time;
        let span = exchanges[exchanges.len() - 1].time.seconds_since(first);
        assert!(sessions <= span / 900.0 + 2.0, "{sessions} in {span} s");
        let gaps = exchanges
            .windows(2)
            .map(|pair| pair[1].time.seconds_since(pair[0].time));
        let mut gaps: Vec<f64> = gaps.collect();
        gaps.sort_by(f64::total_cmp);
        // Typed turns pile up at the floor.
        let piled = gaps
            .windows(3)
            .any(|run| run[0] >= 0.19 && run[2] - run[0] < 1e-3);
        floors += usize::from(piled);
    }
    assert!(floors * 4 > relays.len(), "{floors}");
}

#[test]
fn honest_people_share_keys_and_use_two_machines() {
    let of = |shares| benign(shares, |_| {});
    let devices = |corpus: &Corpus, account: &AccountPlan| {
        let devices = account.exchanges(corpus).filter_map(|e| e.client.device);
        devices
            .map(|device| device.expose().clone())
            .collect::<BTreeSet<_>>()
            .len()
    };
    let (corpus, companies) = of(PopulationShares {
        company: 1.0,
        ..PopulationShares::default()
    });
    let mut disclosed = 0;
    for company in &companies.accounts {
        assert_eq!(company.label.group_kind, Some(GroupKind::Office));
        assert!(devices(&corpus, company) <= 1);
        let users = company.exchanges(&corpus).filter_map(|e| e.end_user);
        let users: BTreeSet<String> = users.map(|user| user.expose().clone()).collect();
        disclosed += usize::from(users.len() >= 3);
    }
    assert!((8..=32).contains(&disclosed), "{disclosed}");
    let (corpus, homes) = of(PopulationShares {
        household: 1.0,
        ..PopulationShares::default()
    });
    let (corpus_of_two, two) = of(PopulationShares {
        two_machines: 1.0,
        ..PopulationShares::default()
    });
    for (corpus, plan) in [(corpus, homes), (corpus_of_two, two)] {
        let several = plan
            .accounts
            .iter()
            .filter(|account| devices(&corpus, account) >= 2);
        assert!(several.count() >= 5);
    }
}

#[test]
fn probing_is_refused_here_and_tried_there_by_attackers_and_researchers() {
    let (corpus, probing) = beside(
        "probing = { phrasings = 6, refused = 0.8 }\n\
         mixtures = [{ share = 1.0, weight = 1 }]\n\
         campaigns = [{ least = 1, most = 1, weight = 1 }]",
    );
    let (_, research) = benign(
        PopulationShares {
            researcher: 1.0,
            ..PopulationShares::default()
        },
        |_| {},
    );
    for side in [&probing, &research.accounts] {
        let (mut moved, mut categories) = (0, BTreeSet::new());
        for account in side {
            let exchanges: Vec<Exchange> = account.exchanges(&corpus).collect();
            categories.extend(
                exchanges
                    .iter()
                    .filter_map(|e| e.response.refusal_category.clone()),
            );
            moved += exchanges
                .windows(2)
                .filter(|pair| {
                    pair[0].response.refused == Some(true)
                        && asked(&pair[0]) == asked(&pair[1])
                        && pair[0].model != pair[1].model
                        && pair[1].time.seconds_since(pair[0].time) <= 600.0
                })
                .count();
        }
        assert!(moved > side.len(), "{moved}");
        assert!(
            categories.contains("reasoning_extraction"),
            "{categories:?}"
        );
    }
    assert!(
        research
            .accounts
            .iter()
            .all(|a| a.label.verdict == Verdict::Benign)
    );
}

#[test]
fn a_comparison_sends_each_prompt_to_two_models() {
    let (corpus, plan) = benign(
        PopulationShares {
            comparison: 1.0,
            ..PopulationShares::default()
        },
        |_| {},
    );
    for account in &plan.accounts {
        let exchanges: Vec<Exchange> = account.exchanges(&corpus).collect();
        let models: BTreeSet<&str> = exchanges.iter().map(|e| e.model.as_str()).collect();
        let pairs = exchanges
            .windows(2)
            .filter(|pair| asked(&pair[0]) == asked(&pair[1]) && pair[0].model != pair[1].model);
        assert!(pairs.count() * 3 > exchanges.len());
        // A refused prompt may go to a third.
        assert!((2..=4).contains(&models.len()), "{models:?}");
    }
}

#[test]
fn a_shared_pool_carries_several_campaigns() {
    let (_, pool) = beside(
        "pipelines = { least = 3, most = 3 }\n\
         mixtures = [{ share = 1.0, weight = 1 }]\n\
         campaigns = [{ least = 30, most = 30, weight = 1 }]",
    );
    let campaigns: BTreeSet<&str> = pool
        .iter()
        .filter_map(|a| a.label.campaign.as_deref())
        .collect();
    assert_eq!(
        campaigns,
        BTreeSet::from(["smoke-cell-1a", "smoke-cell-1b", "smoke-cell-1c"])
    );
    for account in &pool {
        assert!(
            account
                .label
                .techniques
                .contains(&Technique::CoordinatedAccounts)
        );
        assert_eq!(account.label.population.as_deref(), Some("pure_cell"));
    }
}
