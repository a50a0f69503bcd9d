//! Tests of campaigns and evasions on the built-in corpus: cells, successors, rates, relays, probing, and what must
//! stay unchanged.

use std::collections::{BTreeMap, BTreeSet};

use stillwatch::internals::domain::{Exchange, FinishReason, Technique, Verdict};
use stillwatch::internals::simulate::corpus::Corpus;
use stillwatch::internals::simulate::{
    AccountPlan, Plan, PopulationShares, Scenario, ScenarioError,
};

const SMOKE: &str = include_str!("../eval/scenarios/smoke.toml");
const GRID: &str = include_str!("../eval/scenarios/grid.toml");
const PUBLISHED: &str = include_str!("../eval/scenarios/published.toml");

/// Returns the smoke scenario with a cell of pure, machine-paced campaigns of three accounts and these settings.
fn with_cell(settings: &str) -> Scenario {
    with_share(1.0, settings)
}

/// Returns the same scenario with this share of extraction.
fn with_share(share: f64, settings: &str) -> Scenario {
    let mut scenario = Scenario::parse(&format!(
        "{SMOKE}\n[[cell]]\nname = \"cell\"\nmachine_paced = 1.0\nmixtures = [{{ share = {share:?}, weight = 1 }}]\n\
         campaigns = [{{ least = 3, most = 3, weight = 1 }}]\n{settings}"
    ))
    .expect("a scenario");
    scenario.benign.accounts = 12;
    scenario
}

/// Parses a scenario for the built-in corpus, which is all on the fitting side, with a few accounts per cell.
fn small(text: &str) -> Scenario {
    let text = text.replace("partitions = [\"test\"]", "partitions = [\"fit\"]");
    let mut scenario = Scenario::parse(&text).expect("a committed scenario");
    scenario.benign.accounts = 22;
    scenario.benign.populations.reseller = 0.1;
    for cell in &mut scenario.cells {
        cell.extraction.accounts = 3;
        if let Some(exchanges) = &mut cell.extraction.exchanges {
            (exchanges.least, exchanges.median, exchanges.most) = (10, 20, 40);
        }
    }
    scenario
}

fn plan(scenario: &Scenario, corpus: &Corpus) -> Plan {
    Plan::new(scenario, corpus, 5).expect("a plan")
}

fn is_extraction(account: &AccountPlan) -> bool {
    account.label.verdict == Verdict::Extraction
}

fn extracting_accounts(plan: &Plan) -> impl Iterator<Item = &AccountPlan> {
    plan.accounts
        .iter()
        .filter(|account| is_extraction(account))
}

/// Returns a digest of all texts of an account.
fn text_digest(account: &AccountPlan, corpus: &Corpus) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for exchange in account.exchanges(corpus) {
        hasher
            .update(format!("{:?} {} {:?}", exchange.time, exchange.model, exchange.id).as_bytes());
        hasher.update(text(&exchange).as_bytes());
    }
    hasher.finalize()
}

fn text(exchange: &Exchange) -> String {
    let system = exchange.system.iter().map(|text| text.expose().as_str());
    let messages = exchange
        .messages
        .iter()
        .map(|m| m.content.expose().as_str());
    system.chain(messages).collect::<Vec<_>>().join("\n")
}

fn user_agents(account: &AccountPlan, corpus: &Corpus) -> usize {
    let agents = account
        .exchanges(corpus)
        .filter_map(|e| e.client.user_agent);
    agents
        .map(|agent| agent.expose().clone())
        .collect::<BTreeSet<_>>()
        .len()
}

#[test]
fn every_cell_of_the_grid_changes_one_thing() {
    let grid: toml::Table = toml::from_str(GRID).expect("the grid");
    let cells = grid["cell"].as_array().expect("cells");
    assert!(cells.len() >= 30);
    for cell in cells {
        let cell = cell.as_table().expect("a cell");
        let mut changes: Vec<&str> = cell.keys().map(String::as_str).collect();
        changes.retain(|key| *key != "name");
        match (cell["name"].as_str(), changes.as_slice()) {
            // A relay is never pure.
            (Some("relay"), keys) => assert_eq!(keys, ["mixtures", "relay"]),
            (_, ["evasion"]) => {
                assert_eq!(cell["evasion"].as_table().map(toml::Table::len), Some(1));
            }
            (Some("baseline"), []) | (_, [_]) => {}
            (name, keys) => panic!("{name:?} changes {keys:?}"),
        }
    }
}

