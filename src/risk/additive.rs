//! The fusion model: log-odds as a plain sum of one small table per feature.
//!
//! `logit = base + sum_j f_j(x_j) * n / (n + n0_j)`, each `f` constant on at most 32 bins, or lines between at most 31
//! points. A lookup per feature, so every contribution IS the weight of a reason; nothing is attributed afterwards. The shape is that of explainable boosting machines (Lou, Caruana,
//! Gehrke & Hooker 2013; Nori et al. 2019). This file knows neither features nor detectors: a term has a
//! name and a number.

mod check;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use check::{check_number, check_term};

/// Most bins of one axis of a term.
const MAX_BINS: usize = 32;
/// Largest log-odds that one entry may hold: sums stay finite, and no single table can be certain.
const MAX_LOG_ODDS: f64 = 1_000.0;

/// One feature's table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The feature's name.
    pub name: String,
    /// Strictly increasing bin edges, one fewer than `values`. A feature equal to an edge falls in the
    /// bin above it.
    pub edges: Vec<f64>,
    /// Log-odds of each bin, relative to honest accounts.
    pub values: Vec<f64>,
    /// Whether there is one value at each edge instead, with straight lines between them and level ends: ranks stay
    /// apart where a bin would make them equal.
    #[serde(default)]
    pub lines: bool,
    /// Whether `values` may never decrease.
    pub monotone: bool,
    /// `n0`: at this exposure the table counts by half. Zero for no shrinkage.
    pub shrink: f64,
    /// The feature's weighted median among honest accounts, where one was known.
    pub typical: Option<f64>,
}

/// A checked additive model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct AdditiveModel {
    base: f64,
    terms: Vec<Term>,
}

/// The answer for one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Log-odds before any evidence.
    pub base: f64,
    /// Log-odds added by each term, in their order.
    pub contributions: Vec<f64>,
    /// `base` plus the contributions, added from first to last.
    pub score: f64,
}

/// Why a model was refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum AdditiveModelError {
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
    /// A name used twice.
    #[error("the name {0:?} is used by two terms")]
    DuplicateName(String),
}

impl AdditiveModel {
    /// A model from its parts.
    ///
    /// # Errors
    /// When a number is not finite, edges do not increase, lengths disagree, a bound is passed, or a
    /// table declared monotone decreases.
    pub fn new(base: f64, terms: Vec<Term>) -> Result<Self, AdditiveModelError> {
        check_number("base", base, MAX_LOG_ODDS)?;
        let mut names: Vec<&str> = terms.iter().map(|term| term.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(AdditiveModelError::DuplicateName(twice[0].to_owned()));
        }
        terms.iter().try_for_each(check_term)?;
        Ok(Self { base, terms })
    }

    /// Log-odds before any evidence.
    pub const fn base(&self) -> f64 {
        self.base
    }

    /// The tables, one for each feature.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Evaluates the model on one account, with the contribution of every term.
    ///
    /// `features` yields one number per term, in their order; NaN means unknown and contributes nothing: absent is
    /// never evidence. `exposure` is the account's exchanges so far; NaN and negative count as none.
    pub fn evaluate(&self, features: impl IntoIterator<Item = f64>, exposure: f64) -> Evaluation {
        let contributions: Vec<f64> = self
            .terms
            .iter()
            .zip(features)
            .map(|(term, feature)| term.value(feature) * shrinkage(exposure, term.shrink))
            .collect();
        let score = contributions
            .iter()
            .fold(self.base, |sum, contribution| sum + contribution);
        Evaluation {
            base: self.base,
            contributions,
            score,
        }
    }
}

impl Term {
    /// Whether it adds nothing, whatever the feature.
    pub fn is_flat(&self) -> bool {
        self.values.iter().all(|value| *value == 0.0)
    }

    /// The table's entry for `feature`, before shrinkage; zero when unknown.
    fn value(&self, feature: f64) -> f64 {
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

/// The form on disk, before the checks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    base: f64,
    terms: Vec<Term>,
}

impl TryFrom<Unchecked> for AdditiveModel {
    type Error = AdditiveModelError;

    fn try_from(parts: Unchecked) -> Result<Self, Self::Error> {
        Self::new(parts.base, parts.terms)
    }
}

impl From<AdditiveModel> for Unchecked {
    fn from(model: AdditiveModel) -> Self {
        Self {
            base: model.base,
            terms: model.terms,
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests;
