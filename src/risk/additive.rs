//! The fusion model: log-odds as a plain sum of one small table per feature.
//!
//! `logit = base + sum_j f_j(x_j) * n / (n + n0_j)`, where each `f` is constant on at most 32 bins, or linear between
//! at most 31 points. Evaluation is one lookup per feature, so every contribution IS the weight of a reason; nothing is
//! attributed afterwards. The form is that of explainable boosting machines (Lou, Caruana, Gehrke & Hooker 2013; Nori
//! et al. 2019). This file knows neither features nor detectors: a term has a name and a number.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::term::{MAX_LOG_ODDS, Term, TermError, check_number, shrinkage};

/// A validated additive model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct AdditiveModel {
    base: f64,
    terms: Vec<Term>,
}

/// The result of evaluating the model on one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Log-odds without any evidence.
    pub base: f64,
    /// Log-odds added by each term, in the order of the terms.
    pub contributions: Vec<f64>,
    /// Log-odds: `base` plus the contributions, added from first to last.
    pub score: f64,
}

/// Why a model was rejected.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum AdditiveModelError {
    /// A number or the table of a term is invalid.
    #[error(transparent)]
    Term(#[from] TermError),
    /// Two terms have the same name.
    #[error("the name {0:?} is used by two terms")]
    DuplicateName(String),
}

impl AdditiveModel {
    /// Creates a model from its parts.
    ///
    /// # Errors
    /// When a number is not finite, edges do not increase, lengths disagree, a bound is exceeded, a name is used twice,
    /// or a table declared monotone decreases.
    pub fn new(base: f64, terms: Vec<Term>) -> Result<Self, AdditiveModelError> {
        check_number("base", base, MAX_LOG_ODDS)?;
        let mut names: Vec<&str> = terms.iter().map(|term| term.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(AdditiveModelError::DuplicateName(twice[0].to_owned()));
        }
        terms.iter().try_for_each(Term::check)?;
        Ok(Self { base, terms })
    }

    /// Returns the log-odds without any evidence.
    pub const fn base(&self) -> f64 {
        self.base
    }

    /// Returns the terms, one for each feature.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Evaluates the model on one account, with the contribution of every term.
    ///
    /// `features` yields one number per term, in the order of the terms; NaN means unknown and contributes nothing,
    /// because missing data is never evidence. `exposure` is the number of exchanges of the account so far; NaN and
    /// negative values count as zero.
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

/// The serialized form, before validation.
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
