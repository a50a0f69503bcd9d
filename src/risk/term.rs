//! One term of the additive model: a table over one feature, and what it must satisfy before it may score anyone.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Most bins of one axis of a term.
const MAX_BINS: usize = 32;
/// Largest log-odds that one entry may hold: sums stay finite, and no single table can be certain.
pub(super) const MAX_LOG_ODDS: f64 = 1_000.0;

/// One feature's table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The feature's name.
    pub name: String,
    /// Strictly increasing bin edges, one fewer than `values`. A feature equal to an edge falls in the
    /// bin above it.
    pub edges: Vec<f64>,
    /// Log-odds of each bin, relative to benign accounts.
    pub values: Vec<f64>,
    /// Whether there is one value at each edge instead, with straight lines between them and level ends: ranks stay
    /// apart where a bin would make them equal.
    #[serde(default)]
    pub lines: bool,
    /// Whether `values` may never decrease.
    pub monotone: bool,
    /// `n0`: at this exposure the table counts by half. Zero for no shrinkage.
    pub shrink: f64,
    /// The feature's weighted median among benign accounts, where one was known.
    pub typical: Option<f64>,
}

/// Why a term was refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TermError {
    /// A number that is not finite or beyond what a table may hold.
    #[error("{place}: expected a finite number within +-{limit}, got {actual}")]
    Number {
        /// Where.
        place: String,
        /// Largest absolute value.
        limit: f64,
        /// What was given.
        actual: f64,
    },
    /// Edges that do not strictly increase.
    #[error("{place}: edges must strictly increase, edge {index} does not")]
    Edges {
        /// Where.
        place: String,
        /// The first edge not above its predecessor.
        index: usize,
    },
    /// Lengths that do not agree.
    #[error("{place}: expected {expected} values for these edges, got {actual}")]
    Length {
        /// Where.
        place: String,
        /// Values expected.
        expected: usize,
        /// Values given.
        actual: usize,
    },
    /// Too many bins.
    #[error("{place}: expected at most {limit}, got {actual}")]
    TooMany {
        /// Where.
        place: String,
        /// The limit.
        limit: usize,
        /// What was given.
        actual: usize,
    },
    /// A monotone table that decreases.
    #[error("{place}: declared monotone but decreases at value {index}")]
    NotMonotone {
        /// Where.
        place: String,
        /// The first value below its predecessor.
        index: usize,
    },
}

impl Term {
    /// Whether it adds nothing, whatever the feature.
    pub fn is_flat(&self) -> bool {
        self.values.iter().all(|value| *value == 0.0)
    }

    /// The table's entry for `feature`, before shrinkage; zero when unknown.
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

    /// Checks that the table holds together.
    ///
    /// # Errors
    /// When a number is not finite or too large, edges do not increase, lengths disagree, or a table declared monotone
    /// decreases.
    pub(super) fn check(&self) -> Result<(), TermError> {
        let place = format!("term {:?}", self.name);
        check_edges(&place, &self.edges)?;
        check_shrink(&place, self.shrink)?;
        if let Some(typical) = self.typical {
            check_number(&format!("{place} typical"), typical, f64::MAX)?;
        }
        let expected = if self.lines {
            self.edges.len().max(1)
        } else {
            self.edges.len() + 1
        };
        check_values(&place, &self.values, expected)?;
        match self.values.windows(2).position(|pair| pair[0] > pair[1]) {
            Some(before) if self.monotone => Err(TermError::NotMonotone {
                place,
                index: before + 1,
            }),
            _ => Ok(()),
        }
    }
}

/// The bin of a known `feature`: how many edges are at or below it.
fn bin_of(edges: &[f64], feature: f64) -> usize {
    edges.partition_point(|&edge| edge <= feature)
}

/// `n / (n + n0)`, within [0, 1] for any input.
pub(crate) fn shrinkage(exposure: f64, shrink: f64) -> f64 {
    if shrink == 0.0 || exposure == f64::INFINITY {
        1.0
    } else {
        let exposure = exposure.max(0.0);
        exposure / (exposure + shrink)
    }
}

fn check_edges(place: &str, edges: &[f64]) -> Result<(), TermError> {
    check_count(&format!("{place} edges"), edges.len(), MAX_BINS - 1)?;
    let place = format!("{place} edges");
    edges
        .iter()
        .try_for_each(|&edge| check_number(&place, edge, f64::MAX))?;
    match edges.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(before) => Err(TermError::Edges {
            place,
            index: before + 1,
        }),
        None => Ok(()),
    }
}

fn check_values(place: &str, values: &[f64], expected: usize) -> Result<(), TermError> {
    if values.len() != expected {
        let place = place.to_owned();
        return Err(TermError::Length {
            place,
            expected,
            actual: values.len(),
        });
    }
    values
        .iter()
        .try_for_each(|&value| check_number(place, value, MAX_LOG_ODDS))
}

fn check_shrink(place: &str, shrink: f64) -> Result<(), TermError> {
    let place = format!("{place} shrink");
    check_number(&place, shrink, f64::MAX)?;
    if shrink < 0.0 {
        return Err(TermError::Number {
            place,
            limit: f64::MAX,
            actual: shrink,
        });
    }
    Ok(())
}

fn check_count(place: &str, actual: usize, limit: usize) -> Result<(), TermError> {
    if actual > limit {
        return Err(TermError::TooMany {
            place: place.to_owned(),
            limit,
            actual,
        });
    }
    Ok(())
}

pub(super) fn check_number(place: &str, actual: f64, limit: f64) -> Result<(), TermError> {
    if actual.abs() <= limit {
        return Ok(());
    }
    Err(TermError::Number {
        place: place.to_owned(),
        limit,
        actual,
    })
}
