//! The risk model of a bundle: fusion, calibration and operating points.
//!
//! A [`RiskModel`] is parsed, not validated: the contents of a [`RiskModelFile`] are checked and bound to this
//! program's measures once, when the file is read, so that evaluation looks up no name and cannot fail.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{AdditiveModel, Calibrated, Calibration, Fusion, FusionError, OperatingPoints};
use crate::detect::{MEASURE_COUNT, MeasureIndex, MeasureValues};
use crate::domain::{Cue, CueProbabilities, Risk};
use crate::statistics::logistic::logit;

/// Why a risk model cannot be used with this program.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RiskModelError {
    /// The fusion is incompatible with this program's measures.
    #[error(transparent)]
    Fusion(#[from] FusionError),
    /// A typical value belongs to no measure of this program, or to one that has a term.
    #[error("context: expected measures of this program without a term, got {0:?}")]
    Context(String),
}

/// Calibration of an account's score, whatever the length of its history: the score itself grows with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountCalibration {
    /// Score to probability, fitted on all accounts.
    pub all: Calibration,
    /// The same, fitted on one account of each application and pipeline: its interval reflects how few of them there
    /// are, which the interval of thousands of accounts does not.
    pub by_unit: Calibration,
}

impl AccountCalibration {
    /// Returns the headline of all accounts, with an interval that also covers the one fitted on distinct units.
    pub(super) fn apply(&self, score: f64) -> Calibrated {
        let (all, units) = (self.all.apply(score), self.by_unit.apply(score));
        let least = |a: Risk, b: Risk| if a < b { a } else { b };
        let most = |a: Risk, b: Risk| if a > b { a } else { b };
        Calibrated {
            low: least(all.low, units.low),
            risk: all.risk,
            high: most(all.high, units.high),
        }
    }
}

/// The serialized form of a risk model in a bundle, before validation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskModelFile {
    /// Log-odds as a sum of terms, each named after a measure, in the order of the measures. None is flat.
    pub fusion: AdditiveModel,
    /// Weighted medians among benign accounts, where known, of measures without a term; used for comparison in their
    /// sentences.
    pub context: BTreeMap<String, f64>,
    /// Score to probability.
    pub calibration: AccountCalibration,
    /// Thresholds on the score at stated false-positive rates.
    pub operating_points: OperatingPoints,
    /// Maps the strongest intent cue (log-odds) of one request to the probability that a pipeline sent it.
    pub conversation: Calibration,
    /// Exchanges below which the band is `insufficient` and nothing but `allow` is recommended.
    pub exchanges_needed: u64,
}

/// A validated risk model, which converts measures to a calibrated, explained risk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RiskModelFile", into = "RiskModelFile")]
pub struct RiskModel {
    pub(super) fusion: Fusion,
    /// The typical value of each measure that is context, in the order of the measures.
    context: [Option<f64>; MEASURE_COUNT],
    pub(super) calibration: AccountCalibration,
    pub(super) operating_points: OperatingPoints,
    conversation: Calibration,
    pub(super) exchanges_needed: u64,
}

impl RiskModel {
    /// Returns the fusion: log-odds as a sum of terms.
    pub const fn fusion(&self) -> &Fusion {
        &self.fusion
    }

    /// Returns the thresholds on the score.
    pub const fn operating_points(&self) -> &OperatingPoints {
        &self.operating_points
    }

    /// Returns the calibration of a single request by its text alone.
    pub const fn conversation(&self) -> &Calibration {
        &self.conversation
    }

    /// Returns the number of exchanges that an account needs for a band.
    pub const fn exchanges_needed(&self) -> u64 {
        self.exchanges_needed
    }

    /// Returns the score only: log-odds before calibration.
    pub fn score(&self, values: &MeasureValues, seen: u64) -> f64 {
        self.fusion.evaluate(values, seen).score
    }

    /// Returns the probability that a request with these cues was sent by an extraction pipeline, from its text alone.
    pub fn conversation_risk(&self, cues: &CueProbabilities) -> Risk {
        self.conversation.apply(intent_log_odds(cues)).risk
    }

    /// Returns the typical value among benign accounts of a measure without a term; `None` when it is unknown or the
    /// measure has a term.
    pub fn typical_context(&self, measure: MeasureIndex) -> Option<f64> {
        self.context[measure.place()]
    }
}

impl TryFrom<RiskModelFile> for RiskModel {
    type Error = RiskModelError;

    fn try_from(file: RiskModelFile) -> Result<Self, Self::Error> {
        let fusion = Fusion::try_from(file.fusion)?;
        let mut context = [None; MEASURE_COUNT];
        for (code, typical) in file.context {
            let measure = MeasureIndex::of_code(&code);
            match measure.filter(|measure| fusion.term(*measure).is_none()) {
                Some(measure) => context[measure.place()] = Some(typical),
                None => return Err(RiskModelError::Context(code)),
            }
        }
        Ok(Self {
            fusion,
            context,
            calibration: file.calibration,
            operating_points: file.operating_points,
            conversation: file.conversation,
            exchanges_needed: file.exchanges_needed,
        })
    }
}

impl From<RiskModel> for RiskModelFile {
    fn from(model: RiskModel) -> Self {
        let measures = MeasureIndex::all().zip(model.context);
        let named = |(measure, typical): (MeasureIndex, Option<f64>)| {
            Some((measure.measure().code.to_owned(), typical?))
        };
        Self {
            fusion: model.fusion.into(),
            context: measures.filter_map(named).collect(),
            calibration: model.calibration,
            operating_points: model.operating_points,
            conversation: model.conversation,
            exchanges_needed: model.exchanges_needed,
        }
    }
}

/// Returns the log-odds of the strongest intent cue, within ±12.
pub(crate) fn intent_log_odds(cues: &CueProbabilities) -> f64 {
    let strongest = Cue::INTENT
        .into_iter()
        .map(|cue| f64::from(cues.get(cue)))
        .fold(0.0, f64::max);
    logit(strongest.clamp(6e-6, 1.0 - 6e-6))
}
