//! Nothing that identifies the simulator may tell the classes apart: a boosted model that sees only what must not
//! matter is fitted on the streams of some seeds and judged on the stream of another. Campaigns and classes, whose
//! members share an address and a beginning, are never on both sides.

use std::collections::BTreeMap;
use std::convert::Infallible;

use stillwatch::domain::{Exchange, Label, Sensitive, Verdict};
use stillwatch::eval::metrics::{Roc, Scored};
use stillwatch::simulate::corpus::Corpus;
use stillwatch::simulate::{Plan, Scenario, write_stream};

use super::boost::fit;

/// Accounts of each class in one stream.
const ACCOUNTS: u32 = 300;

/// Streams.
const SEEDS: u64 = 6;

/// The area under the curve that no leak may exceed.
const CHANCE: f64 = 0.55;

struct Row {
    features: Vec<f64>,
    extraction: bool,
}

/// A number from a text: like texts give like numbers only when they are equal.
fn number(text: &str) -> f64 {
    let digest = blake3::hash(text.as_bytes());
    let bytes = digest.as_bytes();
    f64::from(u16::from_le_bytes([bytes[0], bytes[1]]))
}

fn presence<T>(field: Option<&T>) -> f64 {
    f64::from(u8::from(field.is_some()))
}

fn secret(field: Option<&Sensitive<String>>) -> f64 {
    field.map_or(f64::NAN, |text| number(text.expose()))
}

/// What must not matter, of an account's first exchange, its place in the stream and its label's.
fn features(first: &Exchange, row: usize, label: usize, plan_start: f64) -> Vec<f64> {
    let id = first.id.as_deref().unwrap_or_default();
    let conversation = first.conversation.as_deref().unwrap_or_default();
    let since = first.time.as_seconds() - plan_start;
    let client = &first.client;
    let parameters = &first.parameters;
    vec![
        number(&first.account),
        first.account.len() as f64,
        number(id),
        id.len() as f64,
        number(conversation),
        conversation.len() as f64,
        row as f64,
        label as f64,
        since,
        (since / 86_400.0).floor(),
        since.rem_euclid(86_400.0),
        presence(first.organization.as_ref()),
        presence(first.conversation.as_ref()),
        presence(parameters.temperature.as_ref()),
        presence(parameters.max_tokens.as_ref()),
        presence(parameters.n.as_ref()),
        presence(parameters.response_format.as_ref()),
        presence(parameters.reasoning_effort.as_ref()),
        presence(parameters.logprobs.as_ref()),
        presence(first.response.finish_reason.as_ref()),
        presence(first.response.input_tokens.as_ref()),
        presence(first.response.output_tokens.as_ref()),
        presence(client.ip.as_ref()),
        presence(client.user_agent.as_ref()),
        presence(client.tls_fingerprint.as_ref()),
        presence(client.api_key.as_ref()),
        presence(client.payment.as_ref()),
        secret(client.ip.as_ref()),
        secret(client.user_agent.as_ref()),
        secret(client.tls_fingerprint.as_ref()),
        secret(client.payment.as_ref()),
    ]
}

fn rows(scenario: &Scenario, corpus: &Corpus, seed: u64) -> Vec<Row> {
    let plan = Plan::new(scenario, corpus, seed).expect("a plan");
    let mut labels = Vec::<Label>::new();
    let mut firsts = BTreeMap::<String, (usize, Exchange)>::new();
    write_stream(
        &plan,
        corpus,
        |exchange| {
            let row = firsts.len();
            let account = exchange.account.clone();
            firsts
                .entry(account)
                .or_insert_with(|| (row, exchange.clone()));
            Ok::<_, Infallible>(())
        },
        |label| {
            labels.push(label.clone());
            Ok(())
        },
    )
    .expect("no sink fails");
    let start = scenario.start.as_seconds();
    let placed = labels.iter().enumerate();
    placed
        .map(|(place, label)| {
            let (row, first) = &firsts[&label.account];
            Row {
                features: features(first, *row, place, start),
                extraction: label.verdict == Verdict::Extraction,
            }
        })
        .collect()
}

