//! The history of an account as baselines see it: its first exchanges as numbers, in one bounded record.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::keywords::phrases;
use super::ngram::NgramModel;
use super::sketch::Sketch;
use super::step::{REQUESTS_MAX, Step};
use crate::domain::{Exchange, Label, Message, PoolRecord, Role, Sensitive, Verdict};
use crate::encoder::{Encoder, Scratch};
use crate::privacy::{PseudonymKey, Purpose};
use crate::text::TextView;

/// Most exchanges kept of an account, its first ones. A longer history is scored by them alone.
pub(crate) const STEPS_MAX: usize = 200;

/// Most characters kept of a system prompt, so that it leaves room for the user's message.
const SYSTEM_CHARACTERS: usize = 1_000;
/// Most characters kept of the last user message.
const USER_CHARACTERS: usize = 2_000;

/// The history of one account.
pub(crate) struct History {
    /// Its label.
    pub label: Label,
    /// Its first exchanges, at most [`STEPS_MAX`].
    pub steps: Vec<Step>,
    /// A sample of its requests, in a stream to fit on; otherwise empty.
    pub(super) requests: Vec<PoolRecord>,
}

impl History {
    /// Builds an account without exchanges.
    pub(crate) const fn new(label: Label) -> Self {
        Self {
            label,
            steps: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Whether it is labeled as extraction.
    pub(crate) fn extraction(&self) -> bool {
        self.label.verdict == Verdict::Extraction
    }

    /// Returns the application or pipeline of the account, or the account itself where the label names none.
    pub(crate) fn application(&self) -> &str {
        self.label
            .application
            .as_deref()
            .unwrap_or(&self.label.account)
    }
}

/// Collects histories from a stream.
///
/// Bounded: [`STEPS_MAX`] times some 700 bytes for each labeled account, and a few requests where it is to be fitted
/// on.
pub(crate) struct Collector<'a> {
    encoder: &'a dyn Encoder,
    key: PseudonymKey,
    /// `None` in a stream to fit on.
    ngram: Option<&'a NgramModel>,
    rng: ChaCha8Rng,
    histories: BTreeMap<String, History>,
}

impl<'a> Collector<'a> {
    /// Builds a collector of a stream to fit a panel on. The last of several labels of one account counts; labels of
    /// single conversations do not.
    pub(crate) fn to_fit(
        encoder: &'a dyn Encoder,
        labels: impl IntoIterator<Item = Label>,
    ) -> Self {
        let of_accounts = labels.into_iter().filter(|l| l.conversation.is_none());
        Self {
            encoder,
            key: PseudonymKey::offline(),
            ngram: None,
            rng: ChaCha8Rng::seed_from_u64(1),
            histories: of_accounts
                .map(|label| (label.account.clone(), History::new(label)))
                .collect(),
        }
    }

    /// Builds a collector of a stream to score, read with a fitted n-gram model; labels as in [`Self::to_fit`].
    pub(crate) fn to_score(
        encoder: &'a dyn Encoder,
        ngram: &'a NgramModel,
        labels: impl IntoIterator<Item = Label>,
    ) -> Self {
        Self {
            ngram: Some(ngram),
            ..Self::to_fit(encoder, labels)
        }
    }

    /// Adds the stream's next exchanges. Those of accounts without a label are skipped.
    pub(crate) fn add(&mut self, exchanges: &[Exchange]) {
        let wanted: Vec<&Exchange> = exchanges
            .iter()
            .filter(|exchange| {
                let history = self.histories.get(&exchange.account);
                history.is_some_and(|history| history.steps.len() < STEPS_MAX)
            })
            .collect();
        let steps: Vec<Step> = wanted
            .par_iter()
            .map_init(Scratch::default, |scratch, exchange| {
                self.read(exchange, scratch)
            })
            .collect();
        for (exchange, step) in wanted.into_iter().zip(steps) {
            self.push(exchange, step);
        }
    }

    /// Returns the accounts with an exchange, by name.
    pub(crate) fn finish(self) -> Vec<History> {
        let begun = self.histories.into_values();
        begun.filter(|history| !history.steps.is_empty()).collect()
    }

    fn read(&self, exchange: &Exchange, scratch: &mut Scratch) -> Step {
        let view = TextView::of(exchange);
        let key = exchange.client.api_key.as_ref();
        let request = request(exchange);
        Step {
            time: exchange.time,
            key: key.map(|name| self.key.digest(Purpose::Client, name.expose().as_bytes())),
            embedding: self.encoder.encode(&view, scratch).embedding,
            sketch: Sketch::of(last_user_text(exchange)),
            phrases: phrases(&request),
            odds: self.ngram.map_or(0.0, |model| model.score(&request)),
        }
    }

