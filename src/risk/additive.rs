//! The fusion model: log-odds as a plain sum of one small table per feature.
//!
//! `logit = base + sum_j f_j(x_j) * n / (n + n0_j) + sum_jk f_jk(x_j, x_k) * n / (n + n0_jk)`, each `f`
//! constant on at most 32 bins, or lines between at most 31 points. A lookup per feature, so every contribution IS the weight of a reason;
//! nothing is attributed afterwards. The shape is that of explainable boosting machines (Lou, Caruana,
//! Gehrke & Hooker 2013; Nori et al. 2019). This file knows neither features nor detectors: a term has a
//! name and a number.

mod check;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use check::{check_count, check_number, check_pair, check_term};

/// Most bins of one axis of a term.
pub const MAX_BINS: usize = 32;
/// Most pair terms of a model.
pub const MAX_PAIRS: usize = 10;
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

/// A table over two features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairTerm {
    /// Index of the first feature.
    pub first: usize,
    /// Index of the second feature, above `first`.
    pub second: usize,
    /// Bin edges of the first feature, as in [`Term::edges`].
    pub first_edges: Vec<f64>,
    /// Bin edges of the second feature.
    pub second_edges: Vec<f64>,
    /// Log-odds, the second feature's bins varying fastest. Non-decreasing along the axis of a
    /// monotone feature.
    pub values: Vec<f64>,
    /// As [`Term::shrink`].
    pub shrink: f64,
}

/// A checked additive model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct AdditiveModel {
    base: f64,
    terms: Vec<Term>,
    pairs: Vec<PairTerm>,
}

/// The answer for one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Log-odds before any evidence.
    pub base: f64,
    /// Log-odds added by each term, in feature order, then by each pair.
    pub contributions: Vec<f64>,
    /// `base` plus the contributions, added from first to last.
    pub score: f64,
}

/// Why a model was refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum AdditiveModelError {
    /// A number that is not finite or beyond what a table may hold.
    #[error("{place}: expected a finite number within +-{limit}, came {came}")]
    Number {
        /// Where.
        place: String,
        /// Largest absolute value.
        limit: f64,
        /// What came.
        came: f64,
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
    #[error("{place}: expected {expected} values for these edges, came {came}")]
    Length {
        /// Where.
        place: String,
        /// Values expected.
        expected: usize,
        /// Values that came.
        came: usize,
    },
    /// Too many bins or pairs.
    #[error("{place}: expected at most {limit}, came {came}")]
    TooMany {
        /// Where.
        place: String,
        /// The limit.
        limit: usize,
        /// What came.
        came: usize,
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
    /// A pair over features that are not there, or not in order.
    #[error("{place}: expected two features in order below {features}, came {first} and {second}")]
    PairFeatures {
        /// Where.
        place: String,
        /// Features of the model.
        features: usize,
        /// First feature given.
        first: usize,
        /// Second feature given.
        second: usize,
    },
}

impl AdditiveModel {
    /// A model from its parts.
    ///
    /// # Errors
    /// When a number is not finite, edges do not increase, lengths disagree, a bound is passed, or a
    /// table declared monotone decreases.
    pub fn new(
        base: f64,
        terms: Vec<Term>,
        pairs: Vec<PairTerm>,
    ) -> Result<Self, AdditiveModelError> {
        check_number("base", base, MAX_LOG_ODDS)?;
        let mut names: Vec<&str> = terms.iter().map(|term| term.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(AdditiveModelError::DuplicateName(twice[0].to_owned()));
        }
        terms.iter().try_for_each(check_term)?;
        check_count("pairs", pairs.len(), MAX_PAIRS)?;
        pairs
            .iter()
            .enumerate()
            .try_for_each(|(index, pair)| check_pair(index, pair, &terms))?;
        Ok(Self { base, terms, pairs })
    }

    /// Log-odds before any evidence.
    pub const fn base(&self) -> f64 {
        self.base
    }

    /// The tables, one for each feature, in feature order.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The pair tables.
    pub fn pairs(&self) -> &[PairTerm] {
        &self.pairs
    }

    /// How many contributions an evaluation has.
    pub fn contribution_count(&self) -> usize {
        self.terms.len() + self.pairs.len()
    }

    /// Log-odds of one account, with every contribution.
    ///
    /// `features` holds one number per term; NaN means unknown and contributes nothing: absent is never
    /// evidence. `exposure` is the account's exchanges so far; NaN and negative count as none.
    ///
    /// # Panics
    /// When `features` does not hold one number per term.
    pub fn evaluate(&self, features: &[f64], exposure: f64) -> Evaluation {
        let mut contributions = vec![0.0; self.contribution_count()];
        let score = self.evaluate_into(features, exposure, &mut contributions);
        Evaluation {
            base: self.base,
            contributions,
            score,
        }
    }

    /// As [`Self::evaluate`], without allocating: contributions go to the caller's buffer and the score
    /// is returned.
    ///
    /// # Panics
    /// When `features` does not hold one number per term, or `contributions` not
    /// [`Self::contribution_count`].
    pub fn evaluate_into(&self, features: &[f64], exposure: f64, contributions: &mut [f64]) -> f64 {
        assert_eq!(
            features.len(),
            self.terms.len(),
            "one feature for each term"
        );
        assert_eq!(
            contributions.len(),
            self.contribution_count(),
            "one slot for each term and pair"
        );
        let (of_terms, of_pairs) = contributions.split_at_mut(self.terms.len());
        for ((term, &feature), slot) in self.terms.iter().zip(features).zip(of_terms) {
            *slot = term.value(feature) * shrinkage(exposure, term.shrink);
        }
        for (pair, slot) in self.pairs.iter().zip(of_pairs) {
            *slot = pair.value(features[pair.first], features[pair.second])
                * shrinkage(exposure, pair.shrink);
        }
        contributions
            .iter()
            .fold(self.base, |sum, contribution| sum + contribution)
    }
}

impl Term {
    /// The table's entry for `feature`, before shrinkage; zero when unknown.
    pub fn value(&self, feature: f64) -> f64 {
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

impl PairTerm {
    /// The table's entry, before shrinkage; zero when either feature is unknown.
    pub fn value(&self, first: f64, second: f64) -> f64 {
        if first.is_nan() || second.is_nan() {
            return 0.0;
        }
        let row = bin_of(&self.first_edges, first);
        self.values[row * (self.second_edges.len() + 1) + bin_of(&self.second_edges, second)]
    }
}

/// The bin of a known `feature`: how many edges are at or below it.
pub(crate) fn bin_of(edges: &[f64], feature: f64) -> usize {
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
    #[serde(default)]
    pairs: Vec<PairTerm>,
}

impl TryFrom<Unchecked> for AdditiveModel {
    type Error = AdditiveModelError;

    fn try_from(parts: Unchecked) -> Result<Self, Self::Error> {
        Self::new(parts.base, parts.terms, parts.pairs)
    }
}

impl From<AdditiveModel> for Unchecked {
    fn from(model: AdditiveModel) -> Self {
        Self {
            base: model.base,
            terms: model.terms,
            pairs: model.pairs,
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact by design, or worked by hand")]
mod tests;
