//! Metrics from the scores of held-out prompts, fold by fold.

use std::collections::BTreeMap;

use super::application_row::{ApplicationRow, BenignScores, RATE, left_out, threshold};
use crate::eval::metrics::{Figure, Roc, Scored, benign_needed};
use crate::train::examples::LabeledRequest;
use crate::train::fold::unit_of_split;

/// Fewest requests of a row whose figures are printed.
pub(super) const ROW_MIN: u64 = 20;

/// Metrics of one set of extracting prompts against all benign prompts of their fold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Power {
    /// Recall at a threshold that flags 1% of benign prompts.
    pub recall: Figure,
    /// Area under the curve.
    pub area: Figure,
    /// Number of prompts.
    pub n: u64,
}

/// Results for the prompts of one pipeline, family and language.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PromptRow {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Family of extraction.
    pub family: String,
    /// Language code.
    pub language: String,
    /// Whether the texts are bare: word for word what a benign user sends.
    pub bare: bool,
    /// Figures.
    pub power: Power,
}

/// Results for the prompts of one pipeline that are not bare.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PipelineRow {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Figures.
    pub power: Power,
}

/// Counts of benign prompts of one family, over all folds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BenignRow {
    /// Name of the family.
    pub family: String,
    /// Number of prompts flagged.
    pub flagged: u64,
    /// Number of prompts.
    pub n: u64,
}

/// Results of one model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModelReport {
    /// Name of the model.
    pub name: &'static str,
    /// Rows by pipeline, family, language and bareness; sorted.
    pub rows: Vec<PromptRow>,
    /// Rows by pipeline; sorted.
    pub pipelines: Vec<PipelineRow>,
    /// Rows by family; sorted.
    pub benign: Vec<BenignRow>,
    benign_scores: Vec<BenignScores>,
}

impl ModelReport {
    pub(super) const fn new(name: &'static str) -> Self {
        Self {
            name,
            rows: Vec::new(),
            pipelines: Vec::new(),
            benign: Vec::new(),
            benign_scores: Vec::new(),
        }
    }

    /// Adds the scores of one fold's prompts.
    ///
    /// # Panics
    /// When there are no benign prompts, or a score is not a number.
    pub(super) fn add(&mut self, prompts: &[&LabeledRequest<'_>], scores: &[f32]) {
        let judged = || prompts.iter().zip(scores.iter().copied().map(f64::from));
        let of_benign = judged().filter(|(prompt, _)| !prompt.extraction);
        let benign = Benign::new(of_benign.map(|(_, score)| unit(score, false)).collect());
        let mut rows: BTreeMap<_, Vec<f64>> = BTreeMap::new();
        let mut pipelines: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let mut applications = BenignScores::new();
        for (prompt, score) in judged() {
            if prompt.extraction {
                let record = prompt.record;
                let key = (prompt.unit, &record.family, &record.language, prompt.bare);
                rows.entry(key).or_default().push(score);
                if !prompt.bare {
                    pipelines.entry(prompt.unit).or_default().push(score);
                }
            } else {
                let flagged = score > benign.threshold;
                self.count_benign(&prompt.record.family, flagged);
                let own = applications.entry(unit_of_split(prompt).to_owned());
                own.or_default().push(score);
            }
        }
        self.benign_scores.push(applications);
        for ((pipeline, family, language, bare), scores) in rows {
            self.rows.push(PromptRow {
                pipeline: pipeline.to_owned(),
                family: family.clone(),
                language: language.clone(),
                bare,
                power: benign.power(&scores),
            });
        }
        for (pipeline, scores) in pipelines {
            self.pipelines.push(PipelineRow {
                pipeline: pipeline.to_owned(),
                power: benign.power(&scores),
            });
        }
        let key = |row: &PromptRow| {
            let row = row.clone();
            (row.pipeline, row.family, row.language, row.bare)
        };
        self.rows.sort_by_cached_key(key);
        self.pipelines
            .sort_by_cached_key(|row| row.pipeline.clone());
    }

    /// Returns the benign applications and pools, each compared with the threshold of the other folds; by name.
    pub(crate) fn applications(&self) -> Vec<ApplicationRow> {
        left_out(&self.benign_scores)
    }

    fn count_benign(&mut self, family: &str, flagged: bool) {
        let index = self
            .benign
            .binary_search_by(|row| row.family.as_str().cmp(family));
        let index = index.unwrap_or_else(|index| {
            let family = family.to_owned();
            let row = BenignRow {
                family,
                flagged: 0,
                n: 0,
            };
            self.benign.insert(index, row);
            index
        });
        self.benign[index].flagged += u64::from(flagged);
        self.benign[index].n += 1;
    }
}

/// The benign prompts of a fold, and the threshold set on them.
struct Benign {
    units: Vec<Scored>,
    threshold: f64,
}

impl Benign {
    fn new(units: Vec<Scored>) -> Self {
        let scores = units.iter().map(|unit| unit.score).collect();
        let threshold = threshold(scores).expect("the fold has benign prompts");
        Self { units, threshold }
    }

    fn power(&self, scores: &[f64]) -> Power {
        let n = scores.len() as u64;
        if n < ROW_MIN {
            let lacking = Figure::Insufficient { n, needed: ROW_MIN };
            return Power {
                recall: lacking,
                area: lacking,
                n,
            };
        }
        let mut units = self.units.clone();
        units.extend(scores.iter().map(|score| unit(*score, true)));
        let curve = Roc::new(&units).expect("both labels occur and every score is a number");
        Power {
            recall: curve.recall_at(RATE, benign_needed(RATE)),
            area: Figure::Value(curve.area()),
            n,
        }
    }
}

const fn unit(score: f64, extraction: bool) -> Scored {
    Scored { score, extraction }
}
