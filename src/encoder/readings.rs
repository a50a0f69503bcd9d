//! Other readings of the same call, so that what surrounds a request neither hides nor dilutes it.
//!
//! The text model judges what is asked by head and tail of the request. A demand that is split between system prompt
//! and request, filler around it or a trailing turn then hides it. So the call is read again, and the strongest
//! reading counts:
//! - the request together with its system prompt, as if the user had said both;
//! - the stretch of the request that by its wording is the most telling, if the request is long;
//! - of the texts elsewhere in the call (earlier turns, documents, tools' results and descriptions), the most telling.
//!
//! Which stretch is the most telling is decided by the wide member's weights alone, one addition a token. Only the
//! winner is evaluated in full, and only if its wording does not speak against it.

use super::wide::Wide;
use crate::statistics::splitmix::mix;

/// Tokens of a stretch, some 500 bytes: as long as an instruction, short enough that filler does not fit beside it.
const STRETCH: usize = 128;
/// Distance between the starts of two stretches.
const STEP: usize = 64;
/// Tokens from which on a request is long: below it a stretch would be most of it.
pub(super) const LONG: usize = 160;

/// Most bytes of a long request that are read besides its head and tail.
const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Most bytes that are read of the texts elsewhere in a call, and of one of them.
const ELSEWHERE_BYTES_MAX: usize = 4 * 1024;
const ELSEWHERE_TEXT_MAX: usize = 2 * 1024;
/// Fewest tokens of a text elsewhere that is read: a few words have hardly any wording to judge them by.
pub(super) const ELSEWHERE_TOKENS_MIN: usize = 16;
/// Bytes of one of the pieces that a text over its bound is read in.
const PIECE_BYTES: usize = 512;

/// Log-odds by wording alone below which a part is not evaluated: it could not be telling, or hardly ever.
const ESTIMATE_MIN: f32 = -2.0;

/// Returns whether a part may be telling by itself.
pub(super) fn may_be_telling(rows: &[u32], wide: &Wide) -> bool {
    wide.estimate(rows) > ESTIMATE_MIN
}

/// Returns the stretch of `rows` with the most telling wording and its log-odds by wording.
pub(super) fn most_telling<'r>(rows: &'r [u32], wide: &Wide) -> (&'r [u32], f32) {
    if rows.len() <= STRETCH {
        return (rows, wide.estimate(rows));
    }
    let starts = (0..rows.len() - STRETCH)
        .step_by(STEP)
        .chain([rows.len() - STRETCH]);
    let stretches = starts.map(|start| &rows[start..start + STRETCH]);
    stretches
        .map(|stretch| (stretch, wide.estimate(stretch)))
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .unwrap_or((rows, f32::NEG_INFINITY))
}

/// Passes on the pieces of a long request that are read: all of it, or its ends and pieces spread evenly between them.
pub(super) fn request_pieces<'t>(text: &'t str, take: impl FnMut(&'t str)) {
    pieces(text, REQUEST_BYTES_MAX, take);
}

/// Passes on the pieces of the texts elsewhere in a call that are read, text by text.
pub(super) fn elsewhere_pieces<'t>(
    texts: impl Iterator<Item = &'t str>,
    mut take: impl FnMut(usize, &'t str),
) {
    let mut left = ELSEWHERE_BYTES_MAX;
    for (index, text) in texts.enumerate() {
        if left < PIECE_BYTES {
            return;
        }
        let room = left.min(ELSEWHERE_TEXT_MAX);
        pieces(text, room, |piece| take(index, piece));
        left -= room.min(text.len());
    }
}

/// Passes on a text if it has at most `bytes`, else as many pieces as fit: both ends, and the others spread evenly,
/// each moved within its part of the text by as much as the text itself decides, so that no place is never read.
fn pieces<'t>(text: &'t str, bytes: usize, mut take: impl FnMut(&'t str)) {
    if text.len() <= bytes {
        return take(text);
    }
    let count = (bytes / PIECE_BYTES).max(2);
    let last = text.len() - PIECE_BYTES.min(text.len());
    let gap = last / (count - 1);
    let lot = text
        .as_bytes()
        .iter()
        .step_by(97)
        .fold(text.len() as u64, |lot, &byte| mix(lot ^ u64::from(byte)));
    for piece in 0..count {
        let moved = match piece {
            0 => 0,
            _ if piece == count - 1 => 0,
            _ => (mix(lot ^ piece as u64) % gap.max(1) as u64) as usize,
        };
        let start = (last * piece / (count - 1) + moved).min(last);
        let start = text.floor_char_boundary(start);
        let end = text.floor_char_boundary((start + PIECE_BYTES).min(text.len()));
        take(&text[start..end]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_are_within_their_bound_and_have_both_ends(
            text in "\\PC{0,3000}",
            bytes in 1024_usize..4096,
        ) {
            let mut read: Vec<&str> = Vec::new();
            pieces(&text, bytes, |piece| read.push(piece));
            prop_assert!(read.iter().map(|piece| piece.len()).sum::<usize>() <= bytes);
            prop_assert!(text.starts_with(read.first().copied().unwrap_or_default()));
            let end = read.last().copied().unwrap_or_default();
            prop_assert!(text.len() <= bytes || text.ends_with(end) || text.len() - end.len() > 0);
        }
    }
}
