//! Tests of the simulator on the built-in corpus: determinism, order, a composition that follows the plan, and no leak
//! of the label.

#[path = "simulate/boost.rs"]
mod boost;
#[path = "simulate/leaks.rs"]
mod leaks;
#[path = "simulate/populations.rs"]
mod populations;
#[path = "simulate/sharing.rs"]
mod sharing;
#[path = "simulate/traces.rs"]
mod traces;
#[path = "simulate/usage.rs"]
mod usage;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use stillwatch::internals::domain::{Exchange, Role, Technique, Verdict};
use stillwatch::internals::simulate::corpus::Corpus;
use stillwatch::internals::simulate::{AccountPlan, Plan, Population, Scenario, write_stream};

const SMOKE: &str = include_str!("../eval/scenarios/smoke.toml");

/// The smoke scenario with more accounts, for statistics.
fn scenario(accounts: u32) -> Scenario {
    let mut scenario = Scenario::parse(SMOKE).expect("the smoke scenario");
    scenario.benign.accounts = accounts;
    scenario.extraction.accounts = accounts;
    scenario
}

fn plan(accounts: u32, corpus: &Corpus, seed: u64) -> Plan {
    Plan::new(&scenario(accounts), corpus, seed).expect("a plan")
}

/// Returns a digest of everything in an exchange that a file would hold.
fn fingerprint(exchange: &Exchange) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    add(&format!(
        "{:?} {} {:?} {:?} {:?}",
        exchange.time, exchange.model, exchange.id, exchange.conversation, exchange.parameters
    ));
    let tools: Vec<&String> = exchange.tools.iter().map(|tool| &tool.name).collect();
    add(&format!(
        "{} {:?} {:?} {tools:?}",
        exchange.account, exchange.response.status, exchange.response.output_tokens
    ));
    if let Some(system) = &exchange.system {
        add(system.expose());
    }
    for message in &exchange.messages {
        add(message.content.expose());
    }
    hasher.finalize()
}

fn texts(exchange: &Exchange) -> Vec<&str> {
    let messages = exchange.messages.iter();
    messages
        .map(|message| message.content.expose().as_str())
        .collect()
}

fn is_extraction(account: &AccountPlan) -> bool {
    account.label.verdict == Verdict::Extraction
}

#[test]
fn a_seed_gives_the_same_stream_and_another_seed_another() {
    let corpus = Corpus::miniature();
    let stream = |seed| {
        let plan = plan(30, &corpus, seed);
        let mut all = Vec::new();
        let written = write_stream(
            &plan,
            &corpus,
            |exchange| {
                all.push(fingerprint(exchange));
                Ok::<_, Infallible>(())
            },
            |_| Ok(()),
        );
        assert_eq!(
            written.expect("writing to memory never fails") as usize,
            all.len()
        );
        all
    };
    assert_eq!(stream(1), stream(1));
    assert_ne!(stream(1), stream(2));
}

#[test]
fn the_stream_holds_every_account_in_order_of_time() {
    let corpus = Corpus::miniature();
    let plan = plan(60, &corpus, 3);
    let mut merged = BTreeMap::<String, Vec<blake3::Hash>>::new();
    let mut last = None;
    let mut labels = Vec::new();
    write_stream(
        &plan,
        &corpus,
        |exchange| {
            assert!(last.is_none_or(|last| last <= exchange.time));
            last = Some(exchange.time);
            let account = merged.entry(exchange.account.clone()).or_default();
            account.push(fingerprint(exchange));
            Ok::<_, Infallible>(())
        },
        |label| {
            labels.push(label.account.clone());
            Ok(())
        },
    )
    .expect("writing to memory never fails");
    assert_eq!(
        labels.iter().collect::<BTreeSet<_>>().len(),
        plan.accounts.len()
    );
    for account in &plan.accounts {
        let alone: Vec<Exchange> = account.exchanges(&corpus).collect();
        assert!(alone.windows(2).all(|pair| pair[0].time < pair[1].time));
        assert_eq!(alone[0].time, account.start);
        assert!(alone.len() <= account.exchanges as usize);
        let alone: Vec<blake3::Hash> = alone.iter().map(fingerprint).collect();
        assert_eq!(merged[account.account()], alone);
    }
}

#[test]
fn benign_tenants_run_one_application() {
    let corpus = Corpus::miniature();
    let mut scenario = scenario(240);
    // Popular templates take other people's questions, and some accounts have several uses.
    scenario.benign.mixed_uses = 0.0;
    scenario.benign.popular.tenant = 0.0;
    let plan = Plan::new(&scenario, &corpus, 4).expect("a plan");
    let of = |population| {
        plan.accounts
            .iter()
            .filter(move |a| !is_extraction(a) && a.population == population)
    };
    let mut applications = BTreeSet::new();
    for tenant in of(Population::Tenant) {
        let systems: BTreeSet<Option<String>> = tenant
            .exchanges(&corpus)
            .map(|e| e.system.map(|text| text.expose().clone()))
            .collect();
        assert_eq!(systems.len(), 1, "{:?}", tenant.label.application);
        assert_eq!(tenant.groups.len(), 1);
        applications.insert(tenant.label.application.clone());
    }
    assert_eq!(applications.len(), 12, "every application has a tenant");
}

