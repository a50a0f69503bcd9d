//! Leak test of sharing: how many accounts use an account's most common template must not tell extracting accounts
//! from benign ones. Popular honest templates are what keeps it from doing so.

use std::collections::{BTreeMap, BTreeSet};

use stillwatch::internals::domain::{Exchange, Role};
use stillwatch::internals::simulate::corpus::Corpus;
use stillwatch::internals::simulate::{Plan, Scenario};

use super::{is_extraction, separation};

const TRAIN: &str = include_str!("../../eval/scenarios/train.toml");

/// Number of words at either end of a text that make a key.
const WORDS: usize = 12;

/// Number of requests of an account that are read, and of different ones that a template has among them.
const READ: usize = 12;
const REQUESTS: usize = 3;

/// Maximum area under the ROC curve.
const CHANCE: f64 = 0.55;

/// Returns the words of a text with numbers masked; a character that is not Latin is a word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in text.split_whitespace() {
        let mut word = String::new();
        for character in run.chars() {
            match character {
                '0'..='9' if word.ends_with('#') => {}
                '0'..='9' => word.push('#'),
                character if character.is_ascii() => word.push(character.to_ascii_lowercase()),
                character => words.push(character.to_string()),
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    words
}

/// Returns the keys of a request: the first and the last words of its system prompt and of its question.
fn keys(exchange: &Exchange) -> Vec<String> {
    let system = exchange
        .system
        .iter()
        .map(|text| ("system", text.expose().as_str()));
    let asked = exchange
        .messages
        .iter()
        .rfind(|message| message.role == Role::User);
    let asked = asked.map(|message| ("user", message.content.expose().as_str()));
    let mut keys = Vec::new();
    for (side, text) in system.chain(asked) {
        let words = words(text);
        if words.len() >= WORDS {
            let (first, last) = (&words[..WORDS], &words[words.len() - WORDS..]);
            keys.push(format!("{side} starts {}", first.join(" ")));
            keys.push(format!("{side} ends {}", last.join(" ")));
        }
    }
    keys
}

/// Returns, for each account, how many accounts share its most common template (1 if it has none).
fn sharing(plan: &Plan, corpus: &Corpus) -> Vec<(bool, f64)> {
    let mut templates = Vec::new();
    let mut accounts = BTreeMap::<[u8; 32], usize>::new();
    for account in &plan.accounts {
        let mut requests = BTreeMap::<String, BTreeSet<[u8; 32]>>::new();
        for exchange in account.exchanges(corpus).take(READ) {
            let asked = exchange
                .messages
                .last()
                .map_or("", |message| message.content.expose());
            let digest = *blake3::hash(asked.as_bytes()).as_bytes();
            for key in keys(&exchange) {
                requests.entry(key).or_default().insert(digest);
            }
        }
        let own: Vec<[u8; 32]> = requests
            .into_iter()
            .filter(|(_, requests)| requests.len() >= REQUESTS)
            .map(|(key, _)| *blake3::hash(key.as_bytes()).as_bytes())
            .collect();
        for key in &own {
            *accounts.entry(*key).or_default() += 1;
        }
        templates.push((is_extraction(account), own));
    }
    let most = |own: &[[u8; 32]]| own.iter().map(|key| accounts[key]).max().unwrap_or(1);
    let shared = templates.iter();
    shared
        .map(|(extraction, own)| (*extraction, most(own) as f64))
        .collect()
}

fn sides(accounts: &[(bool, f64)]) -> (Vec<f64>, Vec<f64>) {
    let of = |side: bool| {
        accounts
            .iter()
            .filter(move |(is, _)| *is == side)
            .map(|(_, n)| *n)
    };
    (of(false).collect(), of(true).collect())
}

/// Returns the probability that an extracting account shares its template with more accounts than a benign one.
fn area(accounts: &[(bool, f64)]) -> f64 {
    let (benign, extraction) = sides(accounts);
    let either = separation(&benign, &extraction);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let ranks = |values: &[f64], other: &[f64]| {
        let below = |value: &f64| {
            let less = other.iter().filter(|n| *n < value).count() as f64;
            let equal = other.iter().filter(|n| n.total_cmp(value).is_eq()).count() as f64;
            (less + equal / 2.0) / other.len() as f64
        };
        mean(&values.iter().map(below).collect::<Vec<_>>())
    };
    let area = ranks(&extraction, &benign);
    assert!((area.max(1.0 - area) - either).abs() < 1e-9);
    area
}

#[test]
fn words_are_masked_and_cut_in_every_script() {
    assert_eq!(
        words("Rate 12 and 345,6 now"),
        ["rate", "#", "and", "#,#", "now"]
    );
    assert_eq!(words("你好 ok"), ["你", "好", "ok"]);
}

#[test]
fn popular_templates_make_honest_accounts_share() {
    let corpus = Corpus::miniature();
    let mut scenario = Scenario::parse(TRAIN).expect("a committed scenario");
    scenario.benign.accounts = 400;
    scenario.extraction.accounts = 200;
    let popular = Plan::new(&scenario, &corpus, 3).expect("a plan");
    let groups: BTreeMap<&str, usize> = popular
        .accounts
        .iter()
        .filter_map(|account| account.label.group.as_deref())
        .fold(BTreeMap::new(), |mut groups, group| {
            *groups.entry(group).or_default() += 1;
            groups
        });
    assert!(groups.values().any(|members| *members >= 40), "{groups:?}");
    let with = area(&sharing(&popular, &corpus));
    let shares = &mut scenario.benign.popular;
    (
        shares.consumer,
        shares.developer,
        shares.tenant,
        shares.organisation,
    ) = (0.0, 0.0, 0.0, 0.0);
    let without = Plan::new(&scenario, &corpus, 3).expect("a plan");
    let without = area(&sharing(&without, &corpus));
    assert!(
        with < without - 0.05,
        "{with:.3} with popular templates, {without:.3} without"
    );
}

/// The test on the real corpus, if there is one: only there are templates as many as in reality.
#[test]
fn sharing_a_template_with_many_accounts_tells_nothing_on_the_data_folder() {
    let Ok(folder) = std::env::var("STILLWATCH_POOLS") else {
        eprintln!("skipped: STILLWATCH_POOLS is not set to a data folder");
        return;
    };
    let corpus = Corpus::load(folder.as_ref(), &|_, _| {}).expect("a data folder");
    let scenario = Scenario::parse(TRAIN).expect("a committed scenario");
    let plan = Plan::new(&scenario, &corpus, 7).expect("a plan");
    let accounts = sharing(&plan, &corpus);
    let (mut benign, mut extraction) = sides(&accounts);
    let area = area(&accounts);
    for (name, side) in [("benign", &mut benign), ("extraction", &mut extraction)] {
        side.sort_by(f64::total_cmp);
        let at = |p: f64| side[(p * (side.len() - 1) as f64) as usize];
        let quantiles = [0.1, 0.25, 0.5, 0.75, 0.9, 1.0].map(at);
        eprintln!("{name}: {} accounts, quantiles {quantiles:?}", side.len());
    }
    eprintln!("area under the curve {area:.3}");
    assert!(
        area <= CHANCE,
        "sharing a template separates the classes: {area:.3}"
    );
}
