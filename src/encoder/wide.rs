//! The wide member of the text model: linear scores over which tokens and neighbouring token pairs occur.
//!
//! `bias + sum of w_f over the m distinct features / sqrt(m + c)`: a text as a set, at about unit length. Without the
//! constant `c` a text of three words would be judged with as much force as a page. The pooled vectors know that words
//! are alike; this member knows exact wordings (Cheng et al. 2016, "Wide & Deep Learning"). On held-out
//! pipelines the two err on different requests: together they rank better than either alone.
//!
//! The request and the system prompt are scored by a model each, and the system prompt only adds: the log-odds are
//! `request + max(0, system)`. In one bag an innocent system prompt acquits whatever is asked under it, and so it is a
//! cloak; apart, on pipelines that were left out, requests were told from honest ones better.
//! Cost: two loads and a bit test per token.

use half::f16;

use super::{Channel, ChannelRows};
use crate::statistics::splitmix::mix;

/// Number of features for hashed token pairs. Beyond 2^17, more of them changed no figure on held-out pipelines.
pub(crate) const PAIR_FEATURES: usize = 1 << 17;

/// Added to the number of features before a text is scaled to unit length: below some forty a text says little.
const SHORT: f32 = 40.0;

/// Returns the value of each of `features` distinct features of a text.
pub(crate) fn feature_value(features: usize) -> f32 {
    1.0 / (features as f32 + SHORT).sqrt()
}

/// Two linear models over the distinct features of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Wide {
    tokens: usize,
    /// Judges what is asked.
    request: Linear,
    /// Judges the system prompt.
    system: Linear,
}

/// A linear model over features: the tokens, followed by [`PAIR_FEATURES`] pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Log-odds of each feature.
    pub weights: Vec<f32>,
    /// The constant term.
    pub bias: f32,
}

impl Linear {
    /// Returns the log-odds of a text with these distinct features.
    fn logit(&self, features: &[u32]) -> f32 {
        let sum: f32 = features
            .iter()
            .map(|feature| self.weights[*feature as usize])
            .sum();
        self.bias + sum * feature_value(features.len())
    }

    /// Rounds the weights to the 16 bits that are stored.
    fn rounded(self) -> Self {
        let rounded = self
            .weights
            .iter()
            .map(|weight| f16::from_f32(*weight).to_f32());
        Self {
            weights: rounded.collect(),
            bias: self.bias,
        }
    }
}

/// A set of features, one bit each, reused between requests.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    bits: Vec<u64>,
    features: Vec<u32>,
}

impl Wide {
    /// Builds the member of a vocabulary of `tokens` tokens, with weights rounded to the 16 bits that are stored.
    ///
    /// # Panics
    /// If there is not exactly one weight per feature. The trainer builds both, so they match.
    pub fn new(tokens: usize, request: Linear, system: Linear) -> Self {
        for linear in [&request, &system] {
            let count = feature_count(tokens);
            assert_eq!(linear.weights.len(), count, "one weight a feature");
        }
        Self {
            tokens,
            request: request.rounded(),
            system: system.rounded(),
        }
    }

    /// Returns the log-odds of a call, before they are weighed against those of the pooled vectors; 0 without text.
    pub fn logit(&self, rows: &ChannelRows, seen: &mut Seen) -> f32 {
        let asked = distinct_features(asked(rows), self.tokens, seen);
        if asked.is_empty() {
            return 0.0;
        }
        let request = self.request.logit(asked);
        let system = rows.channel(Channel::System);
        if system.is_empty() || rows.channel(Channel::Request).is_empty() {
            return request;
        }
        let system = distinct_features(system, self.tokens, seen);
        request + self.system.logit(system).max(0.0)
    }

    /// Returns about the log-odds of `rows` as a request, without looking for features that repeat: how telling a
    /// stretch is by its wording; 0 without text.
    pub(super) fn estimate(&self, rows: &[u32]) -> f32 {
        if rows.is_empty() {
            return 0.0;
        }
        let (tokens, pairs) = self.request.weights.split_at(self.tokens);
        let mut sum = 0.0;
        for &token in rows {
            sum += tokens[token as usize];
        }
        for two in rows.windows(2) {
            sum += pairs[pair(two[0], two[1]) as usize];
        }
        self.request.bias + sum * feature_value(rows.len() * 2 - 1)
    }

    /// Returns the model of what is asked.
    pub const fn request(&self) -> &Linear {
        &self.request
    }

