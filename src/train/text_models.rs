//! Fits all models on requests: vocabulary, common words, text models, the conversation calibration.

use rayon::prelude::*;

use super::calibration::{CalibrationFitError, CalibrationRow, fit_calibration};
use super::error::TrainError;
use super::example::Example;
use super::examples::{LabeledRequest, Origin, examples, labeled_requests};
use super::fold::{FOLD_SALT, fold_of};
use super::initial::{Initial, Start};
use super::lexicon::{common_words, vocabulary_texts};
use super::manifest::CueManifest;
use super::progress::Progress;
use super::recipe::Recipe;
use super::risk_model::PRIOR;
use super::summary::Summary;
use super::text::{TextRecipe, fit_text};
use super::vocabulary::train_vocabulary;
use crate::domain::{CueProbabilities, Embedding};
use crate::encoder::{Seen, StaticEncoder, Vocabulary};
use crate::risk::{Calibration, intent_log_odds};
use crate::simulate::corpus::{Corpus, LicenceClass, share_of};

/// The results of fitting on requests.
pub(super) struct TextModels {
    /// `tokenizer.json`.
    pub(super) tokenizer: String,
    /// `words.bloom`.
    pub(super) words: Vec<u8>,
    /// The text model of the bundle.
    pub(super) model: StaticEncoder,
    /// One text model for each fold, fitted without that fold.
    pub(super) fold_models: Vec<StaticEncoder>,
    /// Median distance between benign requests' embeddings.
    pub(super) bandwidth: f32,
    /// Calibration from the strongest intent cue to the probability that a pipeline sent the request.
    pub(super) conversation: Calibration,
}

pub(super) fn fit_text_models(
    corpus: &Corpus,
    cues: &CueManifest,
    recipe: &Recipe,
    progress: &dyn Progress,
    summary: &mut Summary,
) -> Result<TextModels, TrainError> {
    let requests: Vec<LabeledRequest<'_>> = labeled_requests(corpus, cues)
        .into_iter()
        .filter(|request| request.licence == LicenceClass::Permissive)
        .filter(|request| recipe.sides.contains(&request.partition))
        .collect();
    if requests.is_empty() {
        return Err(TrainError::NoRequests);
    }
    let (own, found): (Vec<&LabeledRequest<'_>>, Vec<_>) = requests
        .iter()
        .partition(|request| request.origin == Origin::Own);
    summary.lines.push(format!(
        "requests: {} of pipelines and harnesses ({} of them), {} of benign sources and applications ({}), all permissive",
        count(&found, true),
        units(&found, true),
        count(&found, false),
        units(&found, false),
    ));
    summary.lines.push(format!(
        "our own writing: {} requests of {} extracting authors, {} of {} benign ones",
        count(&own, true),
        units(&own, true),
        count(&own, false),
        units(&own, false),
    ));
    progress.begin("vocabulary", 2);
    let tokenizer = match recipe.text.start {
        Start::Distilled => Initial::distilled_vocabulary().to_owned(),
        Start::Random => {
            let texts = vocabulary_texts(&requests, recipe.vocabulary.source_bytes);
            train_vocabulary(texts.into_iter(), recipe.vocabulary.tokens)?
        }
    };
    progress.advance(1);
    let words = common_words(&requests, recipe.common_words.sources_min);
    progress.advance(1);
    let vocabulary = Vocabulary::from_json(&tokenizer)?;
    let examples = examples(&requests, &vocabulary);
    let fits = Fits {
        requests,
        examples,
        tokens: vocabulary.len(),
        recipe,
        progress,
    };
    let (fold_models, model) = fits.fit_all()?;
    let outputs = fits.outputs(&fold_models);
    Ok(TextModels {
        conversation: fits.conversation(&outputs)?,
        bandwidth: fits.bandwidth(&outputs),
        tokenizer,
        words: words.to_bytes(),
        model,
        fold_models,
    })
}

/// The requests of the learning sides, ready to be fitted on.
struct Fits<'a> {
    requests: Vec<LabeledRequest<'a>>,
    examples: Vec<Example>,
    tokens: usize,
    recipe: &'a Recipe,
    progress: &'a dyn Progress,
}

type Output = (CueProbabilities, Embedding);