#[test]
fn a_mixed_account_extracts_its_share() {
    let corpus = Corpus::miniature();
    let plan = plan(120, &corpus, 5);
    let extraction: BTreeSet<&str> = corpus
        .pipelines
        .iter()
        .flat_map(|pipeline| &pipeline.records)
        .map(|record| record.messages[0].content.expose())
        .map(|text| text.lines().last().unwrap_or_default())
        .collect();
    let mut checked = 0;
    for account in plan
        .accounts
        .iter()
        .filter(|a| is_extraction(a) && a.extraction_share < 1.0)
    {
        let exchanges: Vec<Exchange> = account.exchanges(&corpus).collect();
        if exchanges.len() < account.exchanges as usize {
            continue;
        }
        // Requests of pipelines with a fixed last line can be recognised from the text alone.
        let application = account.label.application.as_deref();
        if !matches!(
            application,
            Some("mini_rationale" | "mini_grader" | "mini_trajectories")
        ) {
            continue;
        }
        let is_extraction_request = |e: &&Exchange| {
            texts(e)[0]
                .lines()
                .last()
                .is_some_and(|line| extraction.contains(line))
        };
        let extracted = exchanges.iter().filter(is_extraction_request).count() as f64;
        let planned = (account.extraction_share * f64::from(account.exchanges))
            .round()
            .max(1.0);
        assert!(
            (extracted - planned).abs() < 0.5,
            "{extracted} of {planned}"
        );
        checked += 1;
    }
    assert!(checked >= 10, "only {checked} accounts could be checked");
}

#[test]
fn conversations_grow_turn_by_turn() {
    let corpus = Corpus::miniature();
    let plan = plan(60, &corpus, 6);
    let mut grown = 0;
    for person in plan
        .accounts
        .iter()
        .filter(|a| a.population == Population::Consumer && !is_extraction(a))
    {
        let exchanges: Vec<Exchange> = person.exchanges(&corpus).collect();
        for pair in exchanges.windows(2) {
            let [before, after] = [&pair[0], &pair[1]].map(texts);
            if after.len() > before.len() && after.starts_with(&before) {
                assert_eq!(pair[0].conversation, pair[1].conversation);
                grown += 1;
            }
        }
        for exchange in &exchanges {
            let last = exchange.messages.last().expect("at least one message");
            assert_ne!(last.role, Role::Assistant);
        }
    }
    assert!(grown > 20, "{grown}");
}

#[test]
fn repeats_are_where_they_are_assumed() {
    let corpus = Corpus::miniature();
    let plan = plan(400, &corpus, 7);
    let repeated = |account: &AccountPlan| {
        let exchanges: Vec<Exchange> = account.exchanges(&corpus).collect();
        let distinct: BTreeSet<Vec<&str>> = exchanges.iter().map(texts).collect();
        1.0 - distinct.len() as f64 / exchanges.len() as f64
    };
    let shares = |chosen: &dyn Fn(&AccountPlan) -> bool| {
        let mut shares: Vec<f64> = plan
            .accounts
            .iter()
            .filter(|a| chosen(a))
            .map(repeated)
            .collect();
        shares.sort_by(f64::total_cmp);
        shares
    };
    let tenants = shares(&|a| !is_extraction(a) && a.population == Population::Tenant);
    let extractions = shares(&|a| is_extraction(a) && a.extraction_share >= 1.0);
    let quantile = |shares: &[f64], p: f64| shares[(p * (shares.len() - 1) as f64) as usize];
    // Both classes have accounts that hardly repeat and accounts that repeat a lot.
    for shares in [&tenants, &extractions] {
        assert!(quantile(shares, 0.2) < 0.12, "{shares:?}");
        assert!(quantile(shares, 0.95) > 0.25, "{shares:?}");
    }
    let gap = (quantile(&tenants, 0.5) - quantile(&extractions, 0.5)).abs();
    assert!(gap < 0.12, "medians differ by {gap}");
}

#[test]
fn techniques_follow_the_pipeline_and_the_campaign() {
    let corpus = Corpus::miniature();
    let plan = plan(200, &corpus, 8);
    let mut campaigns = BTreeMap::<&str, Vec<&AccountPlan>>::new();
    for account in &plan.accounts {
        assert_eq!(is_extraction(account), account.label.campaign.is_some());
        assert_eq!(is_extraction(account), !account.label.techniques.is_empty());
        if let Some(campaign) = &account.label.campaign {
            campaigns.entry(campaign).or_default().push(account);
        }
    }
    for accounts in campaigns.values() {
        for account in accounts {
            assert_eq!(account.label.techniques, accounts[0].label.techniques);
            let coordinated = account
                .label
                .techniques
                .contains(&Technique::CoordinatedAccounts);
            assert_eq!(coordinated, accounts.len() > 1);
        }
    }
}

