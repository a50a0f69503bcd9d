//! Labels of a template, such as `Question:` and `### Response:`: what remains when there are slots at both ends.

use super::tokens::{Ending, SLOT, Token, mix};

/// Maximum number of tokens in a label.
const LABEL_TOKENS_MAX: usize = 5;

/// Maximum number of distinct labels that are read.
const LABELS_MAX: usize = 8;

/// Minimum number of labels that identify a template: a single `Note:` says little.
const LABELS_MIN: usize = 2;

/// Hashes of the distinct labels of a text, in order.
pub(super) struct Labels {
    hashes: [u64; LABELS_MAX],
    count: usize,
}

impl Labels {
    /// Returns the labels of a masked text, if it has enough: words that start a line and end before a colon.
    pub(super) fn of(tokens: &[Token]) -> Option<Self> {
        let mut labels = Self {
            hashes: [0; LABELS_MAX],
            count: 0,
        };
        for (index, token) in tokens.iter().enumerate() {
            if token.starts_line
                && let Some(hash) = label_at(&tokens[index..])
            {
                labels.insert(hash);
            }
        }
        (labels.count >= LABELS_MIN).then_some(labels)
    }

    pub(super) fn hashes(&self) -> &[u64] {
        &self.hashes[..self.count]
    }

    fn insert(&mut self, hash: u64) {
        if self.count < LABELS_MAX && !self.hashes().contains(&hash) {
            self.hashes[self.count] = hash;
            self.count += 1;
        }
    }
}

/// Returns the hash of the label at the start of these tokens, if they start with one.
fn label_at(tokens: &[Token]) -> Option<u64> {
    let length = tokens
        .iter()
        .take(LABEL_TOKENS_MAX)
        .position(|token| token.ending > Ending::Nothing)?
        + 1;
    let label = &tokens[..length];
    let is_label =
        label[length - 1].ending == Ending::Label && label.iter().all(|token| token.hash != SLOT);
    is_label.then(|| label.iter().fold(0, |hash, token| mix(hash, token.hash)))
}
