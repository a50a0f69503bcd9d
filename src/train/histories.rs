//! Labeled account histories: the measures that the detectors take after each exchange.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::detect::{MEASURE_COUNT, MeasureValues};
use crate::domain::{AccountKey, Exchange, Label, Observation, Verdict};
use crate::observe::{ObserveScratch, Observer};
use crate::profile::{Profile, RandomFeatures};
use crate::simulate::Plan;
use crate::simulate::corpus::Corpus;

/// The measures of one account after each of its exchanges.
#[derive(Clone, Debug)]
pub(crate) struct AccountHistory {
    /// Label of the account.
    pub label: Label,
    /// Share of the exchanges that are extraction, where the simulator knows it; 0 for a benign account.
    pub extraction_share: Option<f64>,
    /// `steps[n - 1]` holds the measures after `n` exchanges.
    pub steps: Vec<[f32; MEASURE_COUNT]>,
    /// `judged[n - 1]` is the number of the first `n` exchanges that those measures rest on.
    pub judged: Vec<u64>,
}

impl AccountHistory {
    /// Returns the number of exchanges that the measures after `seen` exchanges rest on.
    ///
    /// # Panics
    /// When the account has no exchange or `seen` is 0.
    pub(crate) fn judged(&self, seen: usize) -> u64 {
        self.judged[seen.min(self.judged.len()) - 1]
    }

    /// Returns whether the account extracts.
    pub(crate) fn extraction(&self) -> bool {
        self.label.verdict == Verdict::Extraction
    }

    /// Returns the unit of splitting and bootstrap: application, pipeline or, if it has neither, the account itself.
    pub(crate) fn unit(&self) -> &str {
        self.label
            .application
            .as_deref()
            .unwrap_or(&self.label.account)
    }

    /// Returns the measures after `seen` exchanges, or after all of them if there are fewer.
    ///
    /// # Panics
    /// When the account has no exchange or `seen` is 0.
    pub(crate) fn measures(&self, seen: usize) -> MeasureValues {
        MeasureValues::from_array(self.steps[seen.min(self.steps.len()) - 1].map(f64::from))
    }
}

/// Folds the accounts of a plan in parallel and in the order of the plan. `done` counts finished accounts.
pub(crate) fn simulated_histories(
    plan: &Plan,
    corpus: &Corpus,
    observer: &Observer,
    features: &RandomFeatures,
    done: &(dyn Fn() + Sync),
) -> Vec<AccountHistory> {
    plan.accounts
        .par_iter()
        .map_init(ObserveScratch::default, |scratch, account| {
            let mut history = Fold::new();
            for exchange in account.exchanges(corpus) {
                history.update(&observer.observe(&exchange, scratch), features);
            }
            done();
            AccountHistory {
                label: account.label.clone(),
                extraction_share: Some(account.extraction_share),
                steps: history.steps,
                judged: history.judged,
            }
        })
        .filter(|history| !history.steps.is_empty())
        .collect()
}

/// Builds the histories of the labeled accounts of a traffic log. Accounts without a label are left out.
pub(crate) struct HistoryBuilder {
    observer: Observer,
    features: RandomFeatures,
    labels: BTreeMap<AccountKey, Label>,
    folds: BTreeMap<AccountKey, Fold>,
}

impl HistoryBuilder {
    /// Creates a builder without labels.
    pub(crate) const fn new(observer: Observer, features: RandomFeatures) -> Self {
        Self {
            observer,
            features,
            labels: BTreeMap::new(),
            folds: BTreeMap::new(),
        }
    }

    /// Sets an account's label. Earlier exchanges of the account are not in its history.
    pub(crate) fn label(&mut self, label: Label) {
        let account = self.observer.account(&label.account);
        self.labels.insert(account, label);
    }

    /// Adds exchanges, which must be in time order within each account.
    pub(crate) fn update(&mut self, exchanges: &[Exchange]) {
        let observed: Vec<_> = exchanges
            .par_iter()
            .map_init(ObserveScratch::default, |scratch, exchange| {
                let account = self.observer.account(&exchange.account);
                let labeled = self.labels.contains_key(&account);
                labeled.then(|| (account, self.observer.observe(exchange, scratch)))
            })
            .collect();
        for (account, observation) in observed.into_iter().flatten() {
            let fold = self.folds.entry(account).or_insert_with(Fold::new);
            fold.update(&observation, &self.features);
        }
    }

    /// Takes the histories, sorted by pseudonym.
    pub(crate) fn take(&mut self) -> Vec<AccountHistory> {
        let folds = std::mem::take(&mut self.folds);
        folds
            .into_iter()
            .filter_map(|(account, fold)| {
                let label = self.labels.remove(&account)?;
                Some(AccountHistory {
                    label,
                    extraction_share: None,
                    steps: fold.steps,
                    judged: fold.judged,
                })
            })
            .collect()
    }
}

struct Fold {
    profile: Box<Profile>,
    steps: Vec<[f32; MEASURE_COUNT]>,
    judged: Vec<u64>,
}

impl Fold {
    fn new() -> Self {
        Self {
            profile: Box::new(Profile::empty()),
            steps: Vec::new(),
            judged: Vec::new(),
        }
    }

    fn update(&mut self, observation: &Observation, features: &RandomFeatures) {
        self.profile.update(observation, features);
        let measures = MeasureValues::of(&self.profile);
        self.steps
            .push(measures.as_array().map(|value| value as f32));
        self.judged.push(self.profile.judged());
    }
}
