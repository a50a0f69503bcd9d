//! Logistic regression over hashed n-grams of words and characters: a baseline that takes a careful afternoon to
//! build. By request, and averaged over an account.
//!
//! Features are words, word pairs and runs of two to four characters of the lower-cased text, hashed into one space,
//! valued `1 + ln(count)` and scaled to unit length. Fitted by `AdaGrad` (Duchi et al. 2011), example by example.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::Baseline;
use super::step::{REQUESTS_MAX, Step};
use super::text_hash::hash_characters;
use crate::domain::PoolRecord;

/// Hyperparameters of one fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NgramRecipe {
    /// Seed of the sample order.
    pub seed: u64,
    /// Passes over the samples.
    pub epochs: usize,
    /// Learning rate of `AdaGrad`.
    pub learning_rate: f32,
    /// L2 penalty on the weights that a sample touches.
    pub penalty: f32,
}

impl Default for NgramRecipe {
    /// Common values; few others were tried.
    fn default() -> Self {
        Self {
            seed: 1,
            epochs: 4,
            learning_rate: 0.3,
            penalty: 1e-6,
        }
    }
}

/// One training request.
#[derive(Clone, Copy)]
pub(crate) struct NgramSample<'a> {
    /// The request.
    pub record: &'a PoolRecord,
    /// Whether a pipeline sent it.
    pub extraction: bool,
    /// Weight in the loss, about 1 on average.
    pub weight: f32,
}

/// A fitted model.
pub(crate) struct NgramModel {
    weights: Vec<f32>,
    bias: f32,
}

/// Size of the feature space: 2^20 leaves the few million distinct n-grams of a corpus with some collisions, mostly
/// between rare ones.
const FEATURES: usize = 1 << 20;
/// Most characters read of a request; more costs time and adds payload, not template.
const CHARACTERS_MAX: usize = 3_000;
/// Number of samples whose features are in memory at once.
const CHUNK: usize = 2_048;

