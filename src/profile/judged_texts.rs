//! Which texts were judged before, so that none counts twice as evidence of what an account asks for.
//!
//! A mean over requests can be washed out by sending one honest prompt again and again, and driven up by a standing
//! instruction that a client repeats in every call. So a text is judged once. The memory is a table with one place for
//! each remainder of the digest: a text is known until another one takes its place.

use crate::domain::Digest;

/// Number of texts that are remembered at most.
const PLACES: usize = 128;

/// Tags of the latest texts, by place. Merging keeps the larger tag of each place, so it is exact in every order. Update
/// cost: one comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JudgedTexts {
    /// 0 where nothing was judged yet.
    pub(super) tags: [u32; PLACES],
}

impl JudgedTexts {
    pub(super) const fn empty() -> Self {
        Self { tags: [0; PLACES] }
    }

    /// Records a text; returns whether it was not known.
    pub(super) fn is_new(&mut self, text: Digest) -> bool {
        let place = (text.0 % PLACES as u64) as usize;
        // The upper half of the digest, which has nothing to do with its place.
        let tag = ((text.0 >> 32) as u32).max(1);
        std::mem::replace(&mut self.tags[place], tag) != tag
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (tag, other) in self.tags.iter_mut().zip(other.tags) {
            *tag = (*tag).max(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_new_once_until_others_take_its_place() {
        let mut texts = JudgedTexts::empty();
        let digest = |n: u64| Digest(n << 40 | n);
        assert!((1..=100).all(|n| texts.is_new(digest(n))));
        assert!((1..=100).all(|n| !texts.is_new(digest(n))));
        assert!(texts.is_new(digest(1 + PLACES as u64)));
        assert!(texts.is_new(digest(1)));
    }
}
