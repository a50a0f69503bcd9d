//! Fits fusion, calibration and operating points on account histories.
//!
//! Two rules keep the figures honest. The fusion sees measures made by text models that never met the account's own
//! pipeline or application (`pipeline` cross-fits them); and calibration and thresholds are fitted on scores of
//! accounts whose application no model involved was fitted on.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::Array2;
use thiserror::Error;

use super::boost::{Column, TrainingRows};
use super::histories::AccountHistory;
use super::logistic::{self, LogisticError, LogisticSettings};
use crate::detect::{MEASURE_COUNT, measures};
use crate::risk::{
    AdditiveModel, BenignScore, Calibration, CalibrationError, CalibrationRow, Judge,
    OperatingPointError, OperatingPoints, Stage, TargetRates,
};
use crate::simulate::corpus::share_of;

/// Exchanges after which an account becomes a training row: short histories matter most, and each account counts
/// once whatever its length.
const CHECKPOINTS: [usize; 8] = [3, 6, 10, 17, 30, 50, 100, 200];
/// First exchange of each calibration stage.
const STAGES: [u64; 5] = [1, 8, 20, 50, 100];
/// Exchanges before an account is given a band and a recommendation.
pub const EXCHANGES_NEEDED: u64 = 5;
/// The share of accounts taken to extract, before anything is known of them. A deployment can set its own.
pub const PRIOR: f64 = 0.05;

/// Why no judge came out.
#[derive(Debug, Error)]
pub enum JudgeFitError {
    /// The fusion.
    #[error("fusion: {0}")]
    Fusion(#[from] LogisticError),
    /// A calibration.
    #[error("calibration: {0}")]
    Calibration(#[from] CalibrationError),
    /// The operating points.
    #[error("operating points: {0}")]
    Points(#[from] OperatingPointError),
    /// Nothing to fit on.
    #[error(
        "expected labeled accounts of both kinds, came {benign} benign and {extraction} extracting"
    )]
    Accounts {
        /// Benign accounts.
        benign: usize,
        /// Extracting accounts.
        extraction: usize,
    },
}

/// An account with the scores that a model which never met its application gave it, exchange by exchange.
pub struct ScoredHistory<'a> {
    /// The account.
    pub history: &'a AccountHistory,
    /// `scores[n - 1]` is the score after `n` exchanges.
    pub scores: Vec<f64>,
}

/// The measures that are fused: how much the requests ask for what harvests ask for, and how much of that comes as one
/// template swept without repeats. Every other measure is context for the reader. Fused freely they raised the fit and
/// lowered the truth: variety became guilt, accounts that mix a harvest with honest traffic outranked pure ones, honest
/// evaluators outranked both, and intents one by one added their noise.
const FUSED: [&str; 2] = ["any_intent_mean", "swept_intent"];

/// Fits the additive fusion on histories.
///
/// # Errors
/// When one kind of account is missing or a setting is out of range.
///
/// # Panics
/// Never: every row holds one value a measure.
pub fn fit_fusion(
    histories: &[&AccountHistory],
    settings: &LogisticSettings,
) -> Result<AdditiveModel, JudgeFitError> {
    let extraction = histories
        .iter()
        .filter(|history| history.extraction())
        .count();
    let benign = histories.len() - extraction;
    if extraction == 0 || benign == 0 {
        return Err(JudgeFitError::Accounts { benign, extraction });
    }
    let units = unit_numbers(histories.iter().map(|history| history.unit()));
    let mut rows = Rows::default();
    for history in histories {
        let steps = history.steps.len();
        let mut lengths: Vec<usize> = CHECKPOINTS
            .iter()
            .copied()
            .filter(|seen| *seen < steps)
            .collect();
        lengths.push(steps);
        // Both kinds weigh the same in all; within a kind, accounts do.
        let kind = if history.extraction() {
            extraction
        } else {
            benign
        };
        let weight = histories.len() as f64 / (2 * kind * lengths.len()) as f64;
        for seen in lengths {
            rows.features.extend(history.measures(seen));
            rows.exposure.push(seen as f64);
            rows.extraction.push(history.extraction());
            rows.weight.push(weight);
            rows.group.push(units[history.unit()]);
        }
    }
    let features = Array2::from_shape_vec((rows.exposure.len(), MEASURE_COUNT), rows.features)
        .expect("one value a measure in every row");
    let columns: Vec<Column> = measures()
        .map(|(_, measure)| Column {
            name: measure.code.to_owned(),
            monotone: measure.monotone,
            shrink: 2.0,
        })
        .collect();
    let training = TrainingRows {
        features: features.view(),
        exposure: &rows.exposure,
        extraction: &rows.extraction,
        weight: &rows.weight,
        group: &rows.group,
    };
    let fused: Vec<usize> = (0..columns.len())
        .filter(|place| FUSED.contains(&columns[*place].name.as_str()))
        .collect();
    Ok(logistic::fit(&training, &columns, &fused, settings)?)
}