/// Area under the curve on each stream of models fitted on all others.
fn areas(streams: &[Vec<Row>]) -> Vec<f64> {
    let area = |judged: usize| {
        let others = streams
            .iter()
            .enumerate()
            .filter(|(seed, _)| *seed != judged);
        let fitted: Vec<&Row> = others.flat_map(|(_, rows)| rows).collect();
        let rows: Vec<&[f64]> = fitted.iter().map(|row| row.features.as_slice()).collect();
        let extraction: Vec<bool> = fitted.iter().map(|row| row.extraction).collect();
        // Nothing says when to stop: a model that stops at once would be at chance whatever leaks a little.
        let model = fit(&rows, &extraction, 60);
        let judged: Vec<Scored> = streams[judged]
            .iter()
            .map(|row| Scored {
                score: model.score(&row.features),
                extraction: row.extraction,
            })
            .collect();
        Roc::new(&judged).expect("both classes").area()
    };
    (0..streams.len()).map(area).collect()
}

/// Mean of the areas and its standard error over seeds.
fn mean(areas: &[f64]) -> (f64, f64) {
    let count = areas.len() as f64;
    let mean = areas.iter().sum::<f64>() / count;
    let squares: f64 = areas.iter().map(|area| (area - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0) / count).sqrt())
}

fn scenario(text: &str) -> Scenario {
    let mut scenario = Scenario::parse(text).expect("a committed scenario");
    scenario.benign.accounts = ACCOUNTS;
    scenario.extraction.accounts = ACCOUNTS;
    scenario.exchanges.median = scenario.exchanges.least;
    let shares = &mut scenario.benign.populations;
    shares.reseller = shares.tenant;
    shares.batch = shares.tenant;
    shares.heavy = shares.developer;
    scenario
}

fn streams(scenario: &Scenario, corpus: &Corpus) -> Vec<Vec<Row>> {
    (1..=SEEDS)
        .map(|seed| rows(scenario, corpus, seed))
        .collect()
}

fn assert_chance(streams: &[Vec<Row>]) {
    let areas = areas(streams);
    let (mean, error) = mean(&areas);
    eprintln!("area under the curve {mean:.3} +- {error:.3} over {SEEDS} seeds");
    assert!(
        mean <= CHANCE,
        "what must not matter tells the classes apart: {mean:.3} +- {error:.3} {areas:.3?}"
    );
    // Two-sided too: a model that is always wrong has learnt something.
    assert!(mean >= 1.0 - CHANCE, "{mean:.3} +- {error:.3} {areas:.3?}");
}

#[test]
fn a_model_of_what_must_not_matter_is_at_chance() {
    let scenario = scenario(include_str!("../../eval/scenarios/smoke.toml"));
    assert_chance(&streams(&scenario, &Corpus::miniature()));
}

#[test]
fn a_leak_would_be_found() {
    let scenario = scenario(include_str!("../../eval/scenarios/smoke.toml"));
    let mut streams = streams(&scenario, &Corpus::miniature());
    for row in streams.iter_mut().flatten() {
        // Extracting accounts begin four days later, of the sixteen in which accounts begin.
        row.features[8] += if row.extraction { 4.0 * 86_400.0 } else { 0.0 };
    }
    let (mean, _) = mean(&areas(&streams));
    assert!(mean > CHANCE + 0.05, "{mean:.3}");
}

/// The same on the real corpus, where there is one.
#[test]
fn a_model_of_what_must_not_matter_is_at_chance_on_the_data_folder() {
    let Ok(folder) = std::env::var("STILLWATCH_POOLS") else {
        eprintln!("skipped: STILLWATCH_POOLS names no data folder");
        return;
    };
    let corpus = Corpus::load(folder.as_ref(), &|_, _| {}).expect("a data folder");
    let scenario = scenario(include_str!("../../eval/scenarios/smoke.toml"));
    assert_chance(&streams(&scenario, &corpus));
}