impl Fits<'_> {
    fn fold(&self, index: usize) -> usize {
        fold_of(&self.requests[index], self.recipe.folds, FOLD_SALT)
    }

    /// Fits the text models that leave out one fold each, and the one of the bundle, side by side: a fit uses one core.
    fn fit_all(&self) -> Result<(Vec<StaticEncoder>, StaticEncoder), TrainError> {
        let without: Vec<Option<usize>> = (0..self.recipe.folds).map(Some).chain([None]).collect();
        let chosen: Vec<Vec<&Example>> = without.iter().map(|fold| self.chosen(*fold)).collect();
        let settings: TextRecipe = self.recipe.text();
        let steps =
            |examples: &Vec<&Example>| settings.epochs * examples.len().div_ceil(settings.batch);
        self.progress.begin(
            "text models",
            chosen.iter().map(steps).sum::<usize>() as u64,
        );
        let models = chosen
            .par_iter()
            .map(|examples| self.fit(examples, &settings));
        let mut models = models.collect::<Result<Vec<_>, _>>()?;
        let model = models.pop().ok_or(TrainError::NoRequests)?;
        Ok((models, model))
    }

    /// Returns the examples to fit on, leaving out the fold `without` if given.
    fn chosen(&self, without: Option<usize>) -> Vec<&Example> {
        (0..self.examples.len())
            .filter(|index| kept(&self.requests[*index], self.recipe))
            .filter(|index| Some(self.fold(*index)) != without)
            .map(|index| &self.examples[index])
            .collect()
    }

    fn fit(
        &self,
        examples: &[&Example],
        settings: &TextRecipe,
    ) -> Result<StaticEncoder, TrainError> {
        let start = self.recipe.text.start;
        let mut loss = 0.0_f32;
        let model = fit_text(examples, self.tokens, start, settings, |now| {
            loss = if now.step == 1 {
                now.loss
            } else {
                0.98 * loss + 0.02 * now.loss
            };
            self.progress.advance(1);
        })?;
        self.progress.note(&format!(
            "text model: {} requests, loss {loss:.4}",
            examples.len()
        ));
        Ok(model)
    }

    /// Returns the output for every request of a model that was not fitted on it.
    fn outputs(&self, fold_models: &[StaticEncoder]) -> Vec<Output> {
        let judge = |index: usize| &fold_models[self.fold(index)];
        (0..self.examples.len())
            .into_par_iter()
            .map_init(Seen::default, |seen, index| {
                judge(index).evaluate(&self.examples[index].rows, seen)
            })
            .collect()
    }

    /// Fits the conversation calibration; every source weighs the same.
    fn conversation(&self, outputs: &[Output]) -> Result<Calibration, TrainError> {
        let requests = self.requests.iter().zip(outputs);
        let rows: Vec<CalibrationRow> = requests
            .map(|(request, (cues, _))| CalibrationRow {
                score: intent_log_odds(cues),
                extraction: request.extraction,
                weight: 1.0 / request.unit_size as f64,
            })
            .collect();
        let fitted = fit_calibration(&rows)?;
        Ok(fitted.at_prior(PRIOR).map_err(CalibrationFitError::from)?)
    }

    fn bandwidth(&self, outputs: &[Output]) -> f32 {
        let requests = self.requests.iter().zip(outputs);
        let benign: Vec<&Embedding> = requests
            .filter(|(request, _)| !request.extraction)
            .map(|(_, output)| &output.1)
            .collect();
        median_distance(&benign)
    }
}

/// Returns whether a request is among those that its source contributes, a choice that depends on its id alone.
fn kept(request: &LabeledRequest<'_>, recipe: &Recipe) -> bool {
    let share = recipe.text.source_requests as f64 / request.unit_size as f64;
    share_of(&request.record.id, "contribution") < share
}

fn count(requests: &[&LabeledRequest<'_>], extraction: bool) -> usize {
    let of_side = requests
        .iter()
        .filter(|request| request.extraction == extraction);
    of_side.count()
}

/// Returns the number of pipelines, sources or applications; one of our authors counts once, whatever its editions.
fn units(requests: &[&LabeledRequest<'_>], extraction: bool) -> usize {
    let of_side = requests
        .iter()
        .filter(|request| request.extraction == extraction);
    of_side
        .map(|request| match request.origin {
            Origin::Own => request.group,
            _ => request.unit,
        })
        .collect::<std::collections::BTreeSet<_>>()
        .len()
}

/// Returns the median Euclidean distance between pairs of embeddings drawn at fixed strides.
fn median_distance(embeddings: &[&Embedding]) -> f32 {
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
