//! Conversion of log-odds to a probability with an interval: inductive Venn-Abers with a strictly increasing point
//! estimate, called the headline.
//!
//! Venn-Abers (Vovk & Petej 2014, arXiv 1211.0025) fits isotonic regression twice with the new account added to the
//! calibration accounts, once as benign and once as extraction, and returns the two values `(p0, p1)` at its score.
//! One of the two is calibrated whatever the distribution of scores, and their distance shows how little is known
//! there. Both fits are computed for every score beforehand (`train::venn_abers`), so applying them is two binary
//! searches. The usual point estimate is `p1 / (1 - p0 + p1)`, the minimax choice under log loss.
//!
//! That estimate is a step function: accounts whose evidence differs would share a risk, and neighbours on either
//! side of a step would be told very different ones. The headline is therefore a curve of its own, fitted on the same
//! accounts (`train::calibration`): a logistic regression on the score whose slope may differ between a few stretches
//! of it, and is at least [`SLOPE_MIN`]. So `risk` is continuous and strictly increasing in the score, to the
//! precision of doubles. Where the curve leaves the band of the two fits, the interval is widened to it; the two ends
//! keep their guarantee.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::Risk;
use crate::statistics::logistic::logit;

/// Least slope of the headline, in log-odds per unit of score.
pub(crate) const SLOPE_MIN: f64 = 0.05;

/// A fitted and validated calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "VennAbersFit", into = "VennAbersFit")]
pub struct Calibration {
    fit: VennAbersFit,
}

/// A calibrated probability with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibrated {
    /// `p0`: the calibrated probability if this account is benign; never above `risk`.
    pub low: Risk,
    /// The headline, between `low` and `high`.
    pub risk: Risk,
    /// `p1`: the calibrated probability if this account is extracting; never below `risk`.
    pub high: Risk,
}

/// Why a calibration was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum CalibrationError {
    /// A prior is outside (0, 1).
    #[error("expected a prior strictly between 0 and 1, got {0}")]
    Prior(f64),
    /// A step function does not increase or leaves [0, 1].
    #[error(
        "{which} fit: expected increasing scores and values within [0, 1], entry {index} is not"
    )]
    Steps {
        /// `lower` or `upper`.
        which: &'static str,
        /// The first invalid entry.
        index: usize,
    },
    /// The two fits cross.
    #[error("expected the lower fit below the upper one, entry {0} is not")]
    Crossing(usize),
    /// The curve of the headline does not increase.
    #[error(
        "curve: expected two or more finite points with increasing scores and log-odds, point {0} is not"
    )]
    Curve(usize),
}

/// The numbers of a fitted calibration before validation, as fitted by `train` and stored in a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VennAbersFit {
    /// `p0` as (score, value) steps: 0 before the first entry; each value applies from its score on.
    pub lower: Vec<(f64, f64)>,
    /// `p1` as (score, value) steps: each value applies up to and including its score; 1 beyond the last entry.
    pub upper: Vec<(f64, f64)>,
    /// The headline as (score, log-odds) points, strictly increasing in both, with straight lines between them and on
    /// beyond both ends.
    pub curve: Vec<(f64, f64)>,
    /// Weighted share of extraction among the calibration accounts.
    pub base_rate: f64,
    /// Assumed share of extraction in the population being scored.
    pub prior: f64,
    /// Number of benign calibration accounts.
    pub benign: u64,
    /// Number of extracting calibration accounts.
    pub extraction: u64,
}

impl Calibration {
    /// Returns the calibrated probability for a score in log-odds. A NaN score counts as zero.
    pub fn apply(&self, score: f64) -> Calibrated {
        let score = if score.is_nan() {
            0.0
        } else {
            score.clamp(f64::MIN, f64::MAX)
        };
        let shift = logit(self.fit.prior) - logit(self.fit.base_rate);
        let (p0, p1) = self.fit.band(score);
        let (low, high) = (shifted(p0, shift), shifted(p1, shift));
        let risk = Risk::from_logit(self.fit.headline(score) + shift);
        Calibrated {
            low: if low < risk { low } else { risk },
            risk,
            high: if high > risk { high } else { risk },
        }
    }

