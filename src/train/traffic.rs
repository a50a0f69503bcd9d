//! Refits a bundle's fusion and calibration on a deployment's own labeled traffic; the text model stays the same.

use std::collections::{BTreeMap, BTreeSet};

use super::error::TrainError;
use super::histories::{AccountHistory, HistoryBuilder};
use super::progress::Progress;
use super::recipe::Recipe;
use super::risk_model::{fit_fusion, fit_risk_model, score_history};
use super::summary::{AccountsFrom, Summary};
use crate::bundle::{Bundle, BundleFiles, Manifest};
use crate::domain::{AccountKey, AccountRef, Exchange, Label, Timestamp};
use crate::observe::Observer;
use crate::privacy::PseudonymKey;
use crate::profile::RandomFeatures;
use crate::risk::{Calibration, RiskModel};

/// Salt of the folds.
const FOLD_SALT: &str = "refit";

/// Counts of the labels that a refit does not learn from, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Labels of a single conversation: the account model learns from whole accounts.
    pub conversations: u64,
    /// Labels replaced by a later label of the same account.
    pub replaced: u64,
    /// Labels by pseudonym for which the pseudonym's key is missing.
    pub unresolved: u64,
    /// Labels of accounts without an exchange in the traffic.
    pub without_traffic: u64,
}

/// A refit in progress: takes traffic and produces a bundle.
///
/// Histories are made under the offline key, whichever key the labels' pseudonyms use, so that the bundle depends only
/// on the traffic and the verdicts.
pub(crate) struct Refit {
    files: BundleFiles,
    manifest: Manifest,
    conversation: Calibration,
    histories: HistoryBuilder,
    /// Labels of accounts that have not yet occurred in the traffic, by pseudonym under the deployment's key.
    pending: BTreeMap<AccountKey, Label<AccountRef>>,
    deployment: PseudonymKey,
    left_out: LeftOut,
    /// Times of the earliest and the latest exchange.
    span: Option<(Timestamp, Timestamp)>,
}

impl Refit {
    /// Starts a refit of a bundle with labels of accounts; `key` is the key of the pseudonyms in them. If an account
    /// has several labels the last one counts; labels of single conversations do not count.
    ///
    /// # Errors
    /// When the bundle is invalid.
    pub(crate) fn new(
        files: &BundleFiles,
        labels: impl IntoIterator<Item = Label<AccountRef>>,
        key: Option<PseudonymKey>,
    ) -> Result<Self, TrainError> {
        let bundle = Bundle::from_files(files)?;
        let mut left_out = LeftOut::default();
        let resolves = key.is_some();
        let deployment = key.unwrap_or_else(PseudonymKey::offline);
        let mut pending = BTreeMap::new();
        for label in labels {
            let account = match &label.account {
                _ if label.conversation.is_some() => {
                    left_out.conversations += 1;
                    continue;
                }
                AccountRef::Name(name) => deployment.account(name),
                AccountRef::Pseudonym(pseudonym) if resolves => *pseudonym,
                AccountRef::Pseudonym(_) => {
                    left_out.unresolved += 1;
                    continue;
                }
            };
            left_out.replaced += u64::from(pending.insert(account, label).is_some());
        }
        let projection = bundle.manifest.random_features;
        let features = RandomFeatures::new(projection.seed, projection.bandwidth)?;
        let key = PseudonymKey::offline();
        let observer = Observer::new(bundle.encoder, bundle.common_words, key);
        Ok(Self {
            files: files.clone(),
            manifest: bundle.manifest,
            conversation: bundle.risk_model.conversation().clone(),
            histories: HistoryBuilder::new(observer, features),
            pending,
            deployment,
            left_out,
            span: None,
        })
    }

    /// Adds exchanges, which must be in time order within each account.
    pub(crate) fn update(&mut self, exchanges: &[Exchange]) {
        for time in exchanges.iter().map(|exchange| exchange.time) {
            let (first, last) = self.span.unwrap_or((time, time));
            self.span = Some((first.min(time), last.max(time)));
        }
        for exchange in exchanges {
            if self.pending.is_empty() {
                break;
            }
            let account = self.deployment.account(&exchange.account);
            if let Some(label) = self.pending.remove(&account) {
                let name = exchange.account.clone();
                self.histories.label(label.map_account(|_| name));
            }
        }
        self.histories.update(exchanges);
    }

