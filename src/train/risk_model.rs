//! Fits a risk model on account histories: fusion, calibration and operating points.
//!
//! Two rules keep the figures unbiased. The fusion sees measures made by text models that were not fitted on the
//! account's own pipeline or application (`pipeline` cross-fits them); and calibration and thresholds are fitted on
//! scores of accounts whose application was not used to fit any model involved.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, Axis};
use thiserror::Error;

use super::benign_sample::BenignScore;
use super::calibration::{CalibrationFitError, CalibrationRow, fit_calibration};
use super::histories::AccountHistory;
use super::logistic::{self, LogisticError, LogisticSettings};
use super::operating_points::{OperatingPointFitError, fit_operating_points};
use super::rows::{Column, Scale, TrainingRows};
use crate::detect::{Direction, MEASURE_COUNT, MeasureIndex, Unit};
use crate::risk::{
    AccountCalibration, Calibration, CalibrationError, Fusion, FusionError, OperatingPoints,
    RiskModel, RiskModelError, RiskModelFile, TargetRates,
};
use crate::simulate::corpus::share_of;

/// Numbers of exchanges after which an account becomes a training row: short histories matter most, and each account
/// counts once whatever its length.
const CHECKPOINTS: [usize; 8] = [3, 6, 10, 17, 30, 50, 100, 200];
/// Minimum number of exchanges before an account gets a band and a recommendation.
pub(crate) const EXCHANGES_NEEDED: u64 = 5;
/// Prior share of extracting accounts, before any evidence. A deployment can set its own.
pub(crate) const PRIOR: f64 = 0.05;