    /// Returns the model of the system prompt.
    pub const fn system(&self) -> &Linear {
        &self.system
    }
}

/// Returns the channel of the text that asks: the request or, in a call that has none, the system prompt or what else
/// there is.
pub(crate) fn asking_channel(rows: &ChannelRows) -> Channel {
    [Channel::Request, Channel::System, Channel::History]
        .into_iter()
        .find(|channel| !rows.channel(*channel).is_empty())
        .unwrap_or(Channel::Request)
}

/// Returns the rows of the text that asks.
pub(crate) fn asked(rows: &ChannelRows) -> &[u32] {
    rows.channel(asking_channel(rows))
}

/// Returns the number of features for a vocabulary of `tokens` tokens.
pub const fn feature_count(tokens: usize) -> usize {
    tokens + PAIR_FEATURES
}

/// Returns the distinct tokens and neighbouring pairs of one text, in order of first occurrence.
///
/// # Panics
/// If a row is not a token of the vocabulary.
pub fn distinct_features<'s>(rows: &[u32], tokens: usize, seen: &'s mut Seen) -> &'s [u32] {
    seen.clear(feature_count(tokens));
    let mut before = None;
    for &token in rows {
        seen.insert(token);
        if let Some(before) = before {
            seen.insert(tokens as u32 + pair(before, token));
        }
        before = Some(token);
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

    const TOKENS: usize = 10;

    fn rows(system: &[u32], request: &[u32]) -> ChannelRows {
        let mut rows = ChannelRows::default();
        rows.channel_mut(Channel::System).extend(system);
        rows.channel_mut(Channel::Request).extend(request);
        rows
    }

    /// A member whose request model says `request` of token 1, and whose system model says `system` of it.
    fn member(request: f32, system: f32) -> Wide {
        let linear = |weight: f32| {
            let mut weights = vec![0.0; feature_count(TOKENS)];
            weights[1] = weight;
            Linear { weights, bias: 0.0 }
        };
        Wide::new(TOKENS, linear(request), linear(system))
    }

    #[test]
    fn a_repeated_feature_counts_once() {
        let mut seen = Seen::default();
        assert_eq!(distinct_features(&[1, 2], TOKENS, &mut seen).len(), 3);
        assert_eq!(distinct_features(&[1, 2, 1, 2], TOKENS, &mut seen).len(), 4);
    }

    #[test]
    fn no_text_gives_zero_log_odds() {
        let logit = member(3.0, 3.0).logit(&rows(&[], &[]), &mut Seen::default());
        assert!(logit.abs() < f32::EPSILON);
    }

    #[test]
    fn a_system_prompt_only_adds() {
        let mut seen = Seen::default();
        let mut of = |wide: &Wide, system: &[u32]| wide.logit(&rows(system, &[1]), &mut seen);
        let (accusing, clearing) = (member(2.0, 1.5), member(2.0, -5.0));
        let one = feature_value(1);
        assert!((of(&accusing, &[1]) - 3.5 * one).abs() < 1e-3);
        assert!((of(&clearing, &[1]) - 2.0 * one).abs() < 1e-3);
        assert!((of(&clearing, &[]) - 2.0 * one).abs() < 1e-3);
    }

    #[test]
    fn a_call_without_a_request_is_judged_by_its_system_prompt() {
        let logit = member(2.0, -5.0).logit(&rows(&[1], &[]), &mut Seen::default());
        assert!((logit - 2.0 * feature_value(1)).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn earlier_requests_leave_no_trace(
            first in proptest::collection::vec(0_u32..50, 0..40),
            second in proptest::collection::vec(0_u32..50, 0..40),
        ) {
            let mut used = Seen::default();
            distinct_features(&first, 50, &mut used);
            let again = distinct_features(&second, 50, &mut used).to_vec();
            let mut fresh = Seen::default();
            prop_assert_eq!(again, distinct_features(&second, 50, &mut fresh));
        }

        #[test]
        fn features_are_distinct_and_within_the_table(
            tokens in proptest::collection::vec(0_u32..50, 0..200),
        ) {
            let mut seen = Seen::default();
            let mut features = distinct_features(&tokens, 50, &mut seen).to_vec();
            let count = features.len();
            features.sort_unstable();
            features.dedup();
            prop_assert_eq!(features.len(), count);
            prop_assert!(features.iter().all(|feature| (*feature as usize) < feature_count(50)));
        }
    }
}