    /// Returns what the bundle is made of, as lines of its card: counts and dates, no name.
    fn made_of(&self, histories: &[AccountHistory]) -> Vec<String> {
        let of = |extraction: bool| {
            let own = histories
                .iter()
                .filter(move |history| history.extraction() == extraction);
            let applications: BTreeSet<&str> = own
                .clone()
                .filter_map(|history| history.label.application.as_deref())
                .collect();
            (own.count(), applications.len())
        };
        let ((extracting, pipelines), (benign, applications)) = (of(true), of(false));
        let exchanges: usize = histories.iter().map(|history| history.steps.len()).sum();
        let span = self.span.map_or_else(String::new, |(first, last)| {
            format!(", between {} and {}", day(first), day(last))
        });
        let left_out = self.left_out();
        let unused = left_out.conversations
            + left_out.replaced
            + left_out.unresolved
            + left_out.without_traffic;
        vec![
            format!(
                "fusion and calibration: an operator's own labeled traffic, {exchanges} exchanges of {} accounts{span}",
                histories.len()
            ),
            format!(
                "labels: {benign} benign accounts of {applications} named applications, {extracting} extracting accounts \
                 of {pipelines} named pipelines; {unused} labels could not be used"
            ),
            format!(
                "text model, vocabulary and conversation calibration: those of {}@{}, unchanged",
                self.manifest.name, self.manifest.version
            ),
        ]
    }

    /// Returns the labels not learned from so far, by reason.
    pub(crate) fn left_out(&self) -> LeftOut {
        LeftOut {
            without_traffic: self.pending.len() as u64,
            ..self.left_out
        }
    }

    /// Fits on the traffic received. For calibration, every account is scored by a fusion that left its application
    /// out.
    ///
    /// # Errors
    /// When one class of accounts is missing or there are too few of them.
    pub(crate) fn finish(
        mut self,
        name: &str,
        version: u32,
        recipe: &Recipe,
        progress: &dyn Progress,
        card: impl Fn(&Summary, &RiskModel) -> String,
    ) -> Result<BundleFiles, TrainError> {
        let histories = self.histories.take();
        progress.begin("fusion and calibration", recipe.folds as u64 + 1);
        let all: Vec<&AccountHistory> = histories.iter().collect();
        let fusion = fit_fusion(&all, recipe.fusion)?;
        progress.advance(1);
        let fold = |history: &AccountHistory| {
            super::fold::fold_of_key(history.unit(), recipe.folds, FOLD_SALT)
        };
        let mut scored = Vec::new();
        for out in 0..recipe.folds {
            let others: Vec<&AccountHistory> = histories
                .iter()
                .filter(|history| fold(history) != out)
                .collect();
            let without = fit_fusion(&others, recipe.fusion)?;
            let own = histories.iter().filter(|history| fold(history) == out);
            scored.extend(own.map(|history| score_history(&without.fusion, history)));
            progress.advance(1);
        }
        let summary = Summary {
            lines: self.made_of(&histories),
            accounts: AccountsFrom::LabeledTraffic,
        };
        let risk_model = fit_risk_model(fusion, &scored, self.conversation)?;
        let [tokenizer, encoder, words, ..] = self.files.files;
        let manifest = Manifest {
            name: name.to_owned(),
            version,
            seed: recipe.seed,
            ..self.manifest
        };
        let card = card(&summary, &risk_model).into_bytes();
        let risk_model = serde_json::to_vec(&risk_model)?;
        Ok(BundleFiles::new(
            manifest,
            [tokenizer, encoder, words, risk_model, card],
        ))
    }
}

/// Returns the day of a time, as ISO 8601 writes it.
fn day(time: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(time.as_micros()).map_or_else(
        |_| "an unknown day".to_owned(),
        |time| time.strftime("%Y-%m-%d").to_string(),
    )
}