/// The reason why no risk model was produced.
#[derive(Debug, Error)]
pub(crate) enum RiskModelFitError {
    /// The weights of the fusion could not be fitted.
    #[error("fusion: {0}")]
    Weights(#[from] LogisticError),
    /// The fusion could not be assembled.
    #[error(transparent)]
    Fusion(#[from] FusionError),
    /// A calibration could not be fitted.
    #[error("calibration: {0}")]
    Calibration(#[from] CalibrationFitError),
    /// A calibration's prior could not be set.
    #[error("calibration: {0}")]
    Prior(#[from] CalibrationError),
    /// The operating points could not be set.
    #[error("operating points: {0}")]
    Points(#[from] OperatingPointFitError),
    /// The risk model could not be assembled.
    #[error(transparent)]
    RiskModel(#[from] RiskModelError),
    /// There are no accounts to fit on.
    #[error(
        "expected labeled accounts of both kinds, got {benign} benign and {extraction} extracting"
    )]
    Accounts {
        /// Number of benign accounts.
        benign: usize,
        /// Number of extracting accounts.
        extraction: usize,
    },
}

/// A fitted fusion, and the typical benign values of the measures it leaves out.
pub(crate) struct FittedFusion {
    /// The fusion: log-odds as a sum of terms.
    pub fusion: Fusion,
    /// Weighted median among benign accounts of every measure without a term, by code, where known.
    pub context: BTreeMap<String, f64>,
}

/// An account with its score after each exchange, from a model that was not fitted on its application.
pub(crate) struct ScoredHistory<'a> {
    /// The account.
    pub history: &'a AccountHistory,
    /// `scores[n - 1]` is the score after `n` exchanges.
    pub scores: Vec<f64>,
}

/// The fused measures: how strongly the most telling requests ask for what extractions ask for; that requests were
/// refused as extraction in many phrasings, or asked of another model at once; and, as what clears, that a suite was
/// run again. Every other measure is context for the reader. Fusing all of them improved the fit and worsened
/// performance on unseen accounts: variety became evidence of extraction, accounts that mix an extraction with benign
/// traffic outranked pure ones, and benign evaluators outranked both. A mean beside the tail, or templates swept
/// without repeats, cost recall of mixed accounts; what relays show (`relayed_minutes`) found a fifth of those
/// without extraction and cost a tenth of the pure extractions.
const FUSED: [&str; 5] = [
    "intent_tail",
    "suite_rerun_share",
    "refused_then_switched_share",
    "extraction_refused_share",
    "probing_breadth",
];

/// Fits the additive fusion on histories.
///
/// # Errors
/// When one class of accounts is missing or a setting is out of range.
///
/// # Panics
/// Never: every row holds one value per measure.
pub(crate) fn fit_fusion(
    histories: &[&AccountHistory],
    settings: LogisticSettings,
) -> Result<FittedFusion, RiskModelFitError> {
    let rows = Rows::of(histories)?;
    let features = Array2::from_shape_vec((rows.exposure.len(), MEASURE_COUNT), rows.features)
        .expect("one value per measure in every row");
    let all = TrainingRows {
        features: features.view(),
        exposure: &rows.exposure,
        extraction: &rows.extraction,
        weight: &rows.weight,
    };
    let fused: Vec<MeasureIndex> = MeasureIndex::all()
        .filter(|measure| FUSED.contains(&measure.measure().code))
        .collect();
    let columns: Vec<Column> = fused
        .iter()
        .map(|measure| Column {
            name: measure.measure().code.to_owned(),
            scale: match (measure.measure().direction, measure.measure().unit) {
                (Direction::Clears, _) => Scale::Plain,
                (_, Unit::LogOdds) => Scale::LogOdds,
                _ => Scale::Share,
            },
            direction: measure.measure().direction,
            shrink: 2.0,
        })
        .collect();
    let places: Vec<usize> = fused.iter().map(|measure| measure.place()).collect();
    let chosen = features.select(Axis(1), &places);
    let chosen = TrainingRows {
        features: chosen.view(),
        ..all
    };
    let fusion = Fusion::try_from(logistic::fit(&chosen, &columns, settings)?)?;
    let context = MeasureIndex::all().filter(|measure| fusion.term(*measure).is_none());
    let typical = |measure: MeasureIndex| {
        let code = measure.measure().code.to_owned();
        Some((code, all.typical(measure.place())?))
    };
    Ok(FittedFusion {
        context: context.filter_map(typical).collect(),
        fusion,
    })
}

/// The columns of [`TrainingRows`], owned.
#[derive(Default)]
struct Rows {
    features: Vec<f64>,
    exposure: Vec<f64>,
    extraction: Vec<bool>,
    weight: Vec<f64>,
}

impl Rows {
    /// Creates a row for each account at every checkpoint that it passed, and at its end.
    fn of(histories: &[&AccountHistory]) -> Result<Self, RiskModelFitError> {
        let extraction = histories
            .iter()
            .filter(|history| history.extraction())
            .count();
        let benign = histories.len() - extraction;
        if extraction == 0 || benign == 0 {
            return Err(RiskModelFitError::Accounts { benign, extraction });
        }
        let mut rows = Self::default();
        for history in histories {
            let steps = history.steps.len();
            let mut lengths: Vec<usize> = CHECKPOINTS
                .iter()
                .copied()
                .filter(|seen| *seen < steps)
                .collect();
            lengths.push(steps);
            // Both classes have the same total weight; within a class, each account does.
            let kind = if history.extraction() {
                extraction
            } else {
                benign
            };
            let weight = histories.len() as f64 / (2 * kind * lengths.len()) as f64;
            for seen in lengths {
                rows.features.extend(history.measures(seen).as_array());
                rows.exposure.push(history.judged(seen) as f64);
                rows.extraction.push(history.extraction());
                rows.weight.push(weight);
            }
        }
        Ok(rows)
    }
}

/// Scores a history with a fusion that was not fitted on its application.
pub(crate) fn score_history<'a>(fusion: &Fusion, history: &'a AccountHistory) -> ScoredHistory<'a> {
    let score = |seen: usize| {
        fusion
            .evaluate(&history.measures(seen), history.judged(seen))
            .score
    };
    ScoredHistory {
        history,
        scores: (1..=history.steps.len()).map(score).collect(),
    }
}

/// Assembles a risk model: the fusion, and calibration and thresholds from accounts it was not fitted on.
///
/// # Errors
/// When the accounts are too few for a calibration or an operating point.
pub(crate) fn fit_risk_model(
    fitted: FittedFusion,
    scored: &[ScoredHistory<'_>],
    conversation: Calibration,
) -> Result<RiskModel, RiskModelFitError> {
    let rows: Vec<(&str, CalibrationRow)> = scored
        .iter()
        .map(|account| (account.history.unit(), calibration_row(account)))
        .collect();
    let mut units = BTreeSet::new();
    let one_each: Vec<CalibrationRow> = rows
        .iter()
        .filter(|(unit, row)| units.insert((*unit, row.extraction)))
        .map(|(_, row)| *row)
        .collect();
    let all: Vec<CalibrationRow> = rows.into_iter().map(|(_, row)| row).collect();
    let calibration = AccountCalibration {
        all: fit_calibration(&all)?.at_prior(PRIOR)?,
        by_unit: fit_calibration(&one_each)?.at_prior(PRIOR)?,
    };
    let file = RiskModelFile {
        fusion: fitted.fusion.into(),
        context: fitted.context,
        calibration,
        operating_points: points(scored)?,
        conversation,
        exchanges_needed: EXCHANGES_NEEDED,
    };
    Ok(file.try_into()?)
}

/// Sets operating points that hold their rates among all benign accounts, each application counting the same.
///
/// There is no further bound for the population that is hardest to distinguish, evaluators and judges, who send what
/// extractions send: with one, thresholds lay where suites end and nobody was reviewed. A daily budget bounds how
/// many of them a person is asked about, and a mark ends it.
fn points(scored: &[ScoredHistory<'_>]) -> Result<OperatingPoints, RiskModelFitError> {
    let units = unit_numbers(scored.iter().map(|account| account.history.unit()));
    let benign = scored
        .iter()
        .filter(|account| !account.history.extraction());
    let highest = benign.filter_map(|account| {
        let judged = account.scores.iter().skip(EXCHANGES_NEEDED as usize - 1);
        Some(BenignScore {
            score: judged.copied().reduce(f64::max)?,
            application: units[account.history.unit()],
        })
    });
    let highest: Vec<BenignScore> = highest.collect();
    Ok(fit_operating_points(&highest, TargetRates::default())?)
}

/// Returns the account's score at a length that depends only on the account's name.
fn calibration_row(account: &ScoredHistory<'_>) -> CalibrationRow {
    let share = share_of(&account.history.label.account, "calibration length");
    let seen = (account.scores.len() as f64 * share) as usize;
    CalibrationRow {
        score: account.scores[seen],
        extraction: account.history.extraction(),
        weight: 1.0,
    }
}

/// Numbers the unit names in alphabetical order.
fn unit_numbers<'a>(units: impl Iterator<Item = &'a str>) -> BTreeMap<String, u64> {
    let names: BTreeSet<&str> = units.collect();
    names
        .into_iter()
        .zip(0..)
        .map(|(name, number)| (name.to_owned(), number))
        .collect()
}
