//! The fusion model: log-odds as a plain sum of one small table per feature.
//!
//! `logit = base + sum_j f_j(x_j) * n / (n + n0_j) + sum_jk f_jk(x_j, x_k) * n / (n + n0_jk)`, each `f`
//! constant on at most 32 bins. A lookup per feature, so every contribution IS the weight of a reason;
//! nothing is attributed afterwards. The shape is that of explainable boosting machines (Lou, Caruana,
//! Gehrke & Hooker 2013; Nori et al. 2019). This file knows neither features nor detectors: a term has a
//! name and a number.

use serde::{Deserialize, Serialize};
use thiserror::Error;

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
            0.0
        } else {
            self.values[bin_of(&self.edges, feature)]
        }
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

fn check_term(term: &Term) -> Result<(), AdditiveModelError> {
    let place = format!("term {:?}", term.name);
    check_edges(&place, &term.edges)?;
    check_shrink(&place, term.shrink)?;
    if let Some(typical) = term.typical {
        check_number(&format!("{place} typical"), typical, f64::MAX)?;
    }
    check_values(&place, &term.values, term.edges.len() + 1)?;
    match term.values.windows(2).position(|pair| pair[0] > pair[1]) {
        Some(before) if term.monotone => Err(AdditiveModelError::NotMonotone {
            place,
            index: before + 1,
        }),
        _ => Ok(()),
    }
}

fn check_pair(index: usize, pair: &PairTerm, terms: &[Term]) -> Result<(), AdditiveModelError> {
    let place = format!("pair {index}");
    if pair.first >= pair.second || pair.second >= terms.len() {
        return Err(AdditiveModelError::PairFeatures {
            place,
            features: terms.len(),
            first: pair.first,
            second: pair.second,
        });
    }
    check_edges(&place, &pair.first_edges)?;
    check_edges(&place, &pair.second_edges)?;
    check_shrink(&place, pair.shrink)?;
    let columns = pair.second_edges.len() + 1;
    check_values(&place, &pair.values, (pair.first_edges.len() + 1) * columns)?;
    for at in 0..pair.values.len() {
        let falls_down = at >= columns && pair.values[at - columns] > pair.values[at];
        let falls_right = at % columns > 0 && pair.values[at - 1] > pair.values[at];
        if (falls_down && terms[pair.first].monotone)
            || (falls_right && terms[pair.second].monotone)
        {
            return Err(AdditiveModelError::NotMonotone { place, index: at });
        }
    }
    Ok(())
}

fn check_edges(place: &str, edges: &[f64]) -> Result<(), AdditiveModelError> {
    check_count(&format!("{place} edges"), edges.len(), MAX_BINS - 1)?;
    let place = format!("{place} edges");
    edges
        .iter()
        .try_for_each(|&edge| check_number(&place, edge, f64::MAX))?;
    match edges.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(before) => Err(AdditiveModelError::Edges {
            place,
            index: before + 1,
        }),
        None => Ok(()),
    }
}

fn check_values(place: &str, values: &[f64], expected: usize) -> Result<(), AdditiveModelError> {
    if values.len() != expected {
        let place = place.to_owned();
        return Err(AdditiveModelError::Length {
            place,
            expected,
            came: values.len(),
        });
    }
    values
        .iter()
        .try_for_each(|&value| check_number(place, value, MAX_LOG_ODDS))
}

fn check_shrink(place: &str, shrink: f64) -> Result<(), AdditiveModelError> {
    let place = format!("{place} shrink");
    check_number(&place, shrink, f64::MAX)?;
    if shrink < 0.0 {
        return Err(AdditiveModelError::Number {
            place,
            limit: f64::MAX,
            came: shrink,
        });
    }
    Ok(())
}

fn check_count(place: &str, came: usize, limit: usize) -> Result<(), AdditiveModelError> {
    if came > limit {
        return Err(AdditiveModelError::TooMany {
            place: place.to_owned(),
            limit,
            came,
        });
    }
    Ok(())
}

