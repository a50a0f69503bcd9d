//! A whole bundle from prompt pools: vocabulary, text models, simulated accounts, fusion, calibration.
//!
//! Only permissive material of the fitting side teaches; the calibration side calibrates; the test side is not read.
//! Fitting accounts are observed by text models that left their fold out, so that the fusion learns from cues of requests
//! that the text model had not met. Calibration and thresholds come from accounts of the calibration side, whose
//! applications neither the text model nor the fusion has met, scored by the very models that are shipped. (Adding the
//! fitting accounts, cross-fitted, gave four times the applications and thresholds on another scale: no honest account
//! of the test side was flagged at a nominal 1%, and next to no harvest.)

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::error::TrainError;
use super::histories::{AccountHistory, simulated_histories};
use super::judge::{ScoredHistory, fit_fusion, fit_judge, score_history};
use super::manifest::CueManifest;
use super::progress::Progress;
use super::recipe::Recipe;
use super::text_models::{TextModels, fit_text_models};
use crate::bundle::{BundleFiles, FORMAT, Manifest, RandomFeatureSettings};
use crate::encoder::{StaticEncoder, TextEncoder, Vocabulary};
use crate::observe::Observer;
use crate::privacy::PseudonymKey;
use crate::profile::RandomFeatures;
use crate::risk::Judge;
use crate::simulate::corpus::{Corpus, Partition};
use crate::simulate::{OWN_PREFIX, Plan, Scenario};
use crate::text::CommonWords;

/// Salt of the folds.
pub(super) const FOLD_SALT: &str = "cross-fit";

/// What a training run is given.
pub struct Inputs<'a> {
    /// Pools and applications; its partitions are narrowed while folds are simulated, and restored.
    pub corpus: &'a mut Corpus,
    /// Cues by source.
    pub cues: &'a CueManifest,
    /// The accounts to simulate for the fitting side.
    pub scenario: &'a Scenario,
    /// Choices.
    pub recipe: &'a Recipe,
    /// Name and version of the bundle.
    pub name: (&'a str, u32),
}

/// What a training run learned of itself, for the card.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Lines of the card: what was used, how much of it.
    pub lines: Vec<String>,
}

/// Trains a bundle. `card` writes the model card from the summary.
///
/// # Errors
/// When a stage has too little data or fails.
pub fn train_bundle(
    mut inputs: Inputs<'_>,
    progress: &dyn Progress,
    card: impl Fn(&Summary, &Judge) -> String,
) -> Result<BundleFiles, TrainError> {
    let mut summary = Summary::default();
    let text = fit_text_models(
        inputs.corpus,
        inputs.cues,
        inputs.recipe,
        progress,
        &mut summary,
    )?;
    let features = RandomFeatures::new(inputs.recipe.seed, text.bandwidth)?;
    let fitting = fitting_accounts(&mut inputs, &text, &features, progress)?;
    let calibrating = calibrating_accounts(&inputs, &text, &features, progress)?;
    progress.begin("fusion and calibration", 2);
    let all: Vec<&AccountHistory> = fitting.iter().flatten().collect();
    let fusion = fit_fusion(&all, &inputs.recipe.fusion)?;
    progress.advance(1);
    let scored: Vec<ScoredHistory<'_>> = calibrating
        .par_iter()
        .map(|history| score_history(&fusion, history))
        .collect();
    summary.lines.push(accounts_line(&fitting, &calibrating));
    let judge = fit_judge(fusion, &scored, text.conversation)?;
    progress.advance(1);
    let seed = inputs.recipe.seed;
    let manifest = Manifest {
        format: FORMAT,
        name: inputs.name.0.to_owned(),
        version: inputs.name.1,
        seed,
        tokens: text.model.tokens(),
        random_features: RandomFeatureSettings {
            seed,
            bandwidth: text.bandwidth,
        },
        files: BTreeMap::new(),
    };
    let files = [
        text.tokenizer.into_bytes(),
        text.model.to_safetensors()?,
        text.words,
        serde_json::to_vec(&judge)?,
        card(&summary, &judge).into_bytes(),
    ];
    Ok(BundleFiles::new(manifest, files))
}

