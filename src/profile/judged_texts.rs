//! Which texts were judged before, so that none counts again and again as evidence of what an account asks for.
//!
//! A mean over requests can be washed out by sending one honest prompt many times, and driven up by a standing
//! instruction that a client repeats in every call. So a text is judged [`TIMES`] times at most: more than once,
//! since drawing several answers to one prompt is a way of extracting, and often enough for a band, since one demand
//! may stand under many conversations. The memory is a table with one place for each remainder of the digest: a text
//! is known until another one takes its place.

use crate::domain::Digest;

/// Number of texts that are remembered at most.
const PLACES: usize = 128;

/// Number of times that one text is judged; the count takes the lowest bits of a tag.
const TIMES: u32 = 8;
const TIMES_MASK: u32 = TIMES - 1;

/// Tags of the latest texts with their counts, by place. Merging keeps the larger tag of each place, so it is exact in
/// every order. Update cost: one comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JudgedTexts {
    /// 0 where nothing was judged yet.
    pub(super) tags: [u32; PLACES],
}

impl JudgedTexts {
    pub(super) const fn empty() -> Self {
        Self { tags: [0; PLACES] }
    }

    /// Records a text; returns whether it was not known. For texts that a call only carries along, which are judged
    /// once.
    pub(super) fn is_new(&mut self, text: Digest) -> bool {
        let before = self.tags[place(text)] & !TIMES_MASK;
        self.is_to_be_judged(text);
        before != tag(text)
    }

    /// Records a text; returns whether it is to be judged.
    pub(super) fn is_to_be_judged(&mut self, text: Digest) -> bool {
        let first = tag(text);
        let tag = &mut self.tags[place(text)];
        if *tag & !TIMES_MASK != first {
            *tag = first;
            return true;
        }
        let again = *tag & TIMES_MASK < TIMES_MASK;
        *tag += u32::from(again);
        again
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (tag, other) in self.tags.iter_mut().zip(other.tags) {
            *tag = (*tag).max(other);
        }
    }
}

const fn place(text: Digest) -> usize {
    (text.0 % PLACES as u64) as usize
}

/// Returns the tag of a text that was judged once: the upper half of the digest, which has nothing to do with its
/// place. Never 0, which marks a vacant place.
fn tag(text: Digest) -> u32 {
    ((text.0 >> 32) as u32 & !TIMES_MASK).max(TIMES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_judged_eight_times_until_others_take_its_place() {
        let mut texts = JudgedTexts::empty();
        let digest = |n: u64| Digest(n << 40 | n);
        for time in 0..12 {
            assert!((1..=100).all(|n| texts.is_to_be_judged(digest(n)) == (time < TIMES)));
        }
        assert!(texts.is_to_be_judged(digest(1 + PLACES as u64)));
        assert!(texts.is_to_be_judged(digest(1)));
    }
}
