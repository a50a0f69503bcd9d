//! Labeled accounts as the detectors saw them, exchange by exchange.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::detect::{MEASURE_COUNT, measure_into};
use crate::domain::{AccountKey, Exchange, Label, Verdict};
use crate::observe::{ObserveScratch, Observer};
use crate::profile::{Profile, RandomFeatures};
use crate::simulate::Plan;
use crate::simulate::corpus::Corpus;

/// The measures of one account after each of its exchanges.
#[derive(Clone, Debug)]
pub struct AccountHistory {
    /// What it is.
    pub label: Label,
    /// `steps[n - 1]` holds the measures after `n` exchanges.
    pub steps: Vec<[f32; MEASURE_COUNT]>,
}

impl AccountHistory {
    /// Whether the account extracts.
    pub fn extraction(&self) -> bool {
        self.label.verdict == Verdict::Extraction
    }

    /// The unit of splitting and bootstrap: application, pipeline or, failing both, the account itself.
    pub fn unit(&self) -> &str {
        self.label
            .application
            .as_deref()
            .unwrap_or(&self.label.account)
    }

    /// The measures after `seen` exchanges (at most all of them).
    ///
    /// # Panics
    /// When the account has no exchange or `seen` is 0.
    pub fn measures(&self, seen: usize) -> [f64; MEASURE_COUNT] {
        self.steps[seen.min(self.steps.len()) - 1].map(f64::from)
    }
}

/// Folds the accounts of a plan, in parallel; the order of the plan is kept. `done` counts finished accounts.
pub fn simulated_histories(
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
                history.absorb(&exchange, observer, features, scratch);
            }
            done();
            AccountHistory {
                label: account.label.clone(),
                steps: history.steps,
            }
        })
        .filter(|history| !history.steps.is_empty())
        .collect()
}

/// Histories of the labeled accounts of a traffic log, fed one exchange at a time. Accounts without an account-level
/// label are left out.
pub struct HistoryBuilder<'a> {
    observer: &'a Observer,
    features: &'a RandomFeatures,
    labels: BTreeMap<AccountKey, Label>,
    folds: BTreeMap<AccountKey, Fold>,
    scratch: ObserveScratch,
}

impl<'a> HistoryBuilder<'a> {
    /// For these labels; the key maps accounts to pseudonyms as the observer does.
    pub fn new(
        observer: &'a Observer,
        features: &'a RandomFeatures,
        labels: impl IntoIterator<Item = (AccountKey, Label)>,
    ) -> Self {
        Self {
            observer,
            features,
            labels: labels.into_iter().collect(),
            folds: BTreeMap::new(),
            scratch: ObserveScratch::default(),
        }
    }

    /// Adds an exchange; false when its account has no label.
    pub fn absorb(&mut self, exchange: &Exchange) -> bool {
        let account = self.observer.account(exchange);
        if !self.labels.contains_key(&account) {
            return false;
        }
        let fold = self.folds.entry(account).or_insert_with(Fold::new);
        fold.absorb(exchange, self.observer, self.features, &mut self.scratch);
        true
    }

    /// The histories, by pseudonym.
    pub fn finish(mut self) -> Vec<AccountHistory> {
        let folds = std::mem::take(&mut self.folds);
        folds
            .into_iter()
            .filter_map(|(account, fold)| {
                let label = self.labels.remove(&account)?;
                Some(AccountHistory {
                    label,
                    steps: fold.steps,
                })
            })
            .collect()
    }
}

struct Fold {
    profile: Box<Profile>,
    steps: Vec<[f32; MEASURE_COUNT]>,
}

impl Fold {
    fn new() -> Self {
        Self {
            profile: Box::new(Profile::empty()),
            steps: Vec::new(),
        }
    }

    fn absorb(
        &mut self,
        exchange: &Exchange,
        observer: &Observer,
        features: &RandomFeatures,
        scratch: &mut ObserveScratch,
    ) {
        let observation = observer.observe(exchange, scratch);
        self.profile.absorb(&observation, features);
        let mut measures = [f64::NAN; MEASURE_COUNT];
        measure_into(&self.profile, &mut measures);
        self.steps.push(measures.map(|value| value as f32));
    }
}
