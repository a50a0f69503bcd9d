//! The input of every benchmark: the built-in miniature corpus as exchanges, and the shipped bundle.

use stillwatch::internals::bundle::Bundle;
use stillwatch::internals::domain::{Exchange, PoolRecord, Response, Timestamp};
use stillwatch::internals::simulate::corpus::Corpus;

/// Number of accounts among which the exchanges are dealt in turn.
const ACCOUNTS: usize = 8;
/// Time between two exchanges, in microseconds.
const GAP_MICROS: i64 = 37_000_000;

/// Exchanges whose prompts are all in one language.
pub(crate) struct Sample {
    /// Name in the benchmark.
    pub(crate) name: &'static str,
    /// The exchanges, in the order of their time.
    pub(crate) exchanges: Vec<Exchange>,
}

/// Returns the corpus, extractions and benign requests together, in English and in Chinese.
pub(crate) fn samples() -> [Sample; 2] {
    let corpus = Corpus::miniature();
    [("english", "en"), ("chinese", "zh")].map(|(name, language)| {
        let pipelines = corpus
            .pipelines
            .iter()
            .flat_map(|pipeline| &pipeline.records);
        let people = corpus.sources.iter().flat_map(|source| &source.records);
        let applications = corpus.applications.iter().flat_map(|app| &app.records);
        let records = pipelines.chain(people).chain(applications);
        let spoken = records.filter(|record| record.language == language);
        let exchanges = spoken
            .enumerate()
            .map(|(number, record)| exchange(number, record));
        Sample {
            name,
            exchanges: exchanges.collect(),
        }
    })
}

/// Returns the bundle compiled into the program.
pub(crate) fn bundle() -> Bundle {
    Bundle::embedded().expect("the program was built with its bundle")
}

fn exchange(number: usize, record: &PoolRecord) -> Exchange {
    Exchange {
        id: Some(format!("exchange-{number}")),
        time: Timestamp::from_micros(1_770_000_000_000_000 + number as i64 * GAP_MICROS),
        account: format!("account-{}", number % ACCOUNTS),
        model: "opus-4.6".to_owned(),
        system: record.system.clone(),
        messages: record.messages.clone(),
        response: Response {
            status: Some(200),
            ..Response::default()
        },
        ..Exchange::default()
    }
}
