//! Thresholds on the raw score at stated false-positive rates among honest accounts.
//!
//! Split conformal over APPLICATIONS: each application counts equally however many accounts it has, since
//! accounts of one application resemble each other and a new customer is a new application. The threshold
//! is the smallest score `t` with `sum over accounts with score <= t of 1 / n_application >= (G + 1)(1 -
//! alpha)`, for `G` applications: hierarchical conformal prediction (Lee, Barber & Willett 2023, arXiv
//! 2306.06342), and the order statistic `ceil((N + 1)(1 - alpha))` when every application has one account.
//! A random account of a new, exchangeable application then passes it with probability at most `alpha`.
//! With `G < (1 - alpha) / alpha` no such score exists; the threshold comes from a generalised Pareto tail,
//! at the upper 95% end of its jackknife over applications, and is marked `extrapolated`.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::benign_sample::BenignSample;
use crate::domain::{Band, Recommendation};

/// Fewest benign accounts that thresholds may rest on.
pub(super) const FEWEST_ACCOUNTS: u64 = 40;
/// Fewest applications.
pub(super) const FEWEST_APPLICATIONS: u64 = 2;

/// The score of one honest account that trained nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BenignScore {
    /// Raw score in log-odds. The highest it ever reached, where a threshold is to bound the share of
    /// honest accounts that EVER pass it and not only those beyond it at one moment.
    pub score: f64,
    /// The application (customer) behind the account.
    pub application: u64,
}

/// The false-positive rates to aim at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetRates {
    /// Of `Elevated`, "watch".
    pub watch: f64,
    /// Of `High`, "review".
    pub review: f64,
    /// Of `Severe`, "restrict".
    pub restrict: f64,
}

impl TargetRates {
    /// So many times as much of each.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            watch: self.watch * factor,
            review: self.review * factor,
            restrict: self.restrict * factor,
        }
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

/// One threshold with what stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// An account is beyond it when its raw score is strictly greater.
    pub score: f64,
    /// The false-positive rate aimed at.
    pub target_rate: f64,
    /// Benign accounts that it was set on.
    pub accounts: u64,
    /// Distinct applications among them: the number of independent witnesses.
    pub applications: u64,
    /// Benign accounts beyond the threshold.
    pub accounts_beyond: u64,
    /// Share beyond the threshold when every application counts equally.
    pub rate: f64,
    /// Clopper-Pearson upper 95% bound of the rate, as if accounts were independent.
    pub upper_by_accounts: f64,
    /// The same with one witness per application: the bound to quote for new customers.
    pub upper_by_applications: f64,
    /// Whether the target lies beyond what so many applications can certify.
    pub extrapolated: bool,
}

/// Checked thresholds in ascending order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct OperatingPoints {
    watch: Threshold,
    review: Threshold,
    restrict: Threshold,
}

/// Why thresholds could not be set or were refused.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum OperatingPointError {
    /// Too little to set a threshold on.
    #[error(
        "expected at least {FEWEST_ACCOUNTS} benign accounts of {FEWEST_APPLICATIONS} applications, \
         came {accounts} of {applications}"
    )]
    TooFew {
        /// Accounts given.
        accounts: u64,
        /// Applications given.
        applications: u64,
    },
    /// A score that is not finite.
    #[error("expected a finite score, came {came} in row {row}")]
    Score {
        /// Which row, or which threshold.
        row: usize,
        /// What came.
        came: f64,
    },
    /// Rates outside (0, 1) or growing.
    #[error(
        "expected falling rates within (0, 1), came watch {watch}, review {review}, restrict {restrict}"
    )]
    Rates {
        /// For watching.
        watch: f64,
        /// For reviewing.
        review: f64,
        /// For restricting.
        restrict: f64,
    },
    /// A boundary by exposure whose edges do not fit together.
    #[error(
        "expected as many cells in every edge, 1 to 12, that spend no more than its rate, came {cells} cells that \
         spend {spent} of {rate}"
    )]
    Cells {
        /// Cells of the edge.
        cells: usize,
        /// What their rates sum to.
        spent: f64,
        /// The rate of the edge.
        rate: f64,
    },
    /// Thresholds out of order.
    #[error("expected watch <= review <= restrict, came {watch}, {review}, {restrict}")]
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
    /// Sets thresholds on benign accounts that neither trained nor calibrated anything.
    ///
    /// # Errors
    /// When there are fewer than 40 accounts or 2 applications, a score is not finite, or the rates are
    /// not falling within (0, 1).
    pub fn fit(benign: &[BenignScore], rates: TargetRates) -> Result<Self, OperatingPointError> {
        check_rates(rates)?;
        if let Some(row) = benign.iter().position(|row| !row.score.is_finite()) {
            return Err(OperatingPointError::Score {
                row,
                came: benign[row].score,
            });
        }
        let sample = BenignSample::new(benign);
        let (accounts, applications) = (benign.len() as u64, sample.applications());
        if accounts < FEWEST_ACCOUNTS || applications < FEWEST_APPLICATIONS {
            return Err(OperatingPointError::TooFew {
                accounts,
                applications,
            });
        }
        let watch = sample.threshold(rates.watch, f64::MIN);
        let review = sample.threshold(rates.review, watch.score);
        let restrict = sample.threshold(rates.restrict, review.score);
        Ok(Self {
            watch,
            review,
            restrict,
        })
    }

    /// Of two sets of points, the higher threshold for each recommendation: whoever is beyond it is beyond both.
    #[must_use]
    pub fn strictest(&self, other: &Self) -> Self {
        let higher = |own: &Threshold, other: &Threshold| {
            if other.score > own.score {
                *other
            } else {
                *own
            }
        };
        Self {
            watch: higher(&self.watch, &other.watch),
            review: higher(&self.review, &other.review),
            restrict: higher(&self.restrict, &other.restrict),
        }
    }

    /// What a raw score means. Whether there was enough history to say so is the engine's to judge.
    ///
    /// Nobody is restricted by an extrapolated threshold: where no honest account was seen that far out, a person looks
    /// first.
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

    /// Beyond it, keep looking.
    pub const fn watch(&self) -> &Threshold {
        &self.watch
    }

    /// Beyond it, a person should look.
    pub const fn review(&self) -> &Threshold {
        &self.review
    }

    /// Beyond it, limit until a person has looked.
    pub const fn restrict(&self) -> &Threshold {
        &self.restrict
    }
}

pub(super) fn check_rates(
    TargetRates {
        watch,
        review,
        restrict,
    }: TargetRates,
) -> Result<(), OperatingPointError> {
    if watch < 1.0 && watch >= review && review >= restrict && restrict > 0.0 {
        return Ok(());
    }
    Err(OperatingPointError::Rates {
        watch,
        review,
        restrict,
    })
}

/// The form on disk, before the checks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    watch: Threshold,
    review: Threshold,
    restrict: Threshold,
}

impl TryFrom<Unchecked> for OperatingPoints {
    type Error = OperatingPointError;

    fn try_from(
        Unchecked {
            watch,
            review,
            restrict,
        }: Unchecked,
    ) -> Result<Self, Self::Error> {
        check_rates(TargetRates {
            watch: watch.target_rate,
            review: review.target_rate,
            restrict: restrict.target_rate,
        })?;
        for (row, threshold) in [&watch, &review, &restrict].into_iter().enumerate() {
            if !threshold.score.is_finite() {
                return Err(OperatingPointError::Score {
                    row,
                    came: threshold.score,
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

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests;
