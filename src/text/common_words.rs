//! Common words, which occur in many independent sources: templates are made of them, and other words fill the slots.

use std::collections::HashMap;

use super::tokens;

/// Number of 64-bit cells of the filter: 128 KiB, enough for about 60,000 words at a false-positive rate below 1%.
const CELLS: usize = 16 * 1024;

/// Number of bits that a word sets in its cell.
const BITS_PER_WORD: u32 = 5;

/// Maximum number of distinct words that a builder counts. Words first met beyond it are never common.
const WORDS_COUNTED_MAX: usize = 16 * 1024 * 1024;

/// A set of words, stored as a blocked Bloom filter: it may contain a few words too many, but never misses one.
///
/// Not keyed: it is part of a model bundle and holds words that many independent sources use.
#[derive(Clone, PartialEq, Eq)]
pub struct CommonWords {
    cells: Box<[u64]>,
}

/// Error for bytes that are not a set of common words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("common words: expected {expected} bytes, got {got}")]
pub struct CommonWordsError {
    /// Expected length in bytes.
    pub expected: usize,
    /// Actual length in bytes.
    pub got: usize,
}

impl CommonWords {
    /// Size of a set in bytes.
    pub const BYTES: usize = CELLS * 8;

    /// Returns a builder that counts words over sources.
    pub fn builder() -> CommonWordsBuilder {
        CommonWordsBuilder {
            words: HashMap::new(),
            sources: 0,
        }
    }

    /// Reads a set written by [`Self::to_bytes`].
    ///
    /// # Errors
    ///
    /// If the length is not [`Self::BYTES`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CommonWordsError> {
        let (cells, rest) = bytes.as_chunks::<8>();
        if cells.len() != CELLS || !rest.is_empty() {
            return Err(CommonWordsError {
                expected: Self::BYTES,
                got: bytes.len(),
            });
        }
        Ok(Self {
            cells: cells.iter().map(|cell| u64::from_le_bytes(*cell)).collect(),
        })
    }

    /// Returns the set as [`Self::BYTES`] bytes, the same on every machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.cells
            .iter()
            .flat_map(|cell| cell.to_le_bytes())
            .collect()
    }

    /// Returns whether a word is common, ignoring case. In scripts without spaces a pair of characters counts as a
    /// word.
    pub fn contains(&self, word: &str) -> bool {
        self.contains_hash(tokens::word_hash(word))
    }

    pub(super) fn contains_hash(&self, hash: u64) -> bool {
        let (cell, bits) = cell_and_bits(hash);
        self.cells[cell] & bits == bits
    }

    /// Returns an empty set.
    pub fn empty() -> Self {
        Self {
            cells: vec![0; CELLS].into(),
        }
    }

    fn insert_hash(&mut self, hash: u64) {
        let (cell, bits) = cell_and_bits(hash);
        self.cells[cell] |= bits;
    }
}

/// Returns the cell of a word and its bits in that cell.
fn cell_and_bits(hash: u64) -> (usize, u64) {
    let cell = (hash >> 50) as usize;
    let bits = (0..BITS_PER_WORD).fold(0, |bits, bit| bits | 1 << (hash >> (6 * bit) & 63));
    (cell, bits)
}

/// Counts the number of sources in which each word occurs.
pub struct CommonWordsBuilder {
    words: HashMap<u64, Count>,
    sources: u32,
}

/// The number of sources in which a word occurred, and the last of them.
struct Count {
    sources: u32,
    last: u32,
}

impl CommonWordsBuilder {
    /// Adds one source. Pass all of its texts at once, since a word counts once per source however often it occurs
    /// there.
    ///
    /// Long texts are read at both ends only, as for skeletons.
    pub fn add_source<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.sources += 1;
        let mut scratch = tokens::TokenScratch::default();
        for text in texts {
            for hash in tokens::words(text, &mut scratch) {
                self.count(hash);
            }
        }
    }

    /// Returns the words that occur in at least `sources_min` sources. The order of sources and texts makes no
    /// difference.
    ///
    /// Choose `sources_min` so that at most about 60,000 words qualify; a fuller set has more false positives.
    pub fn build(&self, sources_min: u32) -> CommonWords {
        let mut common = CommonWords::empty();
        for (&hash, count) in &self.words {
            if count.sources >= sources_min {
                common.insert_hash(hash);
            }
        }
        common
    }

    fn count(&mut self, hash: u64) {
        if self.words.len() >= WORDS_COUNTED_MAX && !self.words.contains_key(&hash) {
            return;
        }
        let count = self.words.entry(hash).or_insert(Count {
            sources: 0,
            last: 0,
        });
        if count.last != self.sources {
            *count = Count {
                sources: count.sources + 1,
                last: self.sources,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_counts_once_per_source() {
        let mut builder = CommonWords::builder();
        builder.add_source(["grade the answer", "GRADE grade grade"]);
        builder.add_source(["the answer, please"]);
        builder.add_source(["l'élève 请评分 The"]);
        let common = builder.build(2);
        assert!(common.contains("the") && common.contains("Answer"));
        assert!(
            !common.contains("grade") && !common.contains("please") && !common.contains("评分")
        );
        let all = builder.build(1);
        for word in ["grade", "ÉLÈVE", "评分", "请评"] {
            assert!(all.contains(word), "{word}");
        }
        let most = builder.build(3);
        assert!(most.contains("the") && !most.contains("answer"));
    }

    #[test]
    fn a_full_set_has_few_false_positives() {
        let mut common = CommonWords::empty();
        for number in 0..60_000 {
            common.insert_hash(tokens::word_hash(&format!("word{number}")));
        }
        let false_positives = (0..20_000)
            .filter(|number| common.contains(&format!("stranger{number}")))
            .count();
        assert!(false_positives < 300, "{false_positives} of 20,000");
    }

    #[test]
    fn other_lengths_are_refused() {
        let bytes = CommonWords::empty().to_bytes();
        for got in [0, 7, CommonWords::BYTES - 1, CommonWords::BYTES + 8] {
            let wrong: Vec<u8> = bytes.iter().copied().cycle().take(got).collect();
            let error = CommonWords::from_bytes(&wrong).err();
            assert_eq!(
                error,
                Some(CommonWordsError {
                    expected: CommonWords::BYTES,
                    got
                })
            );
        }
    }

    proptest! {
        #[test]
        fn every_added_word_is_found_after_a_round_trip(words in prop::collection::vec("[a-zа-я]{1,12}", 1..40)) {
            let mut builder = CommonWords::builder();
            builder.add_source(words.iter().map(String::as_str));
            let bytes = builder.build(1).to_bytes();
            let common = CommonWords::from_bytes(&bytes).expect("just written");
            prop_assert!(words.iter().all(|word| common.contains(&word.to_uppercase())));
            prop_assert_eq!(common.to_bytes(), bytes);
        }
    }
}
