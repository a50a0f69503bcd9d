//! The wide member of the text model: a linear score over the tokens and neighbouring token pairs in a request.
//!
//! `bias + sum of w_f over the m distinct features / sqrt(m)`: the request as a set, at unit length. The pooled vectors
//! know that words are alike; this member knows exact wordings (Cheng et al. 2016, "Wide & Deep Learning"). On held-out
//! pipelines the two err on different requests: together they rank better than either alone.
//! Cost: two loads and a bit test per token.

use half::f16;

use super::{Channel, ChannelRows};
use crate::statistics::splitmix::mix;

/// Number of features for hashed token pairs. Beyond 2^17, more of them changed no figure on held-out pipelines.
pub(crate) const PAIR_FEATURES: usize = 1 << 17;

/// A linear model over the distinct features of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Wide {
    tokens: usize,
    weights: Vec<f32>,
    bias: f32,
}

/// A set of features, one bit each, reused between requests.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    bits: Vec<u64>,
    features: Vec<u32>,
}

impl Wide {
    /// Builds the model from the weights of `tokens` tokens followed by those of [`PAIR_FEATURES`] pairs, rounded to
    /// the 16 bits that are stored.
    ///
    /// # Panics
    /// If there is not exactly one weight per feature. The trainer builds both, so they match.
    pub fn new(tokens: usize, weights: &[f32], bias: f32) -> Self {
        assert_eq!(weights.len(), feature_count(tokens), "one weight a feature");
        let rounded = weights.iter().map(|weight| f16::from_f32(*weight).to_f32());
        Self {
            tokens,
            weights: rounded.collect(),
            bias,
        }
    }

    /// Returns the log-odds of a request, before they are weighed against those of the pooled vectors; 0 without text.
    pub fn logit(&self, rows: &ChannelRows, seen: &mut Seen) -> f32 {
        let features = distinct_features(rows, self.tokens, seen);
        if features.is_empty() {
            return 0.0;
        }
        let sum: f32 = features
            .iter()
            .map(|feature| self.weights[*feature as usize])
            .sum();
        self.bias + sum / (features.len() as f32).sqrt()
    }

    /// Returns about the log-odds of `rows` as a request, without looking for features that repeat: how telling a
    /// stretch is by its wording; 0 without text.
    pub(super) fn estimate(&self, rows: &[u32]) -> f32 {
        if rows.is_empty() {
            return 0.0;
        }
        let (tokens, pairs) = self.weights.split_at(self.tokens);
        let mut sum = 0.0;
        for &token in rows {
            sum += tokens[token as usize];
        }
        for two in rows.windows(2) {
            sum += pairs[pair(two[0], two[1]) as usize];
        }
        self.bias + sum / ((rows.len() * 2 - 1) as f32).sqrt()
    }

    /// Returns the weights, tokens first.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Returns the constant term.
    pub const fn bias(&self) -> f32 {
        self.bias
    }
}

/// Returns the number of features for a vocabulary of `tokens` tokens.
pub const fn feature_count(tokens: usize) -> usize {
    tokens + PAIR_FEATURES
}

/// Returns the distinct tokens and neighbouring pairs of all channels, in order of first occurrence.
///
/// # Panics
/// If a row is not a token of the vocabulary.
pub fn distinct_features<'s>(rows: &ChannelRows, tokens: usize, seen: &'s mut Seen) -> &'s [u32] {
    seen.clear(feature_count(tokens));
    for channel in Channel::ALL {
        let mut before = None;
        for &token in rows.channel(channel) {
            seen.insert(token);
            if let Some(before) = before {
                seen.insert(tokens as u32 + pair(before, token));
            }
            before = Some(token);
        }
    }
    &seen.features
}

impl Seen {
    /// Clears the features of the last request, at a cost proportional to their number.
    fn clear(&mut self, count: usize) {
        for feature in self.features.drain(..) {
            self.bits[feature as usize / 64] = 0;
        }
        self.bits.resize(count.div_ceil(64), 0);
    }

    fn insert(&mut self, feature: u32) {
        let (word, bit) = (feature as usize / 64, 1 << (feature % 64));
        if self.bits[word] & bit == 0 {
            self.bits[word] |= bit;
            self.features.push(feature);
        }
    }
}

/// Returns the index of a token pair among the pair features.
const fn pair(left: u32, right: u32) -> u32 {
    let both = (left as u64) << 32 | right as u64;
    (mix(both) % PAIR_FEATURES as u64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(request: &[u32], history: &[u32]) -> ChannelRows {
        let mut rows = ChannelRows::default();
        rows.channel_mut(Channel::Request).extend(request);
        rows.channel_mut(Channel::History).extend(history);
        rows
    }

    #[test]
    fn a_repeated_feature_counts_once_and_pairs_end_with_their_channel() {
        let mut seen = Seen::default();
        let once = distinct_features(&rows(&[1, 2], &[]), 10, &mut seen).len();
        assert_eq!(once, 3);
        assert_eq!(
            distinct_features(&rows(&[1, 2, 1, 2], &[]), 10, &mut seen).len(),
            4
        );
        assert_eq!(distinct_features(&rows(&[1], &[2]), 10, &mut seen).len(), 2);
    }

    #[test]
    fn no_text_gives_zero_log_odds() {
        let wide = Wide::new(10, &vec![1.0; feature_count(10)], 3.0);
        let logit = wide.logit(&rows(&[], &[]), &mut Seen::default());
        assert!(logit.abs() < f32::EPSILON);
    }

    proptest! {
        #[test]
        fn earlier_requests_leave_no_trace(
            first in proptest::collection::vec(0_u32..50, 0..40),
            second in proptest::collection::vec(0_u32..50, 0..40),
        ) {
            let mut used = Seen::default();
            distinct_features(&rows(&first, &second), 50, &mut used);
            let again = distinct_features(&rows(&second, &first), 50, &mut used).to_vec();
            let mut fresh = Seen::default();
            prop_assert_eq!(again, distinct_features(&rows(&second, &first), 50, &mut fresh));
        }

        #[test]
        fn features_are_distinct_and_within_the_table(
            tokens in proptest::collection::vec(0_u32..50, 0..200),
        ) {
            let mut seen = Seen::default();
            let mut features = distinct_features(&rows(&tokens, &[]), 50, &mut seen).to_vec();
            let count = features.len();
            features.sort_unstable();
            features.dedup();
            prop_assert_eq!(features.len(), count);
            prop_assert!(features.iter().all(|feature| (*feature as usize) < feature_count(50)));
        }
    }
}
