//! Conversion of log-odds to a probability with an interval: inductive Venn-Abers with a strictly increasing point
//! estimate, called the headline.
//!
//! Venn-Abers (Vovk & Petej 2014, arXiv 1211.0025) fits isotonic regression twice with the new account added to the
//! calibration accounts, once as benign and once as extraction, and returns the two values `(p0, p1)` at its score.
//! One of the two is calibrated whatever the distribution of scores, and their distance shows how little is known
//! there. Both fits are computed for every score beforehand (`train::venn_abers`), so applying them is two binary
//! searches. The usual point estimate is `p1 / (1 - p0 + p1)`, the minimax choice under log loss.
//!
//! That estimate is a step function, and steps would discard the ranking within a plateau. The headline is instead
//! interpolated through it. The guarantees, up to rounding:
//! - `p0 <= risk <= p1` at **every** score, tails included;
//! - `risk` is continuous and strictly increasing in the score, to the precision of doubles (it saturates only where
//!   the logistic itself does, tens of log-odds beyond the calibration data);
//! - at every score where either fit jumps and that is not the end of a plateau, `risk` is exactly
//!   `p1 / (1 - p0 + p1)`; at the two ends of a plateau it is tilted off it by a third of the free room.
//!
//! Why this works: between two neighbouring jumps `a < b`, `p0` is the constant `p0(a)` and `p1` the constant `p1(b)`,
//! so any path that rises from within the band at `a` to within the band at `b` never leaves the band. Beyond the last
//! jump on either side the band is open to 0 or 1, and the path continues with the slope of a logistic (Platt 1999)
//! fit.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::Risk;
use crate::statistics::logistic::logit;

/// A fitted and validated calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "VennAbersFit", into = "VennAbersFit")]
pub struct Calibration {
    fit: VennAbersFit,
    /// `(score, log-odds)` of the headline at every jump, strictly increasing in both.
    anchors: Vec<(f64, f64)>,
}

/// A calibrated probability with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibrated {
    /// `p0`: the calibrated probability if this account is benign.
    pub low: Risk,
    /// The headline, between `low` and `high`.
    pub risk: Risk,
    /// `p1`: the calibrated probability if this account is extracting.
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
    /// A tail slope is not positive.
    #[error("expected a positive finite tail slope, got {0}")]
    Slope(f64),
}

/// The numbers of a fitted calibration before validation, as fitted by `train` and stored in a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VennAbersFit {
    /// `p0` as (score, value) steps: 0 before the first entry; each value applies from its score on.
    pub lower: Vec<(f64, f64)>,
    /// `p1` as (score, value) steps: each value applies up to and including its score; 1 beyond the last entry.
    pub upper: Vec<(f64, f64)>,
    /// Log-odds per unit of score beyond the first and last jump.
    pub tail_slope: f64,
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
        // The clamp only ever changes the last bit.
        let headline = Risk::from_logit(self.headline(score) + shift)
            .value()
            .clamp(low.value(), high.value());
        Calibrated {
            low,
            risk: Risk::new(headline).unwrap_or(low),
            high,
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

    fn headline(&self, score: f64) -> f64 {
        let above = self.anchors.partition_point(|&(at, _)| at <= score);
        let beyond = |(at, value): (f64, f64)| value + (score - at) * self.fit.tail_slope;
        match (
            above.checked_sub(1).map(|left| self.anchors[left]),
            self.anchors.get(above),
        ) {
            (Some((from, low)), Some(&(to, high))) => {
                // The clamp keeps rounding from exceeding either end.
                (low + (high - low) * ((score - from) / (to - from))).clamp(low, high)
            }
            (Some(last), None) => beyond(last),
            (None, Some(&first)) => beyond(first),
            (None, None) => logit(self.fit.base_rate) + score * self.fit.tail_slope,
        }
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

    fn check(&self) -> Result<(), CalibrationError> {
        check_steps("lower", &self.lower)?;
        check_steps("upper", &self.upper)?;
        check_prior(self.base_rate)?;
        check_prior(self.prior)?;
        if !(self.tail_slope > 0.0 && self.tail_slope.is_finite()) {
            return Err(CalibrationError::Slope(self.tail_slope));
        }
        let jumps = self.lower.iter().chain(&self.upper);
        match jumps
            .map(|&(score, _)| self.band(score))
            .position(|(p0, p1)| p0 >= p1)
        {
            Some(index) => Err(CalibrationError::Crossing(index)),
            None => Ok(()),
        }
    }

    /// Returns the headline as (score, log-odds) at every jump.
    fn anchors(&self) -> Vec<(f64, f64)> {
        let mut jumps: Vec<f64> = self
            .lower
            .iter()
            .chain(&self.upper)
            .map(|&(score, _)| score)
            .collect();
        jumps.sort_unstable_by(f64::total_cmp);
        jumps.dedup();
        let bands: Vec<(f64, f64)> = jumps.iter().map(|&score| self.band(score)).collect();
        let values: Vec<f64> = bands.iter().map(|&(p0, p1)| p1 / (1.0 - p0 + p1)).collect();
        let tilted = |i: usize| {
            let value = values[i];
            let before = if i > 0 { values[i - 1] } else { 0.0 };
            let after = values.get(i + 1).copied().unwrap_or(1.0);
            // Equal neighbours are the two ends of one plateau, and never more than two: an end is where p0 has just
            // jumped or p1 is about to.
            if after <= value {
                value - (value - bands[i].0).min(value - before).max(0.0) / 3.0
            } else if before >= value {
                value + (bands[i].1 - value).min(after - value) / 3.0
            } else {
                value
            }
        };
        let mut anchors: Vec<(f64, f64)> = Vec::with_capacity(jumps.len());
        for (index, &score) in jumps.iter().enumerate() {
            let log_odds = logit(tilted(index));
            if anchors.last().is_none_or(|&(_, before)| before < log_odds) {
                anchors.push((score, log_odds));
            }
        }
        anchors
    }
}

impl TryFrom<VennAbersFit> for Calibration {
    type Error = CalibrationError;

    fn try_from(fit: VennAbersFit) -> Result<Self, Self::Error> {
        fit.check()?;
        let anchors = fit.anchors();
        Ok(Self { fit, anchors })
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

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests;
