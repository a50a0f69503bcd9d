//! Leave-pipelines-out evaluation of single prompts: how well prompts of unseen pipelines are separated from unseen
//! benign prompts.
//!
//! A fold holds out whole pipelines with their relatives, whole applications with their translations and whole benign
//! sources. The text model and the n-gram baseline are fitted on everything outside it, whatever its licence, because
//! nothing fitted here is kept. Knows prompts only: no accounts, no time.

mod application_row;
mod applications;
mod figures;
mod report;

use rayon::prelude::*;
use thiserror::Error;

use super::baseline::ngram::{NgramModel, NgramRecipe, NgramSample};
use crate::encoder::{Seen, Vocabulary};
use crate::simulate::corpus::{Corpus, share_of};
use crate::train::example::Example;
use crate::train::examples::{LabeledRequest, Origin, examples, labeled_requests};
use crate::train::fold::fold_of;
use crate::train::manifest::CueManifest;
use crate::train::recipe::Recipe;
use crate::train::text::{TextFitError, fit_text};

pub(crate) use figures::ModelReport;
pub(crate) use report::PromptReport;

/// Inputs of a leave-pipelines-out trial.
pub(crate) struct PromptTrial<'a> {
    /// All prompts.
    pub corpus: &'a Corpus,
    /// Cues of the corpus.
    pub manifest: &'a CueManifest,
    /// Token vocabulary of the text model. It comes from word counts, not labels, so one vocabulary serves all folds.
    pub vocabulary: &'a Vocabulary,
    /// The training recipe. Both models learn from as many requests of a source as it allows.
    pub recipe: &'a Recipe,
    /// Recipe of the n-gram baseline.
    pub ngram: NgramRecipe,
    /// Number of folds, 2 or more.
    pub folds: usize,
}

/// Why a trial has no report.
#[derive(Debug, Error)]
pub(crate) enum PromptError {
    /// With fewer than two folds nothing would be held out, or nothing would be left to fit on.
    #[error("leave-pipelines-out: expected 2 or more folds, got {0}")]
    Folds(usize),
    /// A fold lacks benign or extracting requests on one of its two sides.
    #[error(
        "leave-pipelines-out, fold {fold}: expected requests of pipelines and benign ones both inside and outside \
         it, got {inside_extraction}, {inside_benign} inside and {outside_extraction}, {outside_benign} outside"
    )]
    OneSided {
        /// Index of the fold.
        fold: usize,
        /// Held-out requests of pipelines.
        inside_extraction: usize,
        /// Held-out benign requests.
        inside_benign: usize,
        /// Fitted requests of pipelines.
        outside_extraction: usize,
        /// Fitted benign requests.
        outside_benign: usize,
    },
    /// The text model could not be fitted.
    #[error("leave-pipelines-out, text model: {0}")]
    Fit(#[from] TextFitError),
}

/// Fits and scores every fold, calling `progress` with (folds done, folds in all).
///
/// Left out of the figures: evaluation harnesses, which are no prompt-level positives. The threshold of a fold is the
/// lowest that flags at most 1% of its held-out benign prompts.
///
/// # Errors
/// When there are fewer than two folds, a fold has only one kind of request, or a fit fails.
pub(crate) fn leave_pipelines_out(
    trial: &PromptTrial<'_>,
    progress: &dyn Fn(usize, usize),
) -> Result<PromptReport, PromptError> {
    if trial.folds < 2 {
        return Err(PromptError::Folds(trial.folds));
    }
    let requests = labeled_requests(trial.corpus, trial.manifest);
    let examples = examples(&requests, trial.vocabulary);
    let mut text = ModelReport::new("text model");
    let mut ngram = ModelReport::new("n-gram regression");
    progress(0, trial.folds);
    for fold in 0..trial.folds {
        let split = Split::new(trial, &requests, fold)?;
        let scores = text_scores(trial, &examples, &split)?;
        text.add(&split.judged, &scores);
        let scores = ngram_scores(trial, &requests, &split);
        ngram.add(&split.judged, &scores);
        progress(fold + 1, trial.folds);
    }
    Ok(PromptReport {
        models: vec![text, ngram],
    })
}

