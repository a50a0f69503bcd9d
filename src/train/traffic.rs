//! Refits a bundle's fusion and calibration on a deployment's own labeled traffic; its text model stays.

use std::collections::BTreeMap;

use super::error::TrainError;
use super::histories::{AccountHistory, HistoryBuilder};
use super::progress::Progress;
use super::recipe::Recipe;
use super::risk_model::{fit_fusion, fit_risk_model, score_history};
use super::summary::Summary;
use crate::bundle::{Bundle, BundleFiles, Manifest};
use crate::domain::{Exchange, Label};
use crate::observe::Observer;
use crate::privacy::PseudonymKey;
use crate::profile::RandomFeatures;
use crate::risk::{Calibration, RiskModel};

/// Salt of the folds.
const FOLD_SALT: &str = "refit";

/// A refit under way: traffic comes in, a bundle comes out.
pub struct Refit {
    files: BundleFiles,
    manifest: Manifest,
    conversation: Calibration,
    histories: HistoryBuilder,
}

impl Refit {
    /// On top of a bundle, with the accounts' labels. Labels of single conversations are not used.
    ///
    /// # Errors
    /// When the bundle is broken.
    pub fn new(
        files: &BundleFiles,
        labels: impl IntoIterator<Item = Label>,
    ) -> Result<Self, TrainError> {
        let bundle = Bundle::from_files(files)?;
        let key = PseudonymKey::offline();
        let labels: BTreeMap<_, _> = labels
            .into_iter()
            .filter(|label| label.conversation.is_none())
            .map(|label| (key.account(&label.account), label))
            .collect();
        let projection = bundle.manifest.random_features;
        let features = RandomFeatures::new(projection.seed, projection.bandwidth)?;
        let observer = Observer::new(bundle.encoder, bundle.common_words, key);
        Ok(Self {
            files: files.clone(),
            manifest: bundle.manifest,
            conversation: bundle.risk_model.conversation().clone(),
            histories: HistoryBuilder::new(observer, features, labels),
        })
    }

    /// Adds exchanges, in order of time within each account.
    pub fn update(&mut self, exchanges: &[Exchange]) {
        self.histories.update(exchanges);
    }

    /// Fits on what came in. Every account is scored for calibration by a fusion that left its application out.
    ///
    /// # Errors
    /// When one kind of account is missing or they are too few.
    pub fn finish(
        self,
        name: &str,
        version: u32,
        recipe: &Recipe,
        progress: &dyn Progress,
        card: impl Fn(&Summary, &RiskModel) -> String,
    ) -> Result<BundleFiles, TrainError> {
        let histories = self.histories.finish();
        progress.begin("fusion and calibration", recipe.folds as u64 + 1);
        let all: Vec<&AccountHistory> = histories.iter().collect();
        let fusion = fit_fusion(&all, &recipe.fusion)?;
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
            let without = fit_fusion(&others, &recipe.fusion)?;
            let own = histories.iter().filter(|history| fold(history) == out);
            scored.extend(own.map(|history| score_history(&without.fusion, history)));
            progress.advance(1);
        }
        let risk_model = fit_risk_model(fusion, &scored, self.conversation)?;
        let summary = Summary {
            lines: vec![format!(
                "fusion and calibration refitted on {} labeled accounts; text model of {}@{}",
                histories.len(),
                self.manifest.name,
                self.manifest.version
            )],
        };
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