#[derive(Default)]
struct Rows {
    features: Vec<f64>,
    exposure: Vec<f64>,
    extraction: Vec<bool>,
    weight: Vec<f64>,
    group: Vec<u64>,
}

/// Scores a history with a fusion that never met its application.
pub fn score_history<'a>(model: &AdditiveModel, history: &'a AccountHistory) -> ScoredHistory<'a> {
    let mut contributions = vec![0.0; model.contribution_count()];
    let scores = (1..=history.steps.len())
        .map(|seen| model.evaluate_into(&history.measures(seen), seen as f64, &mut contributions))
        .collect();
    ScoredHistory { history, scores }
}

/// Puts a judge together: the fusion, and calibration and thresholds from accounts it never met.
///
/// # Errors
/// When the accounts are too few for a calibration stage or an operating point.
pub fn fit_judge(
    model: AdditiveModel,
    scored: &[ScoredHistory<'_>],
    conversation: Calibration,
) -> Result<Judge, JudgeFitError> {
    let mut stages = Vec::new();
    for (index, from) in STAGES.into_iter().enumerate() {
        let below = STAGES.get(index + 1).copied().unwrap_or(u64::MAX);
        let rows: Vec<(&str, CalibrationRow)> = scored
            .iter()
            .filter_map(|account| Some((account.history.unit(), stage_row(account, from, below)?)))
            .collect();
        let mut units = BTreeSet::new();
        let one_each: Vec<CalibrationRow> = rows
            .iter()
            .filter(|(unit, row)| units.insert((*unit, row.extraction)))
            .map(|(_, row)| *row)
            .collect();
        let kinds = rows.iter().filter(|(_, row)| row.extraction).count();
        if from > 1 && (kinds == 0 || kinds == rows.len()) {
            // No account of one kind is that long: the stage before it goes on.
            continue;
        }
        let all: Vec<CalibrationRow> = rows.into_iter().map(|(_, row)| row).collect();
        let calibration = Calibration::fit(&all)?.at_prior(PRIOR)?;
        let by_unit = Calibration::fit(&one_each)?.at_prior(PRIOR)?;
        stages.push(Stage {
            from,
            calibration,
            by_unit,
        });
    }
    Ok(Judge {
        model,
        stages,
        points: hardest_points(scored)?,
        conversation,
        exchanges_needed: EXCHANGES_NEEDED,
    })
}

/// What any one population may bear, as a multiple of what all may. Evaluators and judges send what harvests send: at a
/// threshold for the average customer a fifth of them would be reviewed, and at the average's rate among evaluators next
/// to no harvest.
const POPULATION_SHARE: f64 = 5.0;

/// Operating points that hold their rates among all honest accounts, and at most five times as much in the population that
/// is hardest to tell from extraction.
fn hardest_points(scored: &[ScoredHistory<'_>]) -> Result<OperatingPoints, JudgeFitError> {
    let units = unit_numbers(scored.iter().map(|account| account.history.unit()));
    let mut populations: BTreeMap<&str, Vec<BenignScore>> = BTreeMap::new();
    let mut all = Vec::new();
    for account in scored
        .iter()
        .filter(|account| !account.history.extraction())
    {
        let judged = account
            .scores
            .iter()
            .skip(EXCHANGES_NEEDED as usize - 1)
            .copied();
        let Some(score) = judged.reduce(f64::max) else {
            continue;
        };
        let benign = BenignScore {
            score,
            application: units[account.history.unit()],
        };
        let population = account.history.label.population.as_deref().unwrap_or("");
        populations.entry(population).or_default().push(benign);
        all.push(benign);
    }
    let whole = OperatingPoints::fit(&all, TargetRates::default())?;
    let most = TargetRates::default().times(POPULATION_SHARE);
    // A population too thin for points of its own is covered by the whole.
    let own = populations
        .values()
        .filter_map(|scores| OperatingPoints::fit(scores, most).ok());
    Ok(own.fold(whole, |strictest, points| strictest.strictest(&points)))
}

/// The account's score at a length within the stage that depends on nothing but its name.
fn stage_row(account: &ScoredHistory<'_>, from: u64, below: u64) -> Option<CalibrationRow> {
    let last = (account.scores.len() as u64).min(below - 1);
    if last < from {
        return None;
    }
    let share = share_of(&account.history.label.account, "calibration length");
    let seen = from + ((last - from + 1) as f64 * share) as u64;
    Some(CalibrationRow {
        score: account.scores[seen as usize - 1],
        extraction: account.history.extraction(),
        weight: 1.0,
    })
}

/// Numbers for unit names, in alphabetical order.
fn unit_numbers<'a>(units: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let names: BTreeSet<&str> = units.collect();
    names
        .into_iter()
        .zip(0..)
        .map(|(name, number)| (name.to_owned(), number))
        .collect()
}
