//! A whole bundle from prompt pools: vocabulary, text models, simulated accounts, fusion, calibration.
//!
//! Only permissive material of the fitting side teaches; the calibration side calibrates; the test side is not read.
//! Fitting accounts are observed by text models that left their fold out, and scored for calibration by fusions that
//! left it out too, so that every score behind a threshold comes from models that had not met the application.

use std::collections::BTreeMap;

use rayon::prelude::*;
use thiserror::Error;

use super::examples::{LabeledRequest, examples, labeled_requests};
use super::fold::fold_of;
use super::histories::{AccountHistory, simulated_histories};
use super::judge::{JudgeFitError, PRIOR, fit_fusion, fit_judge, score_history};
use super::manifest::CueManifest;
use super::progress::Progress;
use super::recipe::Recipe;
use super::text::{Example, fit_text};
use super::vocabulary::{VocabularyError, train_vocabulary};
use crate::bundle::{BundleFiles, Manifest, RandomFeatureSettings};
use crate::encoder::{Architecture, EncoderError, StaticEncoder, TextEncoder, Vocabulary};
use crate::observe::Observer;
use crate::privacy::PseudonymKey;
use crate::profile::{InvalidBandwidth, RandomFeatures};
use crate::risk::{Calibration, CalibrationRow, Judge, intent_log_odds};
use crate::simulate::corpus::{Corpus, LicenceClass, Partition};
use crate::simulate::{Plan, PlanError, Scenario};
use crate::text::{CommonWords, CommonWordsError};

/// Salt of the folds.
const FOLD_SALT: &str = "cross-fit";

