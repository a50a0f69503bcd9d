//! Sketch of a text: a sample of its word pairs, from which the overlap of two texts is estimated.
//!
//! Bottom-k sketches (Broder 1997, "On the resemblance and containment of documents").

use super::text_hash::hash_characters;

/// Most word pairs kept of a request: an overlap of one half is estimated with a standard error of 9 points.
const KEPT: usize = 32;
/// Hash domain of word pairs; those of the n-gram model are 1 and 2.
const WORD_PAIR: u64 = 3;

/// The smallest hashes of a request's distinct word pairs, ascending; all of them where there are few.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sketch(Vec<u32>);

impl Sketch {
    /// Builds the sketch of a text.
    pub(crate) fn of(text: &str) -> Self {
        let words = words(text);
        let pairs = words.windows(2).map(|pair| {
            let characters = pair[0].chars().chain([' ']).chain(pair[1].chars());
            (hash_characters(WORD_PAIR, characters) >> 32) as u32
        });
        let mut hashes: Vec<u32> = pairs.collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes.truncate(KEPT);
        hashes.shrink_to_fit();
        Self(hashes)
    }

    /// Estimates the Jaccard coefficient, within [0, 1]; exact for short texts, 0 for a text without a word pair.
    pub(super) fn overlap(&self, other: &Self) -> f64 {
        let (mut left, mut right) = (self.0.as_slice(), other.0.as_slice());
        let (mut union, mut shared) = (0, 0);
        while union < KEPT {
            let smallest = match (left.first(), right.first()) {
                (Some(a), Some(b)) => *a.min(b),
                (Some(only), None) | (None, Some(only)) => *only,
                (None, None) => break,
            };
            union += 1;
            let (in_left, in_right) = (
                left.first() == Some(&smallest),
                right.first() == Some(&smallest),
            );
            left = &left[usize::from(in_left)..];
            right = &right[usize::from(in_right)..];
            shared += usize::from(in_left && in_right);
        }
        shared as f64 / union.max(1) as f64
    }
}

/// Splits into lower-cased runs of letters and digits; in scripts written without spaces every character is a word.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for character in text.chars().flat_map(char::to_lowercase) {
        let spaceless = ('\u{2e80}'..='\u{9fff}').contains(&character);
        if spaceless || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (character.is_alphanumeric(), words.last_mut()) {
            word.push(character);
        }
        if spaceless {
            words.push(String::new());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_of_scripts_with_and_without_spaces() {
        assert_eq!(words("Don't 问我2x"), ["don", "t", "问", "我", "2x"]);
        assert!(words(" ,. ").is_empty());
    }

    proptest! {
        #[test]
        fn short_texts_are_exact(
            left in prop::collection::vec("[a-d]", 0..12),
            right in prop::collection::vec("[a-d]", 0..12),
        ) {
            let pairs = |words: &[String]| -> BTreeSet<(String, String)> {
                words.windows(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
            };
            let (a, b) = (pairs(&left), pairs(&right));
            let union = a.union(&b).count();
            let expected = a.intersection(&b).count() as f64 / union.max(1) as f64;
            let (left, right) = (Sketch::of(&left.join(" ")), Sketch::of(&right.join(" ")));
            prop_assert!((left.overlap(&right) - expected).abs() < 1e-12);
            prop_assert!((right.overlap(&left) - expected).abs() < 1e-12);
        }
    }
}
