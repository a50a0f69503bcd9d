//! One term of the additive model: a table over one feature, and its validation.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Maximum bins of a term.
const MAX_BINS: usize = 32;
/// Maximum absolute log-odds of one entry, so that sums stay finite and no single table can be certain.
pub(super) const MAX_LOG_ODDS: f64 = 1_000.0;

/// The table of one feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The feature's name.
    pub name: String,
    /// Strictly increasing bin edges, one fewer than `values`. A feature equal to an edge falls in the bin above it.
    pub edges: Vec<f64>,
    /// Log-odds of each bin, relative to benign accounts.
    pub values: Vec<f64>,
    /// Whether there is one value at each edge instead, with linear interpolation between them and constant ends. This
    /// keeps ranks distinct where a bin would make them equal.
    #[serde(default)]
    pub lines: bool,
    /// Whether `values` may never decrease.
    pub monotone: bool,
    /// `n0`: the exposure, in exchanges, at which the table has half its weight. Zero for no shrinkage.
    pub shrink: f64,
    /// The feature's weighted median among benign accounts, where known.
    pub typical: Option<f64>,
}

/// Why a term was rejected.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TermError {
    /// A number is not finite or over the limit.
    #[error("{location}: expected a finite number within +-{limit}, got {actual}")]
    Number {
        /// The term and part of it that is invalid.
        location: String,
        /// Maximum absolute value.
        limit: f64,
        /// Actual value.
        actual: f64,
    },
    /// Edges do not strictly increase.
    #[error(
        "{location}: expected strictly increasing edges, edge {index} is not above its predecessor"
    )]
    Edges {
        /// The term and part of it that is invalid.
        location: String,
        /// The first edge not above its predecessor.
        index: usize,
    },
    /// The numbers of edges and values do not match.
    #[error("{location}: expected {expected} values for these edges, got {actual}")]
    Length {
        /// The term and part of it that is invalid.
        location: String,
        /// Expected number of values.
        expected: usize,
        /// Actual number of values.
        actual: usize,
    },
    /// There are too many bins.
    #[error("{location}: expected at most {limit}, got {actual}")]
    TooMany {
        /// The term and part of it that is invalid.
        location: String,
        /// Maximum number.
        limit: usize,
        /// Actual value.
        actual: usize,
    },
    /// A table declared monotone decreases.
    #[error("{location}: expected a table declared monotone not to decrease, value {index} does")]
    NotMonotone {
        /// The term and part of it that is invalid.
        location: String,
        /// The first value below its predecessor.
        index: usize,
    },
}

impl Term {
    /// Returns whether the term contributes nothing for any feature value.
    pub fn is_flat(&self) -> bool {
        self.values.iter().all(|value| *value == 0.0)
    }

    /// Returns the table's log-odds for `feature`, before shrinkage; zero when unknown.
    pub(super) fn value(&self, feature: f64) -> f64 {
        if feature.is_nan() {
            return 0.0;
        }
        let above = bin_of(&self.edges, feature);
        if !self.lines {
            return self.values[above];
        }
        if above == 0 || above == self.edges.len() {
            return self.values[above.saturating_sub(1)];
        }
        let (low, high) = (self.edges[above - 1], self.edges[above]);
        let part = (feature - low) / (high - low);
        self.values[above - 1] + part * (self.values[above] - self.values[above - 1])
    }

    /// Checks that the table is valid.
    ///
    /// # Errors
    /// When a number is not finite or too large, edges do not increase, lengths disagree, or a table declared monotone
    /// decreases.
    pub(super) fn check(&self) -> Result<(), TermError> {
        let location = format!("term {:?}", self.name);
        check_edges(&location, &self.edges)?;
        check_shrink(&location, self.shrink)?;
        if let Some(typical) = self.typical {
            check_number(&format!("{location} typical"), typical, f64::MAX)?;
        }
        let expected = if self.lines {
            self.edges.len().max(1)
        } else {
            self.edges.len() + 1
        };
        check_values(&location, &self.values, expected)?;
        match self.values.windows(2).position(|pair| pair[0] > pair[1]) {
            Some(before) if self.monotone => Err(TermError::NotMonotone {
                location,
                index: before + 1,
            }),
            _ => Ok(()),
        }
    }
}

/// Returns the bin of a known `feature`: the number of edges at or below it.
fn bin_of(edges: &[f64], feature: f64) -> usize {
    edges.partition_point(|&edge| edge <= feature)
}

/// Returns the shrinkage factor `n / (n + n0)`, within [0, 1] for any input.
pub(crate) fn shrinkage(exposure: f64, shrink: f64) -> f64 {
    if shrink == 0.0 || exposure == f64::INFINITY {
        1.0
    } else {
        let exposure = exposure.max(0.0);
        exposure / (exposure + shrink)
    }
}

fn check_edges(location: &str, edges: &[f64]) -> Result<(), TermError> {
    check_count(&format!("{location} edges"), edges.len(), MAX_BINS - 1)?;
    let location = format!("{location} edges");
    edges
        .iter()
        .try_for_each(|&edge| check_number(&location, edge, f64::MAX))?;
    match edges.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(before) => Err(TermError::Edges {
            location,
            index: before + 1,
        }),
        None => Ok(()),
    }
}

fn check_values(location: &str, values: &[f64], expected: usize) -> Result<(), TermError> {
    if values.len() != expected {
        let location = location.to_owned();
        return Err(TermError::Length {
            location,
            expected,
            actual: values.len(),
        });
    }
    values
        .iter()
        .try_for_each(|&value| check_number(location, value, MAX_LOG_ODDS))
}

fn check_shrink(location: &str, shrink: f64) -> Result<(), TermError> {
    let location = format!("{location} shrink");
    check_number(&location, shrink, f64::MAX)?;
    if shrink < 0.0 {
        return Err(TermError::Number {
            location,
            limit: f64::MAX,
            actual: shrink,
        });
    }
    Ok(())
}

fn check_count(location: &str, actual: usize, limit: usize) -> Result<(), TermError> {
    if actual > limit {
        return Err(TermError::TooMany {
            location: location.to_owned(),
            limit,
            actual,
        });
    }
    Ok(())
}

pub(super) fn check_number(location: &str, actual: f64, limit: f64) -> Result<(), TermError> {
    if actual.abs() <= limit {
        return Ok(());
    }
    Err(TermError::Number {
        location: location.to_owned(),
        limit,
        actual,
    })
}
