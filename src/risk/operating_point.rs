//! Thresholds on the raw score at stated false-positive rates among benign accounts, and the band and recommendation of
//! a score.
//!
//! `train::operating_points` fits them.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::{Band, Recommendation};

/// The target false-positive rates of the three thresholds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TargetRates {
    /// Rate of `Elevated`, "watch".
    pub watch: f64,
    /// Rate of `High`, "review".
    pub review: f64,
    /// Rate of `Severe`, "restrict".
    pub restrict: f64,
}

impl TargetRates {
    /// Checks that the rates are within (0, 1) and do not increase from watch to restrict.
    ///
    /// # Errors
    /// When they do not.
    pub(crate) const fn check(self) -> Result<(), OperatingPointError> {
        let Self {
            watch,
            review,
            restrict,
        } = self;
        if watch < 1.0 && watch >= review && review >= restrict && restrict > 0.0 {
            return Ok(());
        }
        Err(OperatingPointError::Rates {
            watch,
            review,
            restrict,
        })
    }
}

impl Default for TargetRates {
    /// 5%, 1% and 0.1%.
    fn default() -> Self {
        Self {
            watch: 0.05,
            review: 0.01,
            restrict: 0.001,
        }
    }
}

/// One threshold and the evidence behind it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Raw score, in log-odds. An account is beyond the threshold when its raw score is strictly greater.
    pub score: f64,
    /// Target false-positive rate.
    pub target_rate: f64,
    /// Number of benign accounts used to set it.
    pub accounts: u64,
    /// Number of distinct applications among them: the number of independent observations.
    pub applications: u64,
    /// Number of benign accounts beyond the threshold.
    pub accounts_beyond: u64,
    /// Share of benign accounts beyond the threshold, with every application weighted equally.
    pub rate: f64,
    /// Clopper-Pearson upper 95% bound of the rate, as if accounts were independent.
    pub upper_by_accounts: f64,
    /// The same with one observation per application: the bound to quote for new customers.
    pub upper_by_applications: f64,
    /// Whether the target rate is below what this many applications can certify.
    pub extrapolated: bool,
}

/// Validated thresholds in ascending order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct OperatingPoints {
    watch: Threshold,
    review: Threshold,
    restrict: Threshold,
}

/// Why thresholds were rejected.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum OperatingPointError {
    /// A threshold is not finite.
    #[error("threshold {index}: expected a finite score, got {actual}")]
    Score {
        /// Position of the threshold, in ascending order.
        index: usize,
        /// Its score.
        actual: f64,
    },
    /// Rates are outside (0, 1) or increase.
    #[error(
        "expected falling rates within (0, 1), got watch {watch}, review {review}, restrict {restrict}"
    )]
    Rates {
        /// For watching.
        watch: f64,
        /// For reviewing.
        review: f64,
        /// For restricting.
        restrict: f64,
    },
    /// Thresholds are out of order.
    #[error("expected watch <= review <= restrict, got {watch}, {review}, {restrict}")]
    Order {
        /// For watching.
        watch: f64,
        /// For reviewing.
        review: f64,
        /// For restricting.
        restrict: f64,
    },
}

impl OperatingPoints {
    /// Creates operating points from three thresholds.
    ///
    /// # Errors
    /// When the target rates increase or are outside (0, 1), a score is not finite, or the scores are out of order.
    pub fn new(
        watch: Threshold,
        review: Threshold,
        restrict: Threshold,
    ) -> Result<Self, OperatingPointError> {
        let rates = TargetRates {
            watch: watch.target_rate,
            review: review.target_rate,
            restrict: restrict.target_rate,
        };
        rates.check()?;
        for (index, threshold) in [&watch, &review, &restrict].into_iter().enumerate() {
            if !threshold.score.is_finite() {
                return Err(OperatingPointError::Score {
                    index,
                    actual: threshold.score,
                });
            }
        }
        if watch.score > review.score || review.score > restrict.score {
            let (watch, review, restrict) = (watch.score, review.score, restrict.score);
            return Err(OperatingPointError::Order {
                watch,
                review,
                restrict,
            });
        }
        Ok(Self {
            watch,
            review,
            restrict,
        })
    }

    /// Returns the band and recommendation of a raw score. The caller checks whether the history is long enough.
    ///
    /// An extrapolated threshold never restricts an account: since no benign account was observed that far out, a
    /// person reviews it first.
    pub fn decide(&self, score: f64) -> (Band, Recommendation) {
        if score > self.restrict.score {
            let recommendation = if self.restrict.extrapolated {
                Recommendation::Review
            } else {
                Recommendation::Restrict
            };
            (Band::Severe, recommendation)
        } else if score > self.review.score {
            (Band::High, Recommendation::Review)
        } else if score > self.watch.score {
            (Band::Elevated, Recommendation::Watch)
        } else {
            (Band::Low, Recommendation::Allow)
        }
    }

    /// Returns the threshold beyond which an account is watched.
    pub const fn watch(&self) -> &Threshold {
        &self.watch
    }

    /// Returns the threshold beyond which a person should review the account.
    pub const fn review(&self) -> &Threshold {
        &self.review
    }

    /// Returns the threshold beyond which the account is limited until a person has reviewed it.
    pub const fn restrict(&self) -> &Threshold {
        &self.restrict
    }
}

/// The serialized form, before validation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    watch: Threshold,
    review: Threshold,
    restrict: Threshold,
}

impl TryFrom<Unchecked> for OperatingPoints {
    type Error = OperatingPointError;

    fn try_from(points: Unchecked) -> Result<Self, Self::Error> {
        Self::new(points.watch, points.review, points.restrict)
    }
}

impl From<OperatingPoints> for Unchecked {
    fn from(points: OperatingPoints) -> Self {
        Self {
            watch: points.watch,
            review: points.review,
            restrict: points.restrict,
        }
    }
}
