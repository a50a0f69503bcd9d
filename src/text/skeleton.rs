//! What stays of a text when its slots are cut out.

use super::{
    common_words::CommonWords,
    tokens::{SLOT, Token, mix},
};
use crate::{
    domain::Digest,
    privacy::{PseudonymKey, Purpose},
};

/// Stands in an identity where a text has no piece to be known by.
pub const NO_IDENTITY: Digest = Digest(u64::MAX);

/// Tokens of a head or tail.
const END_TOKENS_MAX: usize = 12;

/// Words that a head or tail needs before a clause may end it. Measured: with 4, templates such as "A new
/// question:" are lost; with 2, the speaker's name before each line of a role play passes for a template.
const END_WORDS_MIN: usize = 3;

/// Words, slots not counted, below which a text is too short to have a skeleton.
const WORDS_MIN: usize = 4;

/// Cuts out words that are not common and joins neighbouring slots, in place.
pub(super) fn mask(tokens: &mut Vec<Token>, common: &CommonWords) {
    let (mut words, mut known) = (0, 0);
    for token in tokens.iter_mut() {
        token.is_common = common.contains_hash(token.hash);
        words += usize::from(token.hash != SLOT);
        known += usize::from(token.is_common);
    }
    // A language that the set does not know would be cut out whole; keep its words instead.
    if known * 2 >= words {
        for token in tokens.iter_mut().filter(|token| !token.is_common) {
            token.hash = SLOT;
        }
    }
    tokens.dedup_by(|token, before| {
        let joined = token.hash == SLOT && before.hash == SLOT;
        before.ends_clause |= joined && token.ends_clause;
        joined
    });
}

/// The first tokens: up to the end of a clause, or 12.
pub(super) fn head(tokens: &[Token]) -> &[Token] {
    let mut words = 0;
    for (place, token) in tokens.iter().enumerate().take(END_TOKENS_MAX) {
        words += usize::from(token.hash != SLOT);
        if token.ends_clause && words >= END_WORDS_MIN {
            return &tokens[..=place];
        }
    }
    &tokens[..tokens.len().min(END_TOKENS_MAX)]
}

/// The last tokens: back to the end of a clause, or 12.
pub(super) fn tail(tokens: &[Token]) -> &[Token] {
    let mut words = 0;
    for (back, token) in tokens.iter().rev().enumerate().take(END_TOKENS_MAX) {
        if token.ends_clause && words >= END_WORDS_MIN {
            return &tokens[tokens.len() - back..];
        }
        words += usize::from(token.hash != SLOT);
    }
    &tokens[tokens.len().saturating_sub(END_TOKENS_MAX)..]
}

/// Whether so little is left that the text is its own skeleton.
pub(super) fn is_short(tokens: &[Token]) -> bool {
    tokens.iter().filter(|token| token.hash != SLOT).count() < WORDS_MIN
}

/// Tokens of a piece that accounts are linked by.
const PIECE_TOKENS: usize = 5;

/// Words among them; a piece of slots says nothing.
const PIECE_WORDS_MIN: usize = 3;

/// Four pieces of the skeleton: the least under each of four keyed orders (min-wise sampling), so that two
/// texts agree on each with a probability equal to the share of pieces that they have in common.
pub(super) fn identity(key: &PseudonymKey, tokens: &[Token]) -> [Digest; 4] {
    // The orders must be keyed, or texts could be written to collide; they need not be one-way, because
    // only the digest of the piece that comes out least leaves this function.
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
        piece.map_or(NO_IDENTITY, |piece| {
            key.digest(Purpose::Identity, &piece.to_le_bytes())
        })
    })
}

/// Tell the places in a piece apart: odd numbers without a pattern.
const FACTORS: [u64; PIECE_TOKENS] = [
    0x9E37_79B9_7F4A_7C15,
    0xBF58_476D_1CE4_E5B9,
    0x94D0_49BB_1331_11EB,
    0xD6E8_FEB8_6659_FD93,
    0xA076_1D64_78BD_642F,
];
