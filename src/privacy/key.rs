//! The pseudonym key of a deployment.

use super::{Digester, Purpose};
use crate::domain::{AccountKey, Digest};

/// The secret key under which names and text become pseudonyms.
///
/// Two deployments with different keys cannot compare their digests, and nobody without the key can test
/// whether a digest belongs to a guessed text. It has no `Debug`, `Display` or `Serialize`.
///
/// ```compile_fail
/// let key = stillwatch::privacy::PseudonymKey::from_bytes([7; 32]);
/// println!("{key:?}");
/// ```
#[derive(Clone)]
pub struct PseudonymKey {
    // One subkey per purpose, derived once, so that a digest costs one keyed hash.
    subkeys: [[u8; 32]; Purpose::ALL.len()],
    orders: [u64; 4],
}

impl PseudonymKey {
    /// The bytes of the key for offline runs.
    ///
    /// Public, so it hides nothing. It is for commands whose digests do not outlive the run and whose results must be
    /// the same on every machine. A server generates a secret of its own and keeps it apart from its data.
    pub const OFFLINE: [u8; 32] = *b"stillwatch offline: not a secret";

    /// Derives the subkeys of all purposes from 32 secret bytes.
    pub fn from_bytes(secret: [u8; 32]) -> Self {
        let derive = |context: &str| *blake3::keyed_hash(&secret, context.as_bytes()).as_bytes();
        let orders = derive("stillwatch v1 orders");
        Self {
            subkeys: Purpose::ALL.map(|purpose| derive(purpose.context())),
            orders: std::array::from_fn(|order| {
                orders[order * 8..][..8]
                    .iter()
                    .fold(0, |number, &byte| number << 8 | u64::from(byte))
                    | 1
            }),
        }
    }

    /// Returns the key for offline runs, derived from [`Self::OFFLINE`].
    pub fn offline() -> Self {
        Self::from_bytes(Self::OFFLINE)
    }

    /// Returns the digest of one text; the same as a [`Digester`] fed with that one part.
    pub fn digest(&self, purpose: Purpose, text: &[u8]) -> Digest {
        let mut digester = self.digester(purpose);
        digester.part(text);
        digester.finish()
    }

    /// Starts a digest of several parts.
    pub fn digester(&self, purpose: Purpose) -> Digester {
        Digester::new(&self.subkeys[purpose as usize])
    }

    /// Returns four secret odd numbers. Multiplying hashes by one of them puts them in an order that nobody without the
    /// key can predict, for choosing a sample that accounts agree on (min-wise sampling).
    pub fn orders(&self) -> [u64; 4] {
        self.orders
    }

    /// Returns the pseudonym of an account: 128 bits, so that no two of a provider's accounts share one by chance.
    pub fn account(&self, account: &str) -> AccountKey {
        let mut digester = self.digester(Purpose::Account);
        digester.part(account.as_bytes());
        AccountKey(digester.finish_wide())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_purpose_has_its_own_key_at_its_own_index() {
        let key = PseudonymKey::offline();
        let distinct: BTreeSet<Digest> = Purpose::ALL
            .iter()
            .map(|&purpose| key.digest(purpose, b"same text"))
            .collect();
        assert_eq!(distinct.len(), Purpose::ALL.len());
        for (index, purpose) in Purpose::ALL.into_iter().enumerate() {
            assert_eq!(purpose as usize, index);
        }
    }

    /// Stored digests must survive an upgrade: changing these values changes the key epoch.
    #[test]
    fn digests_are_stable_across_versions() {
        let key = PseudonymKey::offline();
        assert_eq!(
            key.digest(Purpose::Prompt, b"hello"),
            Digest(562_186_503_859_348_686)
        );
        assert_eq!(
            key.account("acc-1"),
            AccountKey(295_797_646_571_771_886_928_607_381_672_444_849_797)
        );
    }

    proptest! {
        #[test]
        fn another_key_gives_another_digest(a: [u8; 32], b: [u8; 32], text: Vec<u8>) {
            prop_assume!(a != b);
            let (a, b) = (PseudonymKey::from_bytes(a), PseudonymKey::from_bytes(b));
            prop_assert_ne!(a.digest(Purpose::Slots, &text), b.digest(Purpose::Slots, &text));
        }

        #[test]
        fn other_text_gives_another_digest(a: String, b: String) {
            prop_assume!(a != b);
            let key = PseudonymKey::offline();
            prop_assert_ne!(key.account(&a), key.account(&b));
            prop_assert_ne!(
                key.digest(Purpose::Model, a.as_bytes()),
                key.digest(Purpose::Model, b.as_bytes())
            );
        }
    }
}