#[test]
fn cells_are_played_side_by_side_and_named_in_labels() {
    let corpus = Corpus::miniature();
    for text in [GRID, PUBLISHED] {
        let scenario = small(text);
        let plan = plan(&scenario, &corpus);
        let mut cells = BTreeMap::<&str, usize>::new();
        for account in &plan.accounts {
            let label = &account.label;
            assert_eq!(is_extraction(account), label.cell.is_some());
            assert_eq!(is_extraction(account), label.campaign.is_some());
            assert!(account.exchanges(&corpus).next().is_some());
            if let Some(cell) = &label.cell {
                *cells.entry(cell).or_default() += 1;
            }
        }
        let named: BTreeSet<&str> = scenario.cells.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(cells.keys().copied().collect::<BTreeSet<_>>(), named);
        assert!(cells.values().all(|accounts| *accounts >= 3));
        let ids: BTreeSet<&str> = plan.accounts.iter().map(AccountPlan::account).collect();
        assert_eq!(ids.len(), plan.accounts.len());
    }
}

#[test]
fn cells_run_the_same_pipelines() {
    let corpus = Corpus::miniature();
    let plan = plan(&small(GRID), &corpus);
    let mut pipelines = BTreeMap::<&str, Vec<&str>>::new();
    for account in extracting_accounts(&plan) {
        let label = &account.label;
        let (Some(cell), Some(pipeline)) = (&label.cell, &label.application) else {
            panic!("an extracting account has both");
        };
        pipelines.entry(cell).or_default().push(pipeline);
    }
    let baseline = &pipelines["baseline"];
    for cell in [
        "mixing_90",
        "paraphrase_3",
        "traceless",
        "product",
        "human_timing",
        "per_day_1",
    ] {
        assert_eq!(&pipelines[cell], baseline, "{cell}");
    }
    // A pool of several accounts runs the pipeline of its cell's first campaign.
    assert_eq!(pipelines["pool_10_by_topic"], [baseline[0]; 3]);
}

#[test]
fn extraction_leaves_benign_accounts_unchanged() {
    let corpus = Corpus::miniature();
    let grid = small(GRID);
    let mut without = grid.clone();
    without.cells.clear();
    let text_digests = |scenario: &Scenario| -> Vec<blake3::Hash> {
        let plan = plan(scenario, &corpus);
        let benign = plan
            .accounts
            .iter()
            .filter(|account| !is_extraction(account));
        benign
            .map(|account| text_digest(account, &corpus))
            .collect()
    };
    let benign = text_digests(&grid);
    assert_eq!(benign.len(), 22);
    assert_eq!(benign, text_digests(&without));
}

#[test]
fn a_seed_gives_the_same_grid() {
    let corpus = Corpus::miniature();
    let text_digests = |seed| -> Vec<blake3::Hash> {
        let plan = Plan::new(&small(GRID), &corpus, seed).expect("a plan");
        plan.accounts
            .iter()
            .map(|account| text_digest(account, &corpus))
            .collect()
    };
    assert_eq!(text_digests(1), text_digests(1));
    assert_ne!(text_digests(1), text_digests(2));
}

#[test]
fn an_evasion_changes_texts_and_nothing_else() {
    let corpus = Corpus::miniature();
    let baseline = with_cell("evasion = { templates = 1, repeats = 0.0 }");
    let evading = with_cell("evasion = { templates = 1, repeats = 0.0, product = true }");
    let first = |scenario: &Scenario| {
        let plan = plan(scenario, &corpus);
        let account = extracting_accounts(&plan)
            .next()
            .expect("an extracting account")
            .clone();
        let texts: Vec<String> = account.exchanges(&corpus).map(|e| text(&e)).collect();
        (account.label.application, account.label.techniques, texts)
    };
    let (plain, evaded) = (first(&baseline), first(&evading));
    assert_eq!((&plain.0, &plain.1), (&evaded.0, &evaded.1));
    assert!(plain.2.iter().all(|text| !evaded.2.contains(text)));
}

