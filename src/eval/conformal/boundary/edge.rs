//! The thresholds of a boundary, and the score paths that they are set on.

use serde::{Deserialize, Serialize};
use thiserror::Error;

#[cfg(test)]
use crate::domain::Recommendation;
use crate::eval::conformal::alpha_spending::Highs;
#[cfg(test)]
use crate::eval::conformal::alpha_spending::cell_of;
use crate::risk::{OperatingPointError, Threshold};
use crate::train::operating_points::{FEWEST_ACCOUNTS, FEWEST_APPLICATIONS};

/// Why a boundary could not be set or was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub(crate) enum BoundaryError {
    /// Too few accounts or applications to set a threshold on.
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
    /// Rates or thresholds that are not valid operating points.
    #[error(transparent)]
    Points(#[from] OperatingPointError),
    /// Edges that are inconsistent with each other.
    #[error(
        "expected as many cells in every edge, 1 to 12, that spend no more than its rate, got {cells} cells that \
         spend {spent} of {rate}"
    )]
    Cells {
        /// Number of cells of the edge.
        cells: usize,
        /// Sum of their rates.
        spent: f64,
        /// Rate of the edge.
        rate: f64,
    },
}

/// The scores of one benign account that was not used in training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ScorePath<'a> {
    /// Stratum of the account, as a path: `consumer/chat`.
    pub stratum: &'a str,
    /// The application (customer) that the account belongs to.
    pub application: u64,
    /// Its highest scores, over the exchanges at which it is scored.
    pub highs: Highs,
}

/// The thresholds of one rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edge {
    /// Target share of benign accounts that ever pass.
    pub target_rate: f64,
    /// One threshold for each cell, each with its own part of the rate.
    pub cells: Vec<Threshold>,
    /// Share of the calibration accounts that pass any, when every application counts equally.
    pub ever: f64,
    /// Upper 95% bound of that share for new applications.
    pub ever_upper: f64,
}

impl Edge {
    /// Returns the threshold after `seen` exchanges.
    #[cfg(test)]
    pub(crate) fn at(&self, seen: u64) -> &Threshold {
        &self.cells[cell_of(seen, self.cells.len())]
    }

    /// Whether an account is, or ever was, beyond the threshold of a cell.
    pub(crate) fn passed(&self, highs: &Highs) -> bool {
        (0..self.cells.len()).any(|cell| self.passed_in(highs, cell))
    }

    /// Whether it was beyond the threshold of one cell.
    pub(crate) fn passed_in(&self, highs: &Highs, cell: usize) -> bool {
        let high = highs.within(cell, self.cells.len());
        high.is_some_and(|high| high > self.cells[cell].score)
    }

    /// Whether any of its thresholds lies beyond what the calibration can certify.
    pub(crate) fn extrapolated(&self) -> bool {
        self.cells.iter().any(|cell| cell.extrapolated)
    }

    pub(super) fn check(&self, cells: usize) -> Result<(), BoundaryError> {
        let rates = self.cells.iter().map(|cell| cell.target_rate);
        let spent: f64 = rates.sum();
        let bad = self.cells.iter().position(|cell| !cell.score.is_finite());
        if let Some(index) = bad {
            let actual = self.cells[index].score;
            return Err(OperatingPointError::Score { index, actual }.into());
        }
        if self.cells.len() != cells || spent > self.target_rate * (1.0 + 1e-6) {
            return Err(BoundaryError::Cells {
                cells: self.cells.len(),
                spent,
                rate: self.target_rate,
            });
        }
        Ok(())
    }
}

/// The boundary of one or several pooled strata.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StratumBoundary {
    /// Names of the strata; several where one was too thin alone.
    pub members: Vec<String>,
    /// Threshold of the `watch` recommendation: keep observing.
    pub watch: Edge,
    /// Threshold of the `review` recommendation: a person should look.
    pub review: Edge,
    /// Threshold of the `restrict` recommendation: limit until a person has looked.
    pub restrict: Edge,
}

impl StratumBoundary {
    /// Whether it covers several strata, because one of them was too thin.
    #[cfg(test)]
    pub(crate) const fn pooled(&self) -> bool {
        self.members.len() > 1
    }

    /// Returns the recommendation for a score after `seen` exchanges. As with [`crate::risk::OperatingPoints`], an
    /// extrapolated threshold restricts nobody.
    #[cfg(test)]
    pub(crate) fn decide(&self, score: f64, seen: u64) -> Recommendation {
        let restrict = self.restrict.at(seen);
        if score > restrict.score && !restrict.extrapolated {
            Recommendation::Restrict
        } else if score > self.review.at(seen).score {
            Recommendation::Review
        } else if score > self.watch.at(seen).score {
            Recommendation::Watch
        } else {
            Recommendation::Allow
        }
    }

    /// Returns its edges, from the highest rate to the lowest.
    pub(crate) const fn edges(&self) -> [&Edge; 3] {
        [&self.watch, &self.review, &self.restrict]
    }
}
