//! A sketch of an account's rarest skeleton pieces, by which accounts can be linked.
//!
//! `MinHash` (Broder 1997): for each of 32 hash functions the minimum over the set. Two sets agree at a position with
//! probability equal to their Jaccard similarity. Minima merge exactly in every order.

use crate::domain::{Digest, Observation};
use crate::statistics::splitmix::mix;

/// Number of hash functions.
pub(crate) const MINHASH_LENGTH: usize = 32;

/// The sketch of one account. Update cost: 128 multiplications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkageSketch {
    /// The largest number if nothing was seen.
    pub(super) minima: [u32; MINHASH_LENGTH],
}

impl LinkageSketch {
    pub(super) const fn empty() -> Self {
        Self {
            minima: [u32::MAX; MINHASH_LENGTH],
        }
    }

    pub(super) fn update(&mut self, observation: &Observation) {
        for digest in observation.identity {
            // A text with fewer pieces is padded with `Digest::NONE`.
            if digest != Digest::NONE {
                for (minimum, hash) in self.minima.iter_mut().zip(hashes(digest)) {
                    *minimum = (*minimum).min(hash);
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (own, other) in self.minima.iter_mut().zip(other.minima) {
            *own = (*own).min(other);
        }
    }

    /// Returns the estimated Jaccard similarity of the two sets of rare pieces, with a standard error of at most 9%;
    /// `None` if either is empty.
    pub fn resemblance(&self, other: &Self) -> Option<f64> {
        if self.is_blank() || other.is_blank() {
            return None;
        }
        let agreeing = self
            .minima
            .iter()
            .zip(&other.minima)
            .filter(|(own, other)| own == other);
        Some(agreeing.count() as f64 / MINHASH_LENGTH as f64)
    }

    /// Returns the minima, for an index over accounts; `None` before the first rare piece.
    pub fn minima(&self) -> Option<&[u32; MINHASH_LENGTH]> {
        (!self.is_blank()).then_some(&self.minima)
    }

    fn is_blank(&self) -> bool {
        self.minima.iter().all(|&minimum| minimum == u32::MAX)
    }
}

/// Returns 32 hashes of one digest: multiply-shift with fixed odd multipliers over its mixed bits.
fn hashes(digest: Digest) -> impl Iterator<Item = u32> {
    const MULTIPLIERS: [u64; MINHASH_LENGTH] = {
        let mut multipliers = [0; MINHASH_LENGTH];
        let mut i = 0;
        while i < MINHASH_LENGTH {
            multipliers[i] = mix(i as u64) | 1;
            i += 1;
        }
        multipliers
    };
    let mixed = mix(digest.0);
    MULTIPLIERS
        .into_iter()
        .map(move |multiplier| (mixed.wrapping_mul(multiplier) >> 32) as u32)
}