#[test]
fn successors_start_after_bans_and_go_on() {
    let corpus = Corpus::miniature();
    for together in [true, false] {
        let scenario = with_cell(&format!(
            "per_day = {{ least = 20, most = 20 }}\n\
             bans = {{ after_days = {{ least = 1, most = 3 }}, together = {together}, successors = 2 }}"
        ));
        let plan = plan(&scenario, &corpus);
        let mut successors = 0;
        for pair in plan.accounts.windows(2) {
            let [before, after] =
                [&pair[0], &pair[1]].map(|account| account.label.campaign.as_deref());
            let (Some(before), Some(after)) = (before, after) else {
                continue;
            };
            let Some((pool, generation)) = after.split_once('.') else {
                continue;
            };
            let number: u32 = generation.parse().expect("a number");
            let expected = if number == 2 {
                pool.to_owned()
            } else {
                format!("{pool}.{}", number - 1)
            };
            assert_eq!(before, expected);
            let last = pair[0].exchanges(&corpus).last().expect("an exchange");
            assert!(
                pair[1].start > last.time,
                "{after} starts before {before} is banned"
            );
            assert_eq!(pair[0].label.application, pair[1].label.application);
            assert_eq!(pair[0].label.techniques, pair[1].label.techniques);
            successors += 1;
        }
        assert!(successors >= 20, "{successors}");
    }
}

#[test]
fn an_account_keeps_its_rate() {
    let corpus = Corpus::miniature();
    for rate in [5.6, 100.0, 857.0] {
        let mut scenario = with_cell(&format!("per_day = {{ least = {rate}, most = {rate} }}"));
        scenario.days = 200;
        scenario.cells[0].extraction.accounts = 60;
        let (mut gaps, mut seconds) = (0.0, 0.0);
        for account in extracting_accounts(&plan(&scenario, &corpus)) {
            let times: Vec<_> = account.exchanges(&corpus).map(|e| e.time).collect();
            gaps += times.len() as f64 - 1.0;
            seconds += times[times.len() - 1].seconds_since(times[0]);
        }
        // Heavy-tailed gaps and working hours: the mean over many accounts is close, not equal.
        let measured = gaps / (seconds / 86_400.0) / rate;
        assert!((0.3..3.0).contains(&measured), "{rate}: {measured}");
    }
}

#[test]
fn probing_is_mostly_refused_and_varied() {
    let corpus = Corpus::miniature();
    let scenario = with_cell("probing = { phrasings = 6, refused = 0.8 }");
    let plan = plan(&scenario, &corpus);
    let (mut refused, mut all) = (0.0, 0.0);
    for account in extracting_accounts(&plan) {
        assert!(
            account
                .label
                .techniques
                .contains(&Technique::TechniqueProbing)
        );
        assert!(account.groups.len() >= 4, "{:?}", account.groups);
        for exchange in account
            .exchanges(&corpus)
            .filter(|e| e.response.status == Some(200))
        {
            let filtered = exchange.response.finish_reason == Some(FinishReason::ContentFilter);
            refused += f64::from(u8::from(filtered));
            all += 1.0;
        }
    }
    let share = refused / all;
    assert!((0.75..0.85).contains(&share), "{share}");
    for account in plan
        .accounts
        .iter()
        .filter(|account| !is_extraction(account))
    {
        let mut exchanges = account.exchanges(&corpus);
        assert!(exchanges.any(|e| e.response.finish_reason != Some(FinishReason::ContentFilter)));
    }
}

#[test]
fn relays_and_disclosed_resellers_have_many_end_users() {
    let corpus = Corpus::miniature();
    let mut scenario = with_share(0.3, "relay = { least = 8, most = 12 }");
    scenario.benign.populations = PopulationShares {
        reseller: 1.0,
        ..PopulationShares::default()
    };
    let plan = plan(&scenario, &corpus);
    let resellers = plan
        .accounts
        .iter()
        .filter(|account| !is_extraction(account));
    let resellers: Vec<&AccountPlan> = resellers
        .filter(|account| account.label.population.as_deref() == Some("reseller"))
        .collect();
    assert_eq!(resellers.len(), 12);
    let relays: Vec<&AccountPlan> = extracting_accounts(&plan).collect();
    for relay in &relays {
        assert!(relay.label.techniques.contains(&Technique::RelayResale));
    }
    for side in [&resellers, &relays] {
        let many = side
            .iter()
            .filter(|account| user_agents(account, &corpus) >= 3);
        assert!(many.count() * 2 > side.len());
        for account in side {
            let keys: BTreeSet<Option<String>> = account
                .exchanges(&corpus)
                .map(|e| e.client.api_key.map(|key| key.expose().clone()))
                .collect();
            assert_eq!(keys.len(), 1, "the account has one key");
        }
    }
}

