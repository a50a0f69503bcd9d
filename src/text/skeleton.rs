//! The skeleton of a text: what remains when its slots are cut out.

use super::{
    common_words::CommonWords,
    tokens::{Ending, SLOT, Token},
};

/// Maximum number of tokens in a head or tail.
const END_TOKENS_MAX: usize = 12;

/// Minimum number of words in a head or tail before a clause may end it. Measured: with 4, templates such as "A new
/// question:" are lost; with 2, the speaker's name before each line of a role play passes for a template.
const END_WORDS_MIN: usize = 3;

/// Minimum number of words, not counting slots, for a text to have a skeleton.
const WORDS_MIN: usize = 4;

/// Replaces words that are not common by slots and merges neighbouring slots, in place.
pub(super) fn mask(tokens: &mut Vec<Token>, common: &CommonWords) {
    let (mut words, mut known) = (0, 0);
    for token in tokens.iter_mut() {
        let is_word = token.hash != SLOT;
        token.is_common = is_word && common.contains_hash(token.hash);
        words += usize::from(is_word);
        known += usize::from(token.is_common);
    }
    // A language that the set does not cover would be cut out entirely; keep its words instead.
    if known * 2 >= words {
        for token in tokens.iter_mut().filter(|token| !token.is_common) {
            token.hash = SLOT;
        }
    }
    tokens.dedup_by(|token, before| {
        let joined = token.hash == SLOT && before.hash == SLOT;
        if joined {
            before.ending = before.ending.max(token.ending);
        }
        joined
    });
}

/// Returns the first tokens: up to the end of a clause, or 12.
pub(super) fn head(tokens: &[Token]) -> &[Token] {
    let mut words = 0;
    for (index, token) in tokens.iter().enumerate().take(END_TOKENS_MAX) {
        words += usize::from(token.hash != SLOT);
        if token.ending > Ending::Nothing && words >= END_WORDS_MIN {
            return &tokens[..=index];
        }
    }
    &tokens[..tokens.len().min(END_TOKENS_MAX)]
}

/// Returns the last tokens: back to the end of a clause, or 12.
pub(super) fn tail(tokens: &[Token]) -> &[Token] {
    let mut words = 0;
    for (back, token) in tokens.iter().rev().enumerate().take(END_TOKENS_MAX) {
        if token.ending > Ending::Nothing && words >= END_WORDS_MIN {
            return &tokens[tokens.len() - back..];
        }
        words += usize::from(token.hash != SLOT);
    }
    &tokens[tokens.len().saturating_sub(END_TOKENS_MAX)..]
}

/// Returns whether so few words remain that the text is its own skeleton.
pub(super) fn is_short(tokens: &[Token]) -> bool {
    tokens.iter().filter(|token| token.hash != SLOT).count() < WORDS_MIN
}
