//! The recipe file: all settings of a training run that are not data.

use serde::Deserialize;

use super::initial::Start;
use super::logistic::LogisticSettings;
use super::text::TextRecipe;
use super::wide::WideRecipe;
use crate::simulate::corpus::Partition;

/// A training recipe (`training/recipe.toml`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    /// Seed of all randomness.
    pub seed: u64,
    /// Sides of the split used for training.
    pub sides: Vec<Partition>,
    /// Number of folds of the cross-fit.
    pub folds: usize,
    /// The vocabulary.
    pub vocabulary: VocabularyRecipe,
    /// The common words that templates consist of.
    pub common_words: CommonWordsRecipe,
    /// The text model.
    pub text: TextSettings,
    /// The wide member of the text model.
    pub wide: WideRecipe,
    /// The fusion.
    pub fusion: LogisticSettings,
}

/// Settings of the vocabulary.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VocabularyRecipe {
    /// Number of tokens.
    pub tokens: usize,
    /// Maximum number of bytes that one source contributes.
    pub source_bytes: usize,
}

/// Settings of the common words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommonWordsRecipe {
    /// Minimum number of sources in which a word must occur.
    pub sources_min: u32,
}

/// Settings of the text model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextSettings {
    /// Initial rows.
    pub start: Start,
    /// See [`TextRecipe`].
    pub vector_rate: f64,
    /// See [`TextRecipe`].
    pub first_scale: f32,
    /// See [`TextRecipe`].
    pub epochs: usize,
    /// See [`TextRecipe`].
    pub batch: usize,
    /// See [`TextRecipe`].
    pub learning_rate: f64,
    /// See [`TextRecipe`].
    pub weight_decay: f64,
    /// See [`TextRecipe`].
    pub row_dropout: f64,
    /// See [`TextRecipe`].
    pub hidden_dropout: f32,
    /// See [`TextRecipe`].
    pub channel_dropout: f64,
    /// See [`TextRecipe`].
    pub smoothing: f32,
    /// See [`TextRecipe`].
    pub table_decay: f64,
    /// Maximum number of requests that one source contributes.
    pub source_requests: usize,
}

impl Recipe {
    /// Parses the text of a recipe file.
    ///
    /// # Errors
    /// When the text is not TOML of this form.
    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Returns the recipe of the shipped bundle.
    ///
    /// # Panics
    /// Never: a test parses it.
    pub(crate) fn shipped() -> Self {
        Self::parse(include_str!("../../training/recipe.toml"))
            .expect("the recipe in the repository is valid")
    }

    /// Returns the settings of the text model's fit.
    pub(crate) const fn text(&self) -> TextRecipe {
        let text = &self.text;
        TextRecipe {
            seed: self.seed,
            epochs: text.epochs,
            batch: text.batch,
            learning_rate: text.learning_rate,
            weight_decay: text.weight_decay,
            table_decay: text.table_decay,
            vector_rate: text.vector_rate,
            first_scale: text.first_scale,
            smoothing: text.smoothing,
            row_dropout: text.row_dropout,
            channel_dropout: text.channel_dropout,
            hidden_dropout: text.hidden_dropout,
            wide: self.wide,
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_shipped_recipe_is_valid() {
        assert!(super::Recipe::shipped().folds > 1);
    }
}