/// Why no bundle came out.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The vocabulary.
    #[error("vocabulary: {0}")]
    Vocabulary(#[from] VocabularyError),
    /// The vocabulary, read back.
    #[error("vocabulary: {0}")]
    Tokenizer(#[from] crate::encoder::TokenizerError),
    /// The text model.
    #[error("text model: {0}")]
    Text(#[from] candle_core::Error),
    /// The text model, put together.
    #[error("text model: {0}")]
    Encoder(#[from] EncoderError),
    /// The common words.
    #[error("common words: {0}")]
    Words(#[from] CommonWordsError),
    /// The projection.
    #[error("random features: {0}")]
    Bandwidth(#[from] InvalidBandwidth),
    /// The accounts.
    #[error("simulated accounts: {0}")]
    Plan(#[from] PlanError),
    /// Fusion, calibration or operating points.
    #[error("judge: {0}")]
    Judge(#[from] JudgeFitError),
    /// The conversation calibration.
    #[error("conversation calibration: {0}")]
    Conversation(#[from] crate::risk::CalibrationError),
    /// The judge's file.
    #[error("judge.json: {0}")]
    JudgeForm(#[from] serde_json::Error),
    /// The bundle that was to be refitted.
    #[error("bundle: {0}")]
    Bundle(#[from] crate::bundle::BundleError),
    /// Nothing to learn from.
    #[error("expected permissive requests of the fitting side, came none")]
    NoRequests,
}

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
    inputs: Inputs<'_>,
    progress: &dyn Progress,
    card: impl Fn(&Summary, &Judge) -> String,
) -> Result<BundleFiles, TrainError> {
    let Inputs {
        corpus,
        cues,
        scenario,
        recipe,
        name,
    } = inputs;
    let mut summary = Summary::default();
    let text = fit_text_models(corpus, cues, recipe, progress, &mut summary)?;
    let random_features = RandomFeatures::new(recipe.seed, text.bandwidth)?;
    let vocabulary = || Vocabulary::from_json(&text.tokenizer);
    let observer = |model: &StaticEncoder| -> Result<Observer, TrainError> {
        let encoder = TextEncoder::new(vocabulary()?, model.clone())?;
        let words = CommonWords::from_bytes(&text.words)?;
        Ok(Observer::new(encoder, words, PseudonymKey::offline()))
    };

    let mut fitted: Vec<Vec<AccountHistory>> = Vec::new();
    for (fold, model) in text.fold_models.iter().enumerate() {
        let observer = observer(model)?;
        let plan = with_only_fold(corpus, fold, recipe.folds, |corpus| {
            Plan::new(
                &share_of_scenario(scenario, recipe.folds),
                corpus,
                recipe.seed + fold as u64,
            )
        })?;
        progress.begin(
            &format!("accounts of fold {}", fold + 1),
            plan.accounts.len() as u64,
        );
        let advance = || progress.advance(1);
        fitted.push(simulated_histories(
            &plan,
            corpus,
            &observer,
            &random_features,
            &advance,
        ));
    }
    let calibrating = {
        let mut scenario = share_of_scenario(scenario, 2);
        scenario.partitions = vec![Partition::Calibrate];
        let plan = Plan::new(&scenario, corpus, recipe.seed + 1_000)?;
        progress.begin(
            "accounts of the calibration side",
            plan.accounts.len() as u64,
        );
        let advance = || progress.advance(1);
        simulated_histories(
            &plan,
            corpus,
            &observer(&text.model)?,
            &random_features,
            &advance,
        )
    };

    progress.begin("fusion and calibration", recipe.folds as u64 + 2);
    let all: Vec<&AccountHistory> = fitted.iter().flatten().collect();
    let fusion = fit_fusion(&all, &recipe.fusion(), FOLD_SALT)?;
    progress.advance(1);
    let mut scored: Vec<_> = calibrating
        .par_iter()
        .map(|history| score_history(&fusion, history))
        .collect();
    for (fold, own) in fitted.iter().enumerate() {
        let others: Vec<&AccountHistory> = fitted
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != fold)
            .flat_map(|(_, histories)| histories)
            .collect();
        let without = fit_fusion(&others, &recipe.fusion(), FOLD_SALT)?;
        scored.par_extend(
            own.par_iter()
                .map(|history| score_history(&without, history)),
        );
        progress.advance(1);
    }
    let judge = fit_judge(fusion, &scored, text.conversation)?;
    summary.lines.push(format!(
        "accounts: {} simulated to fit, {} more to calibrate; {} distinct pipelines and applications",
        all.len(),
        calibrating.len(),
        scored.iter().map(|account| account.history.unit()).collect::<std::collections::BTreeSet<_>>().len()
    ));
    progress.advance(1);

    let architecture = text.model.architecture();
    let manifest = Manifest {
        format: crate::bundle::FORMAT,
        name: name.0.to_owned(),
        version: name.1,
        seed: recipe.seed,
        token_rows: architecture.token_rows,
        pair_rows: architecture.pair_rows,
        random_features: RandomFeatureSettings {
            seed: recipe.seed,
            bandwidth: text.bandwidth,
        },
        files: BTreeMap::new(),
    };
    let files = [
        text.tokenizer.clone().into_bytes(),
        text.model.to_safetensors()?,
        text.words,
        serde_json::to_vec(&judge)?,
        card(&summary, &judge).into_bytes(),
    ];
    Ok(BundleFiles::new(manifest, files))
}

/// Everything that is fitted on requests.
struct TextModels {
    tokenizer: String,
    words: Vec<u8>,
    model: StaticEncoder,
    fold_models: Vec<StaticEncoder>,
    bandwidth: f32,
    conversation: Calibration,
}

fn fit_text_models(
    corpus: &Corpus,
    cues: &CueManifest,
    recipe: &Recipe,
    progress: &dyn Progress,
    summary: &mut Summary,
) -> Result<TextModels, TrainError> {
    let requests: Vec<LabeledRequest<'_>> = labeled_requests(corpus, cues)
        .into_iter()
        .filter(|request| request.licence == LicenceClass::Permissive)
        .filter(|request| matches!(request.partition, Partition::Fit | Partition::Calibrate))
        .collect();
    let fitting: Vec<LabeledRequest<'_>> = requests
        .iter()
        .filter(|request| request.partition == Partition::Fit)
        .cloned()
        .collect();
    if fitting.is_empty() {
        return Err(TrainError::NoRequests);
    }
    summary.lines.push(format!(
        "requests: {} of {} pipelines, {} of {} honest sources and applications, all permissive",
        fitting.iter().filter(|request| request.attack).count(),
        units(&fitting, true),
        fitting.iter().filter(|request| !request.attack).count(),
        units(&fitting, false),
    ));
    progress.begin("vocabulary", 2);
    let tokenizer = train_vocabulary(
        vocabulary_texts(&fitting, recipe).into_iter(),
        recipe.vocabulary.tokens,
    )?;
    progress.advance(1);
    let words = common_words(&fitting, recipe.common_words.sources_min);
    progress.advance(1);

    let vocabulary = Vocabulary::from_json(&tokenizer)?;
    let architecture = Architecture {
        token_rows: vocabulary.len(),
        pair_rows: recipe.text.pair_rows,
    };
    let rows = examples(&requests, &vocabulary, architecture.pair_rows);
    let is_fit = |index: usize| {
        requests[index].partition == Partition::Fit && kept(&requests[index], recipe)
    };
    let fold = |index: usize| fold_of(&requests[index], recipe.folds, FOLD_SALT);
    let fit = |stage: &str, chosen: Vec<&Example>, seed: u64| {
        let settings = super::text::TextRecipe {
            seed,
            ..recipe.text()
        };
        let mut begun = false;
        let mut last = 0.0_f32;
        let model = fit_text(&chosen, architecture, &settings, |now| {
            if !begun {
                progress.begin(stage, now.steps as u64);
                begun = true;
            }
            last = if last == 0.0 {
                now.loss
            } else {
                0.98 * last + 0.02 * now.loss
            };
            progress.advance(1);
        })?;
        progress.note(&format!(
            "{stage}: {} requests, loss {last:.4}",
            chosen.len()
        ));
        Ok::<_, TrainError>(model)
    };
    let mut fold_models = Vec::new();
    for out in 0..recipe.folds {
        let chosen = (0..rows.len())
            .filter(|index| is_fit(*index) && fold(*index) != out)
            .map(|index| &rows[index])
            .collect();
        fold_models.push(fit(
            &format!("text model without fold {}", out + 1),
            chosen,
            recipe.seed,
        )?);
    }
    let chosen = (0..rows.len())
        .filter(|index| is_fit(*index))
        .map(|index| &rows[index])
        .collect();
    let model = fit("text model", chosen, recipe.seed)?;

    // Requests of the fitting side are judged by the model that left their fold out.
    let outputs: Vec<_> = (0..rows.len())
        .into_par_iter()
        .map(|index| match requests[index].partition {
            Partition::Fit => fold_models[fold(index)].evaluate(&rows[index].rows),
            _ => model.evaluate(&rows[index].rows),
        })
        .collect();
    let conversation: Vec<CalibrationRow> = requests
        .iter()
        .zip(&outputs)
        .map(|(request, (cues, _))| CalibrationRow {
            score: intent_log_odds(cues),
            extraction: request.attack,
            weight: 1.0 / request.unit_size as f64,
        })
        .collect();
    let conversation = Calibration::fit(&conversation)?.at_prior(PRIOR)?;
    let honest: Vec<_> = requests
        .iter()
        .zip(&outputs)
        .filter(|(request, _)| !request.attack)
        .map(|(_, (_, embedding))| embedding)
        .collect();
    Ok(TextModels {
        bandwidth: median_distance(&honest),
        tokenizer,
        words: words.to_bytes(),
        model,
        fold_models,
        conversation,
    })
}

/// Whether a request is among those that its source may contribute: a choice by its id alone.
fn kept(request: &LabeledRequest<'_>, recipe: &Recipe) -> bool {
    let share = recipe.text.source_requests as f64 / request.unit_size as f64;
    crate::simulate::corpus::share_of(&request.record.id, "contribution") < share
}

fn units(requests: &[LabeledRequest<'_>], attack: bool) -> usize {
    let of_side = requests.iter().filter(|request| request.attack == attack);
    of_side
        .map(|request| request.unit)
        .collect::<std::collections::BTreeSet<_>>()
        .len()
}

fn texts<'a>(request: &LabeledRequest<'a>) -> impl Iterator<Item = &'a str> {
    let record = request.record;
    let messages = record.messages.iter().map(|message| &message.content);
    record
        .system
        .iter()
        .chain(messages)
        .map(|text| text.expose().as_str())
}

/// The first bytes of each request, as long as its source has some left to contribute.
fn vocabulary_texts(requests: &[LabeledRequest<'_>], recipe: &Recipe) -> Vec<String> {
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    for request in requests {
        let used = used.entry(request.unit).or_default();
        for text in texts(request) {
            if *used < recipe.vocabulary.source_bytes {
                let start: String = text.chars().take(3_000).collect();
                *used += start.len();
                chosen.push(start);
            }
        }
    }
    chosen
}

/// Words by the number of groups that say them: relatives count once.
fn common_words(requests: &[LabeledRequest<'_>], sources_min: u32) -> CommonWords {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for request in requests {
        groups
            .entry(request.group)
            .or_default()
            .extend(texts(request));
    }
    let mut builder = CommonWords::builder();
    for texts in groups.into_values() {
        builder.add_source(texts);
    }
    builder.build(sources_min)
}

/// Median Euclidean distance between pairs of embeddings drawn at fixed strides.
fn median_distance(embeddings: &[&crate::domain::Embedding]) -> f32 {
    let count = embeddings.len();
    let mut distances: Vec<f32> = (0..20_000_usize)
        .map(|n| {
            (
                embeddings[(n * 7_919) % count],
                embeddings[(n * 104_729 + 1) % count],
            )
        })
        .map(|(a, b)| {
            let squares = a.0.iter().zip(&b.0).map(|(a, b)| (a - b) * (a - b));
            squares.sum::<f32>().sqrt()
        })
        .collect();
    distances.sort_by(f32::total_cmp);
    distances[distances.len() / 2].max(0.05)
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