fn check_number(place: &str, came: f64, limit: f64) -> Result<(), AdditiveModelError> {
    if came.abs() <= limit {
        return Ok(());
    }
    Err(AdditiveModelError::Number {
        place: place.to_owned(),
        limit,
        came,
    })
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn term(name: &str, edges: &[f64], values: &[f64]) -> Term {
        Term {
            name: name.to_owned(),
            edges: edges.to_vec(),
            values: values.to_vec(),
            monotone: true,
            shrink: 8.0,
            typical: Some(0.5),
        }
    }

    fn model() -> AdditiveModel {
        let pair = PairTerm {
            first: 0,
            second: 1,
            first_edges: vec![0.5],
            second_edges: vec![2.0],
            values: vec![-0.25, 0.0, 0.0, 1.0],
            shrink: 0.0,
        };
        let terms = vec![
            term("share", &[0.2, 0.6], &[-1.0, 0.5, 2.0]),
            term("count", &[1.0], &[0.0, 3.0]),
        ];
        AdditiveModel::new(-4.0, terms, vec![pair]).unwrap()
    }

    #[test]
    fn a_hand_worked_account() {
        // share 0.6 sits on an edge: bin above. Exposure 24 with n0 = 8 counts three quarters.
        let answer = model().evaluate(&[0.6, 5.0], 24.0);
        assert_eq!(answer.contributions, [1.5, 2.25, 1.0]);
        assert_eq!(answer.score, 0.75);
    }

    #[test]
    fn absent_is_never_evidence() {
        let answer = model().evaluate(&[f64::NAN, f64::NAN], 1e9);
        assert_eq!(answer.contributions, [0.0; 3]);
        assert_eq!(answer.score, model().base());
        // One known feature does not wake the pair.
        assert_eq!(
            model().evaluate(&[f64::NAN, 5.0], 24.0).contributions,
            [0.0, 2.25, 0.0]
        );
    }

    #[test]
    fn refuses_what_does_not_hold_together() {
        let spoils = [
            (
                "edges must strictly increase",
                "/terms/0/edges",
                json!([0.6, 0.6]),
            ),
            ("expected 3 values", "/terms/0/values", json!([0.0, 1.0])),
            (
                "declared monotone",
                "/terms/0/values",
                json!([0.0, 2.0, 1.0]),
            ),
            ("within +-1000", "/terms/0/values", json!([0.0, 1.0, 1e9])),
            ("within +-1000", "/base", json!(2e3)),
            ("shrink", "/terms/0/shrink", json!(-1.0)),
            ("used by two", "/terms/1/name", json!("share")),
            ("two features in order", "/pairs/0/second", json!(7)),
            (
                "pair 0: declared monotone",
                "/pairs/0/values",
                json!([0.0, 0.0, -1.0, 1.0]),
            ),
        ];
        let good = serde_json::to_value(model()).unwrap();
        assert_eq!(
            serde_json::from_value::<AdditiveModel>(good.clone()).unwrap(),
            model()
        );
        for (expected, place, value) in spoils {
            let mut bad = good.clone();
            *bad.pointer_mut(place).unwrap() = value;
            let error = serde_json::from_value::<AdditiveModel>(bad)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(expected),
                "wanted {expected:?}, came {error:?}"
            );
        }
        let nan = term("x", &[f64::NAN], &[0.0, 0.0]);
        assert!(AdditiveModel::new(0.0, vec![nan], vec![]).is_err());
        let wide = term("x", &(0..32).map(f64::from).collect::<Vec<_>>(), &[0.0; 33]);
        assert!(matches!(
            AdditiveModel::new(0.0, vec![wide], vec![]),
            Err(AdditiveModelError::TooMany {
                limit: 31,
                came: 32,
                ..
            })
        ));
    }

    proptest! {
        #[test]
        fn any_input_gives_a_finite_sum(a in any::<f64>(), b in any::<f64>(), n in any::<f64>()) {
            let answer = model().evaluate(&[a, b], n);
            prop_assert!(answer.score.is_finite());
            let sum = answer.contributions.iter().fold(answer.base, |sum, c| sum + c);
            prop_assert_eq!(sum.to_bits(), answer.score.to_bits());
        }

        #[test]
        fn more_of_a_monotone_feature_never_lowers_the_score(
            low in -1.0_f64..6.0, step in 0.0_f64..6.0, other in -1.0_f64..6.0, n in 0.0_f64..1e4,
        ) {
            let before = model().evaluate(&[low, other], n).score;
            prop_assert!(model().evaluate(&[low + step, other], n).score >= before);
        }
    }
}
