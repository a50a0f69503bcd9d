//! E-values: the evidence of an account's score against its being benign, as a bet.
//!
//! An e-value is at least 0 and has a mean of at most 1 for a benign account, so it is `e` or more with probability at
//! most `1 / e`, and may be averaged with others and listed under any dependence ([`super::alert_budget`]), where
//! p-values of correlated accounts may not.
//!
//! **From calibration.** With `h(M) = exp(eta * min(M, cap))` fixed beforehand, `E = (G + 1) h(M) / (h(M) + sum over
//! applications of the mean h of their accounts)`. With one account an application, `E` of each of `G + 1`
//! exchangeable accounts sums to `G + 1` over all of them, so its mean is 1 (conformal e-prediction, Vovk 2020, arXiv
//! 2001.05989); taking an application's mean in place of one account drawn from it can only lower it, since `1 / (h +
//! s)` is convex in `s` (Jensen). It holds for a random account of a new, exchangeable application.
//!
//! - No `E` exceeds `G + 1`: sixty applications cannot give more evidence than 61 to 1, whatever the score.
//! - A score in log-odds makes `eta = 1` the likelihood ratio, the bet that grows fastest where the odds are right.
//! - **The highest score so far needs no correction**, when calibration used the highest scores of whole accounts: `E`
//!   rises with `M`, so it never exceeds the e-value of the account's whole history.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::statistics::decimal::twelve_digits_up;
use crate::train::benign_sample::{BenignScore, applications, weighed};

/// Why there are no e-values.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub(crate) enum EValueError {
    /// Fewer than two applications to compare with.
    #[error(
        "expected benign accounts with finite scores of at least 2 applications, got {applications}"
    )]
    TooFew {
        /// Number of applications with a finite score.
        applications: u64,
    },
    /// An invalid bet, or a sum that no sample has.
    #[error(
        "expected a rate of growth above 0 and finite, a finite cap and a finite sum, got {eta}, {cap}, {log_sum}"
    )]
    Bet {
        /// Growth rate of the bet with the score.
        eta: f64,
        /// Score from which the bet grows no more.
        cap: f64,
        /// Logarithm of the sample's sum.
        log_sum: f64,
    },
}

/// The calibration sample of benign accounts: three numbers, whatever their count.
///
/// With `h` fixed the sample enters by its sum alone, so no table of its scores is kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub(crate) struct EValues {
    eta: f64,
    cap: f64,
    applications: u64,
    /// `ln` of the sum over applications of the mean `h` of their accounts.
    log_sum: f64,
}

impl EValues {
    /// Fits on the highest scores of benign accounts that were not used in training. `eta` and `cap` are chosen
    /// without looking at them. Scores that are not finite are ignored.
    ///
    /// # Errors
    /// With fewer than 2 applications, an `eta` that is not above 0 and finite, or a `cap` that is not finite.
    pub(crate) fn fit(benign: &[BenignScore], eta: f64, cap: f64) -> Result<Self, EValueError> {
        let finite: Vec<BenignScore> = benign
            .iter()
            .filter(|row| row.score.is_finite())
            .copied()
            .collect();
        let rows = weighed(&finite);
        let applications = applications(rows.iter()) as u64;
        if applications < 2 {
            return Err(EValueError::TooFew { applications });
        }
        let exponent = |score: f64| eta * score.min(cap);
        let bets = rows
            .iter()
            .map(|row| (exponent(row.benign.score), row.weight));
        // The largest is factored out, so that no bet overflows.
        let largest = bets.clone().map(|(bet, _)| bet).fold(f64::MIN, f64::max);
        let mut parts: Vec<f64> = bets
            .map(|(bet, weight)| weight * (bet - largest).exp())
            .collect();
        // In order of size: the sum must not depend on the order of the rows.
        parts.sort_by(f64::total_cmp);
        Unchecked {
            eta,
            cap,
            applications,
            log_sum: twelve_digits_up(largest + parts.iter().sum::<f64>().ln()),
        }
        .try_into()
    }

    /// Returns the e-value of an account by its highest score; 0 for NaN.
    pub(crate) fn e_value(&self, score: f64) -> f64 {
        if score.is_nan() {
            return 0.0;
        }
        let bet = self.eta * score.min(self.cap);
        (self.applications as f64 + 1.0) / (1.0 + (self.log_sum - bet).exp())
    }

    /// Returns the number of applications behind it: no e-value exceeds their number plus one.
    pub(crate) const fn applications(&self) -> u64 {
        self.applications
    }
}

/// The serialized form, before validation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    eta: f64,
    cap: f64,
    applications: u64,
    log_sum: f64,
}

impl TryFrom<Unchecked> for EValues {
    type Error = EValueError;

    fn try_from(got: Unchecked) -> Result<Self, Self::Error> {
        let Unchecked {
            eta,
            cap,
            applications,
            log_sum,
        } = got;
        if applications < 2 {
            return Err(EValueError::TooFew { applications });
        }
        if !(eta > 0.0 && eta.is_finite() && cap.is_finite() && log_sum.is_finite()) {
            return Err(EValueError::Bet { eta, cap, log_sum });
        }
        Ok(Self {
            eta,
            cap,
            applications,
            log_sum,
        })
    }
}

impl From<EValues> for Unchecked {
    fn from(values: EValues) -> Self {
        let EValues {
            eta,
            cap,
            applications,
            log_sum,
        } = values;
        Self {
            eta,
            cap,
            applications,
            log_sum,
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests;