const FOLD_SALT: &str = "leave-pipelines-out";

/// One fold: the requests that are fitted on and those that are scored, as indices into the list of requests.
struct Split<'r, 'a> {
    fitted: Vec<usize>,
    held_out: Vec<usize>,
    judged: Vec<&'r LabeledRequest<'a>>,
}

impl<'r, 'a> Split<'r, 'a> {
    fn new(
        trial: &PromptTrial<'_>,
        requests: &'r [LabeledRequest<'a>],
        fold: usize,
    ) -> Result<Self, PromptError> {
        let (inside, outside): (Vec<usize>, Vec<usize>) = (0..requests.len()).partition(|index| {
            let request = &requests[*index];
            // Our own writing is trained on in every fold and scored in none.
            request.origin != Origin::Own && fold_of(request, trial.folds, FOLD_SALT) == fold
        });
        let allowed = trial.recipe.text.source_requests as f64;
        let fitted: Vec<usize> = outside
            .into_iter()
            .filter(|index| {
                let request = &requests[*index];
                share_of(&request.record.id, "contribution") < allowed / request.unit_size as f64
            })
            .collect();
        let held_out: Vec<usize> = inside
            .into_iter()
            .filter(|index| requests[*index].origin != Origin::Harness)
            .collect();
        let count = |side: &[usize], extraction: bool| {
            let of_kind = |index: &&usize| {
                requests[**index].extraction == extraction
                    && requests[**index].origin != Origin::Harness
            };
            side.iter().filter(of_kind).count()
        };
        let counts = [
            count(&held_out, true),
            count(&held_out, false),
            count(&fitted, true),
            count(&fitted, false),
        ];
        if counts.contains(&0) {
            return Err(PromptError::OneSided {
                fold,
                inside_extraction: counts[0],
                inside_benign: counts[1],
                outside_extraction: counts[2],
                outside_benign: counts[3],
            });
        }
        let judged = held_out.iter().map(|index| &requests[*index]).collect();
        Ok(Self {
            fitted,
            held_out,
            judged,
        })
    }
}

fn text_scores(
    trial: &PromptTrial<'_>,
    examples: &[Example],
    split: &Split<'_, '_>,
) -> Result<Vec<f32>, PromptError> {
    let fitted: Vec<&Example> = split.fitted.iter().map(|index| &examples[*index]).collect();
    let (start, settings) = (trial.recipe.text.start, trial.recipe.text());
    let model = fit_text(&fitted, trial.vocabulary.len(), start, &settings, |_| ())?;
    let scores = split
        .held_out
        .par_iter()
        .map_init(Seen::default, |seen, index| {
            let (cues, _) = model.evaluate(&examples[*index].rows, seen);
            cues.strongest_intent().1
        });
    Ok(scores.collect())
}

/// Scores the held-out requests with the n-gram baseline. It is fitted on the pools alone: our own writing is part of
/// our model. Every request weighs the same: of the weightings tried on folds this served the baseline best.
fn ngram_scores(
    trial: &PromptTrial<'_>,
    requests: &[LabeledRequest<'_>],
    split: &Split<'_, '_>,
) -> Vec<f32> {
    let samples: Vec<NgramSample<'_>> = split
        .fitted
        .iter()
        .map(|index| &requests[*index])
        .filter(|request| !matches!(request.origin, Origin::Harness | Origin::Own))
        .map(|request| NgramSample {
            record: request.record,
            extraction: request.extraction,
            weight: 1.0,
        })
        .collect();
    let model = NgramModel::fit(&samples, &trial.ngram);
    split
        .judged
        .par_iter()
        .map(|request| model.score(request.record))
        .collect()
}

#[cfg(test)]
mod tests;