    /// Returns the same calibration for a population with a share `prior` of extracting accounts.
    ///
    /// # Errors
    /// When `prior` is not strictly between 0 and 1.
    pub fn at_prior(mut self, prior: f64) -> Result<Self, CalibrationError> {
        check_prior(prior)?;
        self.fit.prior = prior;
        Ok(self)
    }
}

impl VennAbersFit {
    /// Returns `(p0, p1)` at a score.
    fn band(&self, score: f64) -> (f64, f64) {
        let lower = self.lower.partition_point(|&(from, _)| from <= score);
        let upper = self.upper.partition_point(|&(until, _)| until < score);
        (
            lower
                .checked_sub(1)
                .map_or(0.0, |index| self.lower[index].1),
            self.upper.get(upper).map_or(1.0, |&(_, value)| value),
        )
    }

    /// Returns the headline's log-odds at a score.
    fn headline(&self, score: f64) -> f64 {
        let last = self.curve.len() - 2;
        let above = self.curve.partition_point(|&(at, _)| at <= score);
        let left = above.saturating_sub(1).min(last);
        let ((from, low), (to, high)) = (self.curve[left], self.curve[left + 1]);
        low + (high - low) * ((score - from) / (to - from))
    }

    fn check(&self) -> Result<(), CalibrationError> {
        check_steps("lower", &self.lower)?;
        check_steps("upper", &self.upper)?;
        check_prior(self.base_rate)?;
        check_prior(self.prior)?;
        check_curve(&self.curve)?;
        let jumps = self.lower.iter().chain(&self.upper);
        match jumps
            .map(|&(score, _)| self.band(score))
            .position(|(p0, p1)| p0 >= p1)
        {
            Some(index) => Err(CalibrationError::Crossing(index)),
            None => Ok(()),
        }
    }
}

impl TryFrom<VennAbersFit> for Calibration {
    type Error = CalibrationError;

    fn try_from(fit: VennAbersFit) -> Result<Self, Self::Error> {
        fit.check()?;
        Ok(Self { fit })
    }
}

impl From<Calibration> for VennAbersFit {
    fn from(calibration: Calibration) -> Self {
        calibration.fit
    }
}

/// Converts a probability from a population with a share `from` of extraction to one with a share `to`:
/// `logit p' = logit p + logit to - logit from` (Elkan 2001). 0 and 1 are unchanged.
pub(crate) fn shift_prior(probability: Risk, from: f64, to: f64) -> Risk {
    shifted(probability.value(), logit(to) - logit(from))
}

/// Shifts `p` by some log-odds. 0 and 1 have infinite log-odds and are unchanged.
fn shifted(p: f64, by: f64) -> Risk {
    let certain = if p <= 0.0 || p >= 1.0 {
        Risk::new(p)
    } else {
        None
    };
    certain.unwrap_or_else(|| Risk::from_logit(logit(p) + by))
}

fn check_prior(prior: f64) -> Result<(), CalibrationError> {
    if prior > 0.0 && prior < 1.0 {
        Ok(())
    } else {
        Err(CalibrationError::Prior(prior))
    }
}

fn check_curve(curve: &[(f64, f64)]) -> Result<(), CalibrationError> {
    let is_finite = |&(score, log_odds): &(f64, f64)| score.is_finite() && log_odds.is_finite();
    let rises = |pair: &[(f64, f64)]| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1;
    let number = curve.iter().position(|point| !is_finite(point));
    let step = curve
        .windows(2)
        .position(|pair| !rises(pair))
        .map(|before| before + 1);
    match number.or(step).or((curve.len() < 2).then_some(curve.len())) {
        Some(index) => Err(CalibrationError::Curve(index)),
        None => Ok(()),
    }
}

fn check_steps(which: &'static str, steps: &[(f64, f64)]) -> Result<(), CalibrationError> {
    let bad_number =
        |&(score, value): &(f64, f64)| !score.is_finite() || !(0.0..=1.0).contains(&value);
    let bad_step = |pair: &[(f64, f64)]| pair[0].0 >= pair[1].0 || pair[0].1 >= pair[1].1;
    let number = steps.iter().position(bad_number);
    let step = steps.windows(2).position(bad_step).map(|before| before + 1);
    match number.or(step) {
        Some(index) => Err(CalibrationError::Steps { which, index }),
        None => Ok(()),
    }
}
