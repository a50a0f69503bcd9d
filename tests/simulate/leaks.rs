//! Leak test: nothing that is an artefact of the simulator may separate the classes. A boosted model that sees only
//! irrelevant features is fitted on the streams of some seeds and evaluated on the stream of another. Campaigns and
//! classes, whose members share an address and a start, are never on both sides.

use std::collections::BTreeMap;
use std::convert::Infallible;

use stillwatch::internals::domain::{Exchange, Label, Sensitive, Verdict};
use stillwatch::internals::eval::metrics::{Roc, Scored};
use stillwatch::internals::simulate::corpus::Corpus;
use stillwatch::internals::simulate::{Plan, Scenario, write_stream};

use super::boost::fit;

/// Number of accounts of each class in one stream.
const ACCOUNTS: u32 = 300;

/// Number of streams.
const SEEDS: u64 = 6;

/// Maximum area under the ROC curve.
const CHANCE: f64 = 0.55;

struct Row {
    features: Vec<f64>,
    extraction: bool,
}

/// Returns a number for a text; only equal texts give equal numbers.
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

/// Returns the irrelevant features of an account: those of its first exchange, its position in the stream and its
/// label's position.
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
        presence(client.device.as_ref()),
        presence(client.version.as_ref()),
        presence(first.session.as_ref()),
        presence(first.end_user.as_ref()),
        presence(first.response.refused.as_ref()),
        secret(client.device.as_ref()),
        secret(first.session.as_ref()),
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
    .expect("writing to memory never fails");
    let start = scenario.start.as_seconds();
    let placed = labels.iter().enumerate();
    placed
        .map(|(index, label)| {
            let (row, first) = &firsts[&label.account];
            Row {
                features: features(first, *row, index, start),
                extraction: label.verdict == Verdict::Extraction,
            }
        })
        .collect()
}

/// Returns the area under the ROC curve on each stream, for a model fitted on all the others.
fn areas(streams: &[Vec<Row>]) -> Vec<f64> {
    let area = |judged: usize| {
        let others = streams
            .iter()
            .enumerate()
            .filter(|(seed, _)| *seed != judged);
        let fitted: Vec<&Row> = others.flat_map(|(_, rows)| rows).collect();
        let rows: Vec<&[f64]> = fitted.iter().map(|row| row.features.as_slice()).collect();
        let extraction: Vec<bool> = fitted.iter().map(|row| row.extraction).collect();
        // The number of rounds is fixed: a model that stopped immediately would be at chance even if something leaked a
        // little.
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

/// Returns the mean of the areas and its standard error over seeds.
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
        "irrelevant features separate the classes: {mean:.3} +- {error:.3} {areas:.3?}"
    );
    // Two-sided: a model that is always wrong has also learned something.
    assert!(mean >= 1.0 - CHANCE, "{mean:.3} +- {error:.3} {areas:.3?}");
}

#[test]
fn a_model_of_irrelevant_features_is_at_chance() {
    let scenario = scenario(include_str!("../../eval/scenarios/smoke.toml"));
    assert_chance(&streams(&scenario, &Corpus::miniature()));
}

#[test]
fn a_leak_would_be_found() {
    let scenario = scenario(include_str!("../../eval/scenarios/smoke.toml"));
    let mut streams = streams(&scenario, &Corpus::miniature());
    for row in streams.iter_mut().flatten() {
        // Extracting accounts start four days later, of the sixteen days in which accounts start.
        row.features[8] += if row.extraction { 4.0 * 86_400.0 } else { 0.0 };
    }
    let (mean, _) = mean(&areas(&streams));
    assert!(mean > CHANCE + 0.05, "{mean:.3}");
}

/// The same test on the real corpus, if there is one.
#[test]
fn a_model_of_irrelevant_features_is_at_chance_on_the_data_folder() {
    let Ok(folder) = std::env::var("STILLWATCH_POOLS") else {
        eprintln!("skipped: STILLWATCH_POOLS is not set to a data folder");
        return;
    };
    let corpus = Corpus::load(folder.as_ref(), &|_, _| {}).expect("a data folder");
    let scenario = scenario(include_str!("../../eval/scenarios/smoke.toml"));
    assert_chance(&streams(&scenario, &corpus));
}
