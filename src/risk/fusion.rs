//! The additive model with each term bound to its measure.

use thiserror::Error;

use super::{AdditiveModel, Evaluation, Term};
use crate::detect::{MeasureIndex, MeasureValues};

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
            measures.push(measure);
        }
        Ok(Self { model, measures })
    }
}

impl From<Fusion> for AdditiveModel {
    fn from(fusion: Fusion) -> Self {
        fusion.model
    }
}