impl NgramModel {
    /// Fits a model to samples. The same samples and recipe give the same model.
    pub(crate) fn fit(samples: &[NgramSample<'_>], recipe: &NgramRecipe) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed);
        let mut order = samples.to_vec();
        let mut model = Self {
            weights: vec![0.0; FEATURES],
            bias: 0.0,
        };
        // Not zero, so that a first gradient of any size is a finite step.
        let mut squares = vec![1e-4_f32; FEATURES + 1];
        for _ in 0..recipe.epochs {
            order.shuffle(&mut rng);
            for chunk in order.chunks(CHUNK) {
                let features: Vec<Vec<Feature>> = chunk
                    .par_iter()
                    .map(|sample| features(sample.record))
                    .collect();
                for (sample, features) in chunk.iter().zip(&features) {
                    model.learn(sample, features, &mut squares, recipe);
                }
            }
        }
        model
    }

    /// Returns the log-odds that a pipeline sent the request, under the balance of the training weights.
    pub(crate) fn score(&self, record: &PoolRecord) -> f32 {
        self.margin(&features(record))
    }

    fn margin(&self, features: &[Feature]) -> f32 {
        let terms = features
            .iter()
            .map(|feature| self.weights[feature.index as usize] * feature.value);
        terms.sum::<f32>() + self.bias
    }

    fn learn(
        &mut self,
        sample: &NgramSample<'_>,
        features: &[Feature],
        squares: &mut [f32],
        recipe: &NgramRecipe,
    ) {
        let probability = 1.0 / (1.0 + (-self.margin(features)).exp());
        let error = sample.weight * (probability - f32::from(u8::from(sample.extraction)));
        let update = |weight: &mut f32, square: &mut f32, gradient: f32| {
            *square += gradient * gradient;
            *weight -= recipe.learning_rate * gradient / square.sqrt();
        };
        for feature in features {
            let index = feature.index as usize;
            let weight = &mut self.weights[index];
            let gradient = error * feature.value + recipe.penalty * *weight;
            update(weight, &mut squares[index], gradient);
        }
        update(&mut self.bias, &mut squares[FEATURES], error);
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Feature {
    index: u32,
    value: f32,
}

fn features(record: &PoolRecord) -> Vec<Feature> {
    let texts = record
        .system
        .iter()
        .chain(record.messages.iter().map(|message| &message.content));
    let characters: Vec<char> = texts
        .flat_map(|text| text.expose().chars().chain([' ']))
        .flat_map(char::to_lowercase)
        .take(CHARACTERS_MAX)
        .collect();
    let mut grams = Vec::with_capacity(characters.len() * 4);
    for length in 2..=4 {
        let runs = characters.windows(length);
        grams.extend(runs.map(|run| hash(CHARACTER_GRAM, run.iter().copied())));
    }
    let words: Vec<&[char]> = characters
        .split(|character| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    grams.extend(
        words
            .iter()
            .map(|word| hash(WORD_GRAM, word.iter().copied())),
    );
    grams.extend(words.windows(2).map(|pair| {
        let between = [' '];
        let all = pair[0].iter().chain(&between).chain(pair[1]);
        hash(WORD_GRAM, all.copied())
    }));
    grams.sort_unstable();
    let mut features: Vec<Feature> = grams
        .chunk_by(|left, right| left == right)
        .map(|equal| Feature {
            index: equal[0],
            value: 1.0 + (equal.len() as f32).ln(),
        })
        .collect();
    let square: f32 = features
        .iter()
        .map(|feature| feature.value * feature.value)
        .sum();
    for feature in &mut features {
        feature.value /= square.sqrt();
    }
    features
}

/// Hash domain of character n-grams: kinds of n-gram never share a hash by spelling alone.
const CHARACTER_GRAM: u64 = 1;
const WORD_GRAM: u64 = 2;

fn hash(kind: u64, characters: impl Iterator<Item = char>) -> u32 {
    (hash_characters(kind, characters) % FEATURES as u64) as u32
}

/// The mean log-odds of an account's requests, as [`NgramModel`] scored them when they were read.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeanOdds;

impl Baseline for MeanOdds {
    fn name(&self) -> &'static str {
        "n-gram regression, mean"
    }

    fn form(&self) -> String {
        format!("account labels on up to {REQUESTS_MAX} requests of each account")
    }

    fn score(&self, steps: &[Step]) -> f64 {
        let sum: f64 = steps.iter().map(|step| f64::from(step.odds)).sum();
        sum / steps.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{MeanOdds, NgramModel, NgramRecipe, NgramSample, features};
    use crate::domain::PoolRecord;
    use crate::eval::baseline::Baseline;
    use crate::eval::baseline::samples::{record, step};
    use proptest::prelude::*;

    #[test]
    fn a_template_is_told_from_talk_on_words_not_met() {
        let pipeline = |n: usize| {
            record(&format!(
                "Rate answer {n} from 1 to 10 and explain the score."
            ))
        };
        let talk = |n: usize| {
            record(&format!(
                "What shall I cook on day {n} with what is in the fridge?"
            ))
        };
        let records: Vec<(PoolRecord, bool)> = (0..50)
            .flat_map(|n| [(pipeline(n), true), (talk(n), false)])
            .collect();
        let samples: Vec<NgramSample<'_>> = records
            .iter()
            .map(|(record, extraction)| NgramSample {
                record,
                extraction: *extraction,
                weight: 1.0,
            })
            .collect();
        let model = NgramModel::fit(&samples, &NgramRecipe::default());
        assert!(model.score(&pipeline(999)) > 0.0);
        assert!(model.score(&talk(999)) < 0.0);
        assert!(model.score(&record("score the answer from 1 to 5")) > model.score(&talk(7)));
        let again = NgramModel::fit(&samples, &NgramRecipe::default());
        assert_eq!(
            again.score(&talk(3)).to_bits(),
            model.score(&talk(3)).to_bits()
        );
    }

    #[test]
    fn an_account_scores_the_mean_of_its_requests() {
        let with = |odds| {
            let mut step = step();
            step.odds = odds;
            step
        };
        let score = MeanOdds.score(&[with(-2.0), with(0.5), with(3.0)]);
        assert!((score - 0.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn features_are_distinct_and_of_unit_length(text in "\\PC{0,400}") {
            let features = features(&record(&text));
            prop_assert!(features.windows(2).all(|pair| pair[0].index < pair[1].index));
            let length: f32 = features.iter().map(|feature| feature.value * feature.value).sum();
            prop_assert!(features.is_empty() || (length - 1.0).abs() < 1e-3);
        }
    }
}