/// Returns the area under the ROC curve of one number as a classifier, in whichever direction is better.
fn separation(benign: &[f64], extraction: &[f64]) -> f64 {
    let mut wins = 0.0;
    for b in benign {
        for a in extraction {
            wins += match a.total_cmp(b) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    let area = wins / (benign.len() * extraction.len()) as f64;
    area.max(1.0 - area)
}

type Scalar = (&'static str, fn(&Exchange) -> f64);

fn presence<T>(field: Option<&T>) -> f64 {
    f64::from(u8::from(field.is_some()))
}

#[test]
fn nothing_but_content_and_pace_tells_the_classes_apart() {
    let text_number = |text: &str| {
        let digest = blake3::hash(text.as_bytes());
        f64::from(u16::from_le_bytes([
            digest.as_bytes()[0],
            digest.as_bytes()[1],
        ]))
    };
    let scalars: [Scalar; 17] = [
        ("first time", |e| e.time.as_seconds()),
        ("hour of first time", |e| {
            e.time.as_seconds().rem_euclid(86_400.0)
        }),
        ("id length", |e| {
            e.id.as_deref().map_or(0.0, |id| id.len() as f64)
        }),
        ("account length", |e| e.account.len() as f64),
        ("organization", |e| presence(e.organization.as_ref())),
        ("conversation", |e| presence(e.conversation.as_ref())),
        ("tools", |e| e.tools.len() as f64),
        ("temperature", |e| {
            presence(e.parameters.temperature.as_ref())
        }),
        ("max_tokens", |e| presence(e.parameters.max_tokens.as_ref())),
        ("n", |e| presence(e.parameters.n.as_ref())),
        ("response_format", |e| {
            presence(e.parameters.response_format.as_ref())
        }),
        ("status", |e| f64::from(e.response.status.unwrap_or(0))),
        ("output tokens", |e| {
            e.response.output_tokens.unwrap_or(0) as f64
        }),
        ("ip", |e| presence(e.client.ip.as_ref())),
        ("user agent", |e| presence(e.client.user_agent.as_ref())),
        ("api key", |e| presence(e.client.api_key.as_ref())),
        ("payment", |e| presence(e.client.payment.as_ref())),
    ];
    let corpus = Corpus::miniature();
    let plan = plan(600, &corpus, 9);
    let firsts: Vec<(bool, Exchange)> = plan
        .accounts
        .iter()
        .map(|account| {
            let first = account.exchanges(&corpus).next().expect("a first exchange");
            (is_extraction(account), first)
        })
        .collect();
    let measure = |scalar: &dyn Fn(&Exchange) -> f64| {
        let of = |extraction: bool| -> Vec<f64> {
            let side = firsts.iter().filter(|(is, _)| *is == extraction);
            side.map(|(_, exchange)| scalar(exchange)).collect()
        };
        separation(&of(false), &of(true))
    };
    for (name, scalar) in scalars {
        let area = measure(&scalar);
        assert!(area <= 0.6, "{name} separates the classes: {area:.3}");
    }
    let area = measure(&|exchange| text_number(&exchange.account));
    assert!(area <= 0.6, "account ids separate the classes: {area:.3}");
}

#[test]
fn benign_developers_move_on_release_day_too() {
    let corpus = Corpus::miniature();
    let mut scenario = scenario(300);
    scenario.exchanges.median = 60;
    scenario.exchanges.most = 400;
    let plan = Plan::new(&scenario, &corpus, 10).expect("a plan");
    let newest = scenario.models.last().expect("models");
    let within_a_day = |e: &Exchange| {
        let since = e.time.seconds_since(newest.released);
        (0.0..86_400.0).contains(&since)
    };
    let mut moved = 0;
    for account in plan.accounts.iter().filter(|a| !is_extraction(a)) {
        for exchange in account.exchanges(&corpus) {
            assert!(exchange.model != newest.id || exchange.time >= newest.released);
            moved += usize::from(within_a_day(&exchange) && exchange.model == newest.id);
        }
    }
    assert!(
        moved > 0,
        "no benign exchange used the new model on its first day"
    );
}

#[test]
fn a_sink_that_fails_stops_the_stream() {
    let corpus = Corpus::miniature();
    let plan = plan(20, &corpus, 11);
    let mut taken = 0;
    let written = write_stream(
        &plan,
        &corpus,
        |_| {
            taken += 1;
            if taken < 5 { Ok(()) } else { Err("full") }
        },
        |_| Ok(()),
    );
    assert_eq!((written, taken), (Err("full"), 5));
}

#[test]
fn an_empty_side_is_an_error_and_not_an_empty_stream() {
    let mut scenario = scenario(10);
    scenario.partitions = vec![stillwatch::internals::simulate::corpus::Partition::Test];
    assert!(Plan::new(&scenario, &Corpus::miniature(), 1).is_err());
}
