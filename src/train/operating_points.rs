//! Sets operating points on the scores of benign accounts.
//!
//! Split conformal over APPLICATIONS: each application counts equally however many accounts it has, since
//! accounts of one application resemble each other and a new customer is a new application. The threshold
//! is the smallest score `t` with `sum over accounts with score <= t of 1 / n_application >= (G + 1)(1 -
//! alpha)`, for `G` applications: hierarchical conformal prediction (Lee, Barber & Willett 2023, arXiv
//! 2306.06342), and the order statistic `ceil((N + 1)(1 - alpha))` when every application has one account.
//! A random account of a new, exchangeable application then passes it with probability at most `alpha`.
//! With `G < (1 - alpha) / alpha` no such score exists; the threshold comes from a generalised Pareto tail,
//! at the upper 95% end of its jackknife over applications, and is marked `extrapolated`.

use thiserror::Error;

use super::benign_sample::{BenignSample, BenignScore};
use crate::risk::{OperatingPointError, OperatingPoints, TargetRates};

/// Minimum number of benign accounts for setting thresholds.
pub(crate) const FEWEST_ACCOUNTS: u64 = 40;
/// Minimum number of applications.
pub(crate) const FEWEST_APPLICATIONS: u64 = 2;

/// The reason why thresholds could not be set.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub(crate) enum OperatingPointFitError {
    /// There are too few accounts or applications.
    #[error(
        "expected at least {FEWEST_ACCOUNTS} benign accounts of {FEWEST_APPLICATIONS} applications, \
         got {accounts} of {applications}"
    )]
    TooFew {
        /// Number of accounts given.
        accounts: u64,
        /// Number of applications given.
        applications: u64,
    },
    /// A score is not finite.
    #[error("expected a finite score, got {actual} in row {row}")]
    Score {
        /// Index of the row.
        row: usize,
        /// Score of the row.
        actual: f64,
    },
    /// The rates or thresholds are invalid as operating points.
    #[error(transparent)]
    Points(#[from] OperatingPointError),
}

/// Sets thresholds on benign accounts that were used neither in training nor in calibration.
///
/// # Errors
/// When there are fewer than 40 accounts or 2 applications, a score is not finite, or the rates are
/// not falling within (0, 1).
pub(crate) fn fit_operating_points(
    benign: &[BenignScore],
    rates: TargetRates,
) -> Result<OperatingPoints, OperatingPointFitError> {
    rates.check()?;
    if let Some(row) = benign.iter().position(|row| !row.score.is_finite()) {
        return Err(OperatingPointFitError::Score {
            row,
            actual: benign[row].score,
        });
    }
    let sample = BenignSample::new(benign);
    let (accounts, applications) = (benign.len() as u64, sample.applications());
    if accounts < FEWEST_ACCOUNTS || applications < FEWEST_APPLICATIONS {
        return Err(OperatingPointFitError::TooFew {
            accounts,
            applications,
        });
    }
    let watch = sample.threshold(rates.watch, f64::MIN);
    let review = sample.threshold(rates.review, watch.score);
    let restrict = sample.threshold(rates.restrict, review.score);
    Ok(OperatingPoints::new(watch, review, restrict)?)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests;
