//! A keyed digest of several parts, computed incrementally and without allocation.

use crate::domain::Digest;

/// An incremental keyed digest of several parts.
///
/// Parts are delimited: ("ab", "c"), ("a", "bc") and ("abc") give three different digests. Created by
/// [`PseudonymKey::digester`](super::PseudonymKey::digester).
pub struct Digester {
    hasher: blake3::Hasher,
    part_bytes: u64,
}

impl Digester {
    pub(super) fn new(subkey: &[u8; 32]) -> Self {
        Self {
            hasher: blake3::Hasher::new_keyed(subkey),
            part_bytes: 0,
        }
    }

    /// Adds one whole part.
    pub fn part(&mut self, bytes: &[u8]) {
        self.piece(bytes);
        self.end_part();
    }

    /// Adds a number as a part.
    pub fn number(&mut self, number: u64) {
        self.part(&number.to_le_bytes());
    }

    /// Appends bytes to the current part; [`Self::end_part`] closes it.
    pub fn piece(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.part_bytes += bytes.len() as u64;
    }

    /// Closes the current part.
    pub fn end_part(&mut self) {
        // The length comes after the bytes, because a streamed part does not know it in advance. Read from the end, the
        // sequence still has only one reading.
        self.hasher.update(&self.part_bytes.to_le_bytes());
        self.part_bytes = 0;
    }

    /// Returns the 64-bit digest of all closed parts.
    pub fn finish(self) -> Digest {
        Digest(self.finish_wide() as u64)
    }

    /// Returns the 128-bit digest of all closed parts.
    pub(super) fn finish_wide(mut self) -> u128 {
        if self.part_bytes > 0 {
            self.end_part();
        }
        let mut wide = [0; 16];
        wide.copy_from_slice(&self.hasher.finalize().as_bytes()[..16]);
        u128::from_le_bytes(wide)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::domain::Digest;
    use crate::privacy::{PseudonymKey, Purpose};

    fn of_parts(parts: &[Vec<u8>]) -> Digest {
        let mut digester = PseudonymKey::offline().digester(Purpose::Prompt);
        for part in parts {
            digester.part(part);
        }
        digester.finish()
    }

    #[test]
    fn a_part_that_contains_a_delimiter_is_one_part() {
        let forged = [b"ab".as_slice(), &2_u64.to_le_bytes(), b"c"].concat();
        assert_ne!(
            of_parts(&[forged]),
            of_parts(&[b"ab".to_vec(), b"c".to_vec()])
        );
        assert_ne!(of_parts(&[]), of_parts(&[vec![]]));
        assert_ne!(of_parts(&[vec![]]), of_parts(&[vec![], vec![]]));
    }

    proptest! {
        #[test]
        fn other_parts_give_another_digest(
            a in prop::collection::vec(prop::collection::vec(0_u8..3, 0..4), 0..4),
            b in prop::collection::vec(prop::collection::vec(0_u8..3, 0..4), 0..4),
        ) {
            prop_assert_eq!(a == b, of_parts(&a) == of_parts(&b));
        }

        #[test]
        fn a_part_does_not_depend_on_how_it_is_split(part: Vec<u8>, cut in 0_usize..64) {
            let mut digester = PseudonymKey::offline().digester(Purpose::Prompt);
            let (left, right) = part.split_at(cut.min(part.len()));
            digester.piece(left);
            digester.piece(right);
            digester.end_part();
            prop_assert_eq!(digester.finish(), of_parts(&[part]));
        }
    }
}
