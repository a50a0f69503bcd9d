//! Pieces of a skeleton by which accounts are linked.

use super::tokens::{SLOT, Token, mix};
use crate::{
    domain::Digest,
    privacy::{PseudonymKey, Purpose},
};

/// Number of tokens in a piece, which is digested as one.
const PIECE_TOKENS: usize = 5;

/// Minimum number of words in a piece; a piece of slots identifies nothing.
const PIECE_WORDS_MIN: usize = 3;

/// Returns four pieces of the skeleton: the least under each of four keyed orders (min-wise sampling), so that two
/// texts agree on each with a probability equal to the share of pieces that they have in common.
pub(super) fn identity(key: &PseudonymKey, tokens: &[Token]) -> [Digest; 4] {
    // The orders must be keyed, or texts could be written to collide. They need not be one-way, because
    // only the digest of the least piece leaves this function.
    let orders = key.orders();
    let mut least = [(u64::MAX, None); 4];
    for piece in tokens.windows(PIECE_TOKENS) {
        if piece.iter().filter(|token| token.hash != SLOT).count() < PIECE_WORDS_MIN {
            continue;
        }
        let sum = piece
            .iter()
            .zip(FACTORS)
            .fold(0, |sum: u64, (token, factor)| {
                sum.wrapping_add(token.hash.wrapping_mul(factor))
            });
        let piece = mix(sum, 0);
        for (least, order) in least.iter_mut().zip(orders) {
            let rank = piece.wrapping_mul(order);
            if rank < least.0 {
                *least = (rank, Some(piece));
            }
        }
    }
    least.map(|(_, piece)| {
        piece.map_or(Digest::NONE, |piece| {
            key.digest(Purpose::Identity, &piece.to_le_bytes())
        })
    })
}

/// Multipliers that distinguish the positions in a piece: odd numbers without a pattern.
const FACTORS: [u64; PIECE_TOKENS] = [
    0x9E37_79B9_7F4A_7C15,
    0xBF58_476D_1CE4_E5B9,
    0x94D0_49BB_1331_11EB,
    0xD6E8_FEB8_6659_FD93,
    0xA076_1D64_78BD_642F,
];
