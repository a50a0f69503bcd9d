//! Trains a complete bundle from prompt pools: vocabulary, text models, simulated accounts, fusion, calibration.
//!
//! Only permissive material of the sides that the recipe names is used; the other sides are not read. Everything is
//! cross-fitted: each fold's accounts are observed by a text model that was not fitted on the fold and scored by a
//! fusion that was not fitted on its accounts, and calibration and thresholds come from those scores. So every
//! application of the learning sides is evaluated once as an unseen one, and the shipped text model and fusion, fitted
//! on all folds, are at least as good as those that produced the scores (cross-conformal prediction: Vovk 2015; Barber
//! et al. 2021, "jackknife+").

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::error::TrainError;
use super::fold::{FOLD_SALT, fold_of_key};
use super::histories::{AccountHistory, simulated_histories};
use super::manifest::CueManifest;
use super::progress::Progress;
use super::recipe::Recipe;
use super::risk_model::{ScoredHistory, fit_fusion, fit_risk_model, score_history};
use super::summary::Summary;
use super::text_models::{TextModels, fit_text_models};
use super::unseen::recall_lines;
use crate::bundle::{BundleFiles, EncoderKind, FORMAT, Manifest, RandomFeatureSettings};
use crate::encoder::{StaticEncoder, TextEncoder, Vocabulary};
use crate::observe::Observer;
use crate::privacy::PseudonymKey;
use crate::profile::RandomFeatures;
use crate::risk::RiskModel;
use crate::simulate::corpus::{Corpus, CorpusView, LicenceClass, UnitFacts};
use crate::simulate::{OWN_PREFIX, Plan, Population, Scenario};
use crate::text::CommonWords;

/// The inputs of a training run.
pub(crate) struct Inputs<'a> {
    /// Pools and applications.
    pub corpus: &'a Corpus,
    /// Cue labels by source.
    pub cues: &'a CueManifest,
    /// The scenario of the accounts to simulate.
    pub scenario: &'a Scenario,
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Name and version of the bundle.
    pub name: (&'a str, u32),
}

/// Trains a bundle. `card` renders the model card from the summary.
///
/// # Errors
/// When a stage has too little data or fails.
pub(crate) fn train_bundle(
    inputs: &Inputs<'_>,
    progress: &dyn Progress,
    card: impl Fn(&Summary, &RiskModel) -> String,
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
    let folds = observed_folds(inputs, &text, &features, progress)?;
    progress.begin("fusion and calibration", 2);
    let scored = scored_folds(&folds, inputs.recipe)?;
    progress.advance(1);
    let all: Vec<&AccountHistory> = folds.iter().flatten().collect();
    let fusion = fit_fusion(&all, inputs.recipe.fusion)?;
    summary.lines.push(accounts_line(&all));
    for line in recall_lines(&scored) {
        progress.note(&line);
        summary.lines.push(line);
    }
    let risk_model = fit_risk_model(fusion, &scored, text.conversation)?;
    progress.advance(1);
    let seed = inputs.recipe.seed;
    let manifest = Manifest {
        format: FORMAT,
        name: inputs.name.0.to_owned(),
        version: inputs.name.1,
        seed,
        encoder: EncoderKind::Static,
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
        serde_json::to_vec(&risk_model)?,
        card(&summary, &risk_model).into_bytes(),
    ];
    Ok(BundleFiles::new(manifest, files))
}

/// Returns the accounts of the learning sides, fold by fold, each observed by the text model that was not fitted on its
/// fold.
fn observed_folds(
    inputs: &Inputs<'_>,
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
        let keeps = |unit: UnitFacts<'_>| teaches_fold(unit, fold, recipe);
        let view = CorpusView::filtered(inputs.corpus, &recipe.sides, &keeps);
        let plan = Plan::of_view(&scenario, view, seed)?;
        progress.begin(
            &format!("accounts of fold {}", fold + 1),
            plan.accounts.len() as u64,
        );
        let advance = || progress.advance(1);
        let mut histories =
            simulated_histories(&plan, inputs.corpus, &observer, features, &advance);
        histories.retain(|history| !is_by_agreement(history));
        folds.push(histories);
    }
    Ok(folds)
}

/// Scores every account with a fusion fitted on the other folds.
fn scored_folds<'a>(
    folds: &'a [Vec<AccountHistory>],
    recipe: &Recipe,
) -> Result<Vec<ScoredHistory<'a>>, TrainError> {
    let mut scored = Vec::new();
    for (out, histories) in folds.iter().enumerate() {
        let others = folds.iter().enumerate().filter(|(fold, _)| *fold != out);
        let others: Vec<&AccountHistory> = others.flat_map(|(_, fold)| fold).collect();
        let fusion = fit_fusion(&others, recipe.fusion)?;
        let fold = histories.par_iter();
        scored.par_extend(fold.map(|history| score_history(&fusion.fusion, history)));
    }
    Ok(scored)
}

fn observer(text: &TextModels, model: &StaticEncoder) -> Result<Observer, TrainError> {
    let encoder = TextEncoder::new(Vocabulary::from_json(&text.tokenizer)?, model.clone())?;
    let words = CommonWords::from_bytes(&text.words)?;
    Ok(Observer::new(encoder, words, PseudonymKey::offline()))
}

fn accounts_line(accounts: &[&AccountHistory]) -> String {
    let units = |extraction: bool| {
        let of_kind = accounts.iter().filter(|history| {
            history.extraction() == extraction
                && (!extraction || history.extraction_share.is_some_and(|share| share > 0.0))
        });
        of_kind
            .map(|history| history.unit())
            .filter(|unit| !unit.starts_with(OWN_PREFIX))
            .collect::<BTreeSet<_>>()
            .len()
    };
    format!(
        "accounts: {} simulated to fit and to calibrate; {} distinct pipelines, {} benign applications and sources besides \
         our own authors",
        accounts.len(),
        units(true),
        units(false)
    )
}

/// Returns whether accounts of a fold may be drawn from a unit: the unit must be in the fold, be licensed for training,
/// and not be our own writing. Our authors teach the text model what to read; account risk is learned from real sources
/// alone.
fn teaches_fold(unit: UnitFacts<'_>, fold: usize, recipe: &Recipe) -> bool {
    fold_of_key(unit.split_key, recipe.folds, FOLD_SALT) == fold
        && unit.licence == LicenceClass::Permissive
        && !unit.split_key.starts_with(OWN_PREFIX)
}

/// Returns whether an account is a security researcher's. What probing accounts send they send as well, under an
/// agreement that the provider knows of and a mark states: as benign examples they would teach that probing is
/// benign, and as benign accounts they would set the thresholds.
fn is_by_agreement(history: &AccountHistory) -> bool {
    history.label.population.as_deref() == Some(Population::Researcher.name())
}

/// Returns the scenario with one in `parts` of its accounts.
fn share_of_scenario(scenario: &Scenario, parts: usize) -> Scenario {
    let mut scenario = scenario.clone();
    scenario.benign.accounts = scenario.benign.accounts.div_ceil(parts as u32);
    scenario.extraction.accounts = scenario.extraction.accounts.div_ceil(parts as u32);
    scenario
}