/// Accounts of the fitting side, fold by fold, each observed by the text model that has not met its fold.
fn fitting_accounts(
    inputs: &mut Inputs<'_>,
    text: &TextModels,
    features: &RandomFeatures,
    progress: &dyn Progress,
) -> Result<Vec<Vec<AccountHistory>>, TrainError> {
    let recipe = inputs.recipe;
    let scenario = share_of_scenario(inputs.scenario, recipe.folds);
    let mut folds = Vec::new();
    for (fold, model) in text.fold_models.iter().enumerate() {
        let observer = observer(text, model)?;
        let seed = recipe.seed + fold as u64;
        let plan = with_only_fold(inputs.corpus, fold, recipe.folds, |corpus| {
            Plan::new(&scenario, corpus, seed)
        })?;
        progress.begin(
            &format!("accounts of fold {}", fold + 1),
            plan.accounts.len() as u64,
        );
        let advance = || progress.advance(1);
        folds.push(simulated_histories(
            &plan,
            inputs.corpus,
            &observer,
            features,
            &advance,
        ));
    }
    Ok(folds)
}

/// Accounts of the calibration side, observed by the bundle's text model.
fn calibrating_accounts(
    inputs: &Inputs<'_>,
    text: &TextModels,
    features: &RandomFeatures,
    progress: &dyn Progress,
) -> Result<Vec<AccountHistory>, TrainError> {
    let mut scenario = inputs.scenario.clone();
    scenario.partitions = vec![Partition::Calibrate];
    let plan = Plan::new(&scenario, inputs.corpus, inputs.recipe.seed + 1_000)?;
    progress.begin(
        "accounts of the calibration side",
        plan.accounts.len() as u64,
    );
    let observer = observer(text, &text.model)?;
    let advance = || progress.advance(1);
    Ok(simulated_histories(
        &plan,
        inputs.corpus,
        &observer,
        features,
        &advance,
    ))
}

fn observer(text: &TextModels, model: &StaticEncoder) -> Result<Observer, TrainError> {
    let encoder = TextEncoder::new(Vocabulary::from_json(&text.tokenizer)?, model.clone())?;
    let words = CommonWords::from_bytes(&text.words)?;
    Ok(Observer::new(encoder, words, PseudonymKey::offline()))
}

fn accounts_line(fitting: &[Vec<AccountHistory>], calibrating: &[AccountHistory]) -> String {
    let all = || fitting.iter().flatten().chain(calibrating);
    let units = |extraction: bool| {
        let of_kind = all().filter(|history| history.extraction() == extraction);
        of_kind
            .map(AccountHistory::unit)
            .filter(|unit| !unit.starts_with(OWN_PREFIX))
            .collect::<BTreeSet<_>>()
            .len()
    };
    format!(
        "accounts: {} simulated to fit, {} to calibrate; {} distinct pipelines, {} honest applications and sources \
         besides our own authors",
        fitting.iter().map(Vec::len).sum::<usize>(),
        calibrating.len(),
        units(true),
        units(false)
    )
}

/// Runs `work` on the corpus with every fitting unit outside one fold, and every unit that may not be trained on,
/// withheld; then restores it.
fn with_only_fold<T>(
    corpus: &mut Corpus,
    fold: usize,
    folds: usize,
    work: impl FnOnce(&Corpus) -> T,
) -> T {
    let hide = |partition: &mut Partition, key: &str| {
        if *partition == Partition::Fit && super::fold::fold_of_key(key, folds, FOLD_SALT) != fold {
            *partition = Partition::Withheld;
        }
    };
    let before: Vec<Partition> = corpus
        .partitions_mut()
        .map(|partition| *partition)
        .collect();
    for pipeline in corpus.pipelines.iter_mut().chain(&mut corpus.harnesses) {
        hide(&mut pipeline.partition, &pipeline.group);
    }
    for source in &mut corpus.sources {
        hide(&mut source.partition, &source.name);
    }
    for application in &mut corpus.applications {
        hide(&mut application.partition, &application.group);
    }
    let result = work(corpus);
    for (partition, before) in corpus.partitions_mut().zip(before) {
        *partition = before;
    }
    result
}

/// The scenario with one part in `parts` of its accounts.
fn share_of_scenario(scenario: &Scenario, parts: usize) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.benign.accounts = scenario.benign.accounts.div_ceil(parts as u32);
    scenario.attack.accounts = scenario.attack.accounts.div_ceil(parts as u32);
    scenario
}