#[test]
fn an_extraction_with_a_resellers_client_profile_is_spread_over_its_end_users() {
    let corpus = Corpus::miniature();
    for share in [1.0, 0.5] {
        let mut scenario = with_share(share, "evasion = { product = true }");
        scenario.benign.populations = PopulationShares {
            reseller: 1.0,
            ..PopulationShares::default()
        };
        let plan = plan(&scenario, &corpus);
        let extracting_accounts: Vec<&AccountPlan> = extracting_accounts(&plan).collect();
        let many = extracting_accounts
            .iter()
            .filter(|account| user_agents(account, &corpus) >= 3);
        assert!(many.count() * 2 > extracting_accounts.len());
        for account in extracting_accounts {
            let techniques = &account.label.techniques;
            // Only an account that serves others is a relay.
            assert_eq!(techniques.contains(&Technique::RelayResale), share < 1.0);
        }
    }
}

#[test]
fn a_guard_sends_the_campaign_back_to_the_model_before() {
    let corpus = Corpus::miniature();
    let scenario = with_cell(
        "per_day = { least = 10, most = 10 }\nfallback = { least = 2, most = 4 }\n\
         exchanges = { least = 60, median = 70, most = 80 }",
    );
    let plan = plan(&scenario, &corpus);
    let position = |id: &str| scenario.models.iter().position(|model| model.id == id);
    let mut retreats = 0;
    for account in extracting_accounts(&plan) {
        assert!(
            account
                .label
                .techniques
                .contains(&Technique::ModelSwitching)
        );
        let models: Vec<Option<usize>> = account
            .exchanges(&corpus)
            .map(|e| position(&e.model))
            .collect();
        let falls = models.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert!(falls <= 1, "{models:?}");
        retreats += falls;
    }
    assert!(retreats > 0);
}

#[test]
fn invalid_settings_are_named() {
    let parse = |settings: &str| {
        let text = SMOKE.replace(
            "machine_paced = 0.5",
            &format!("machine_paced = 0.5\n{settings}"),
        );
        Scenario::parse(&text).map(|_| ())
    };
    assert!(parse("pivots = 0.5").is_ok());
    for (settings, key) in [
        ("pivots = 1.5", "extraction.pivots"),
        (
            "per_day = { least = 0.0, most = 3.0 }",
            "extraction.per_day",
        ),
        ("window_days = 0.0", "extraction.window_days"),
        ("fallback = { least = 5, most = 2 }", "extraction.fallback"),
        (
            "bans = { after_days = { least = 1, most = 0.5 } }",
            "extraction.bans.after_days",
        ),
        (
            "bans = { after_days = { least = 1, most = 2 }, successors = 101 }",
            "extraction.bans.successors",
        ),
        ("relay = { least = 1, most = 4 }", "extraction.relay"),
        (
            "relay = { least = 2, most = 4 }",
            "extraction.mixtures.share",
        ),
        (
            "probing = { phrasings = 1, refused = 0.5 }",
            "extraction.probing.phrasings",
        ),
        (
            "probing = { phrasings = 9, refused = -0.5 }",
            "extraction.probing.refused",
        ),
        (
            "evasion = { paraphrase = 4 }",
            "extraction.evasion.paraphrase",
        ),
        (
            "evasion = { templates = 0 }",
            "extraction.evasion.templates",
        ),
        ("evasion = { repeats = 2.0 }", "extraction.evasion.repeats"),
        (
            "exchanges = { least = 9, median = 5, most = 20 }",
            "extraction.exchanges",
        ),
    ] {
        match parse(settings) {
            Err(ScenarioError::Invalid { key: found, .. }) => assert_eq!(found, key),
            other => panic!("{settings}: {other:?}"),
        }
    }
    assert!(matches!(
        parse("evasion = { mask = 1 }"),
        Err(ScenarioError::Malformed(_))
    ));
}

#[test]
fn invalid_cells_are_named() {
    let parse = |cells: &str| Scenario::parse(&format!("{SMOKE}\n{cells}")).map(|_| ());
    let cell = |settings: &str| format!("[[cell]]\nname = \"odd\"\n{settings}\n");
    assert!(parse(&cell("pivots = 1.0")).is_ok());
    for cells in [
        cell("pivots = 2.0"),
        cell("pivot = 1.0"),
        cell("accounts = \"many\""),
        [cell(""), cell("pivots = 1.0")].concat(),
    ] {
        match parse(&cells) {
            Err(ScenarioError::Cell { name, .. }) => assert_eq!(name, "odd"),
            other => panic!("{cells}: {other:?}"),
        }
    }
    assert!(matches!(
        parse("[[cell]]\npivots = 1.0"),
        Err(ScenarioError::Cell { .. })
    ));
}
