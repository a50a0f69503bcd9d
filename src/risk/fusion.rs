//! The additive model with each term bound to its measure.

use thiserror::Error;

use super::{AdditiveModel, Evaluation, Term};
use crate::detect::{CLEARING_LIMIT, Direction, MeasureIndex, MeasureValues};

/// Why an additive model is incompatible with this program's measures.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FusionError {
    /// The model was fitted on other measures than this program has, or on these in another order.
    #[error(
        "fusion term {index}: expected a measure of this program that comes after those of the terms before, got \
         {actual:?}"
    )]
    Measure {
        /// Position among the terms.
        index: usize,
        /// The term's name.
        actual: String,
    },
    /// A table runs against the direction of its measure.
    #[error(
        "fusion term {index}: expected {expected}, got {actual:?} with value {value} against it"
    )]
    Direction {
        /// Position among the terms.
        index: usize,
        /// The term's name.
        actual: String,
        /// What a table of its measure must be.
        expected: &'static str,
        /// Position of the first value that breaks the rule.
        value: usize,
    },
    /// A term is zero everywhere; a measure without weight belongs in the context.
    #[error(
        "fusion term {index}: expected a term that weighs something, got {actual:?} with nothing but zeros"
    )]
    Flat {
        /// Position among the terms.
        index: usize,
        /// The term's name.
        actual: String,
    },
}

/// A sum of terms over measures, in the order of the measures. A measure without a term is context and has no weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Fusion {
    model: AdditiveModel,
    /// The measure of each term; strictly ascending.
    measures: Vec<MeasureIndex>,
}

impl Fusion {
    /// Returns the log-odds without any evidence.
    pub const fn base(&self) -> f64 {
        self.model.base()
    }

    /// Returns the terms, each with its measure, in the order of the measures.
    pub fn terms(&self) -> impl ExactSizeIterator<Item = (MeasureIndex, &Term)> {
        self.measures.iter().copied().zip(self.model.terms())
    }

    /// Returns the term of one measure; `None` for context.
    pub fn term(&self, measure: MeasureIndex) -> Option<&Term> {
        let at = self.measures.binary_search(&measure).ok()?;
        self.model.terms().get(at)
    }

    /// Evaluates an account's measures after `seen` exchanges; contributions are in the order of [`Self::terms`].
    pub fn evaluate(&self, values: &MeasureValues, seen: u64) -> Evaluation {
        let feature = |measure: &MeasureIndex| values.get(*measure).unwrap_or(f64::NAN);
        self.model
            .evaluate(self.measures.iter().map(feature), seen as f64)
    }
}

impl TryFrom<AdditiveModel> for Fusion {
    type Error = FusionError;

    fn try_from(model: AdditiveModel) -> Result<Self, Self::Error> {
        let mut all = MeasureIndex::all();
        let mut measures = Vec::with_capacity(model.terms().len());
        for (index, term) in model.terms().iter().enumerate() {
            let Some(measure) = all.find(|measure| measure.measure().code == term.name) else {
                let actual = term.name.clone();
                return Err(FusionError::Measure { index, actual });
            };
            if term.is_flat() {
                let actual = term.name.clone();
                return Err(FusionError::Flat { index, actual });
            }
            if let Some((value, expected)) = against(measure.measure().direction, &term.values) {
                return Err(FusionError::Direction {
                    index,
                    actual: term.name.clone(),
                    expected,
                    value,
                });
            }
            measures.push(measure);
        }
        Ok(Self { model, measures })
    }
}

/// Returns the position of the first value that a term over a measure of this direction may not have, with the rule
/// that it breaks. A deployment may give a measure of context any table by hand: nothing is known of its direction.
fn against(direction: Direction, values: &[f64]) -> Option<(usize, &'static str)> {
    let runs = |wrong: fn(&[f64]) -> bool| {
        let before = values.windows(2).position(wrong)?;
        Some(before + 1)
    };
    match direction {
        Direction::Context => None,
        Direction::Accuses => {
            let at = runs(|pair| pair[0] > pair[1])?;
            Some((
                at,
                "a table that never decreases for a measure that accuses",
            ))
        }
        Direction::Clears => {
            let rule = "a table that never increases, from 0 to the clearing limit, for a measure that clears";
            let outside = |value: &f64| !(CLEARING_LIMIT..=0.0).contains(value);
            let at = values.iter().position(outside);
            let starts = values
                .first()
                .is_some_and(|first| *first != 0.0)
                .then_some(0);
            let at = at.or(starts).or_else(|| runs(|pair| pair[0] < pair[1]))?;
            Some((at, rule))
        }
    }
}

impl From<Fusion> for AdditiveModel {
    fn from(fusion: Fusion) -> Self {
        fusion.model
    }
}

#[cfg(test)]
mod tests {
    use super::{AdditiveModel, CLEARING_LIMIT, Fusion, FusionError, Term};

    fn fusion(name: &str, values: [f64; 3]) -> Result<Fusion, FusionError> {
        let term = Term {
            name: name.to_owned(),
            edges: vec![0.0, 0.5, 1.0],
            values: values.to_vec(),
            lines: true,
            monotone: false,
            shrink: 0.0,
            typical: None,
        };
        AdditiveModel::new(0.0, vec![term])
            .expect("a sound table")
            .try_into()
    }

    /// Returns the position that is refused; `None` when the table is accepted.
    fn refused(name: &str, values: [f64; 3]) -> Option<usize> {
        match fusion(name, values) {
            Ok(_) => None,
            Err(FusionError::Direction { value, .. }) => Some(value),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn what_clears_starts_at_nothing_falls_and_stops_at_the_limit() {
        let clears = "suite_rerun_share";
        assert_eq!(refused(clears, [0.0, -0.4, CLEARING_LIMIT]), None);
        assert_eq!(refused(clears, [0.0, -0.4, CLEARING_LIMIT - 0.01]), Some(2));
        assert_eq!(refused(clears, [0.0, -0.4, -0.3]), Some(2));
        assert_eq!(refused(clears, [0.0, 0.1, 0.0]), Some(1));
        // Its absence would accuse, relative to its presence.
        assert_eq!(refused(clears, [-0.5, -0.6, -0.7]), Some(0));
    }

    #[test]
    fn what_accuses_never_falls_and_context_is_the_operators_choice() {
        assert_eq!(refused("any_intent_mean", [-1.0, 0.0, 2.0]), None);
        assert_eq!(refused("any_intent_mean", [-1.0, -2.0, 2.0]), Some(1));
        assert_eq!(refused("refused_share", [1.0, 0.0, 2.0]), None);
        let error = fusion("any_intent_mean", [1.0, 0.0, 0.0])
            .unwrap_err()
            .to_string();
        assert!(error.contains("never decreases"), "{error}");
    }
}