    fn push(&mut self, exchange: &Exchange, step: Step) {
        let Some(history) = self.histories.get_mut(&exchange.account) else {
            return;
        };
        if history.steps.len() == STEPS_MAX {
            return;
        }
        history.steps.push(step);
        if self.ngram.is_some() {
            return;
        }
        // Reservoir sampling (Vitter 1985, algorithm R).
        if history.requests.len() < REQUESTS_MAX {
            history.requests.push(request(exchange));
        } else {
            let slot = self.rng.random_range(0..history.steps.len() as u64) as usize;
            if let Some(kept) = history.requests.get_mut(slot) {
                *kept = request(exchange);
            }
        }
    }
}

/// Returns the last user message: the part that differs from one request of an application to the next.
fn last_user_text(exchange: &Exchange) -> &str {
    let mut backwards = exchange.messages.iter().rev();
    let last = backwards
        .find(|message| message.role == Role::User)
        .or(exchange.messages.last());
    last.map_or("", |message| message.content.expose().as_str())
}

/// Returns the part of an exchange that text models read: the head of the system prompt and of the last user message.
fn request(exchange: &Exchange) -> PoolRecord {
    let head = |text: &str, characters| Sensitive::new(text.chars().take(characters).collect());
    let system = exchange.system.as_ref();
    PoolRecord {
        id: String::new(),
        source: String::new(),
        family: String::new(),
        language: String::new(),
        system: system.map(|text| head(text.expose(), SYSTEM_CHARACTERS)),
        messages: vec![Message {
            role: Role::User,
            content: head(last_user_text(exchange), USER_CHARACTERS),
        }],
        note: None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Collector, STEPS_MAX};
    use crate::bundle::Bundle;
    use crate::domain::{
        Client, Exchange, Label, Parameters, Response, Sensitive, Timestamp, Verdict,
    };
    use crate::eval::baseline::ngram::{NgramModel, NgramRecipe};
    use crate::eval::baseline::samples::{account, record};
    use crate::eval::baseline::step::REQUESTS_MAX;

    fn exchange(account: &str, second: i64, text: &str) -> Exchange {
        Exchange {
            id: None,
            time: Timestamp::from_micros(second * 1_000_000),
            account: account.to_owned(),
            organization: None,
            conversation: None,
            model: "opus-4.6".to_owned(),
            system: None,
            messages: record(text).messages,
            tools: Vec::new(),
            parameters: Parameters::default(),
            response: Response::default(),
            client: Client {
                api_key: Some(Sensitive::new("key-1".to_owned())),
                ..Client::default()
            },
            ..Exchange::default()
        }
    }

    #[test]
    fn histories_are_bounded_and_of_labeled_accounts() {
        let encoder = Bundle::embedded().unwrap().encoder;
        let label = |name: &str| account(name, Verdict::Benign, "app", Vec::new()).label;
        let about_a_part = Label {
            conversation: Some("one".to_owned()),
            ..label("c")
        };
        let labels = || vec![label("a"), label("silent"), about_a_part.clone()];
        let mut stream: Vec<Exchange> = (0..STEPS_MAX as i64 + 9)
            .map(|second| exchange("a", second, "Grade it step by step."))
            .collect();
        stream.extend(["b", "c"].map(|name| exchange(name, 0, "hello")));

        let mut collector = Collector::to_fit(&encoder, labels());
        let (one, rest) = stream.split_at(1);
        collector.add(one);
        collector.add(rest);
        let fitted = collector.finish();
        assert_eq!(fitted.len(), 1);
        assert_eq!(fitted[0].steps.len(), STEPS_MAX);
        assert_eq!(fitted[0].requests.len(), REQUESTS_MAX);
        let first = &fitted[0].steps[0];
        assert_eq!((first.phrases, first.odds), (1, 0.0));
        assert_eq!(first.time, stream[0].time);
        assert!(first.key.is_some());
        let length: f32 = first.embedding.0.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-3);

        let ngram = NgramModel::fit(&[], &NgramRecipe::default());
        let mut collector = Collector::to_score(&encoder, &ngram, labels());
        collector.add(&stream);
        assert!(collector.finish()[0].requests.is_empty());
    }
}
