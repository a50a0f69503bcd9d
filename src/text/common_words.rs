//! Words that occur in many independent sources: what a template is made of, as opposed to what fills it.

use std::collections::HashMap;

use super::tokens;

/// 64-bit cells of the filter: 128 KiB, for up to about 60,000 words at a false-positive rate below 1%.
const CELLS: usize = 16 * 1024;

/// Bits that a word sets in its cell.
const BITS_PER_WORD: u32 = 5;

/// Distinct words that a builder counts. Words first met past the bound are never common.
const WORDS_COUNTED_MAX: usize = 16 * 1024 * 1024;

/// A set of words, kept as a blocked Bloom filter: it may hold a few words too many, never one too few.
///
/// Not keyed: it is part of a model bundle, made of words that many independent sources use.
#[derive(Clone, PartialEq, Eq)]
pub struct CommonWords {
    cells: Box<[u64]>,
}

/// Bytes that are not a set of common words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("common words: expected {expected} bytes, got {got}")]
pub struct CommonWordsError {
    /// Bytes that a set takes.
    pub expected: usize,
    /// Actual length in bytes.
    pub got: usize,
}

impl CommonWords {
    /// Bytes that a set takes.
    pub const BYTES: usize = CELLS * 8;

    /// Starts a count of words over sources.
    pub fn builder() -> CommonWordsBuilder {
        CommonWordsBuilder {
            words: HashMap::new(),
            sources: 0,
        }
    }

    /// The set that [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// When there are more or fewer than [`Self::BYTES`].
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

    /// The set as [`Self::BYTES`] bytes, the same on every machine.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.cells
            .iter()
            .flat_map(|cell| cell.to_le_bytes())
            .collect()
    }

    /// Whether a word is common, whatever its case. A pair of characters is a word where words have no spaces.
    pub fn contains(&self, word: &str) -> bool {
        self.contains_hash(tokens::word_hash(word))
    }

    pub(super) fn contains_hash(&self, hash: u64) -> bool {
        let (cell, bits) = place(hash);
        self.cells[cell] & bits == bits
    }

    /// A set of no words.
    pub fn empty() -> Self {
        Self {
            cells: vec![0; CELLS].into(),
        }
    }

    fn insert_hash(&mut self, hash: u64) {
        let (cell, bits) = place(hash);
        self.cells[cell] |= bits;
    }
}

/// The cell of a word, and its bits there.
fn place(hash: u64) -> (usize, u64) {
    let cell = (hash >> 50) as usize;
    let bits = (0..BITS_PER_WORD).fold(0, |bits, bit| bits | 1 << (hash >> (6 * bit) & 63));
    (cell, bits)
}

/// Counts in how many sources each word occurs.
pub struct CommonWordsBuilder {
    words: HashMap<u64, Count>,
    sources: u32,
}

/// How many sources a word was met in, and the last of them.
struct Count {
    sources: u32,
    last: u32,
}

impl CommonWordsBuilder {
    /// Adds one source: all of its texts at once, since a word counts once a source however often it uses it.
    ///
    /// Long texts are read at both ends only, as skeletons are.
    pub fn add_source<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        self.sources += 1;
        let mut scratch = tokens::TokenScratch::default();
        for text in texts {
            for hash in tokens::words(text, &mut scratch) {
                self.count(hash);
            }
        }
    }

    /// The words met in at least `sources_min` sources. The order of sources and texts makes no difference.
    ///
    /// Choose `sources_min` so that at most about 60,000 words are in it; a fuller set admits strangers.
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
    fn a_word_counts_once_a_source() {
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
    fn a_full_set_admits_few_strangers() {
        let mut common = CommonWords::empty();
        for number in 0..60_000 {
            common.insert_hash(tokens::word_hash(&format!("word{number}")));
        }
        let strangers = (0..20_000)
            .filter(|number| common.contains(&format!("stranger{number}")))
            .count();
        assert!(strangers < 300, "{strangers} of 20,000");
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
