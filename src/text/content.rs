//! The content of a text, ignoring case and white space, so that two requests that ask the same thing are the same.

use super::letters::{ascii_runs, is_lower};

/// Bytes read before a piece is passed on; many BLAKE3 chunks, so that hashing runs at full width.
const PIECE_BYTES: usize = 8 * 1024;

/// Bytes copied at once if their white space needs no change.
const BLOCK_BYTES: usize = 64;

/// Passes the text to `take` in pieces: lower-cased, trimmed, and with each run of white space replaced by one space.
///
/// `buffer` is reused memory; its previous content is dropped.
pub(super) fn push_content(text: &str, buffer: &mut Vec<u8>, mut take: impl FnMut(&[u8])) {
    let mut rest = text.trim();
    let mut after_space = false;
    while !rest.is_empty() {
        let (piece, next) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        buffer.clear();
        for (ascii, other) in ascii_runs(piece) {
            push_ascii(ascii.as_bytes(), &mut after_space, buffer);
            push_unicode(other, &mut after_space, buffer);
        }
        buffer.make_ascii_lowercase();
        take(buffer);
        rest = next;
    }
}

fn push_ascii(piece: &[u8], after_space: &mut bool, buffer: &mut Vec<u8>) {
    for block in piece.chunks(BLOCK_BYTES) {
        if *after_space || has_odd_space(block) {
            for &byte in block {
                let is_space = is_ascii_space(byte);
                if !(is_space && *after_space) {
                    buffer.push(if is_space { b' ' } else { byte });
                }
                *after_space = is_space;
            }
        } else {
            buffer.extend_from_slice(block);
            *after_space = block.last() == Some(&b' ');
        }
    }
}

/// Returns whether a block has white space other than single blanks. No early exit, so that it compiles to wide
/// instructions.
fn has_odd_space(block: &[u8]) -> bool {
    let controls = block
        .iter()
        .fold(0, |odd, &byte| odd | u8::from(byte < b' '));
    let pairs = block.iter().zip(block.iter().skip(1));
    let doubles = pairs.fold(0, |odd, (&a, &b)| {
        odd | (u8::from(a == b' ') & u8::from(b == b' '))
    });
    controls | doubles != 0
}

fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

fn push_unicode(run: &str, after_space: &mut bool, buffer: &mut Vec<u8>) {
    let mut copied = 0;
    for (at, character) in run.char_indices() {
        if is_lower(character) {
            *after_space = false;
            continue;
        }
        buffer.extend_from_slice(&run.as_bytes()[copied..at]);
        copied = at + character.len_utf8();
        let is_space = character.is_whitespace();
        if !is_space {
            for lower in character.to_lowercase() {
                buffer.extend_from_slice(lower.encode_utf8(&mut [0; 4]).as_bytes());
            }
        } else if !*after_space {
            buffer.push(b' ');
        }
        *after_space = is_space;
    }
    buffer.extend_from_slice(&run.as_bytes()[copied..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn content(text: &str) -> String {
        let mut out = Vec::new();
        push_content(text, &mut vec![1, 2, 3], |piece| {
            out.extend_from_slice(piece);
        });
        String::from_utf8(out).expect("characters stay whole")
    }

    proptest! {
        #[test]
        fn agrees_with_the_plain_definition(
            text in "([ \\t\\n\u{a0}\u{3000}]|[A-Za-zÉа-яİ中가]|\\PC){0,40}",
            repeats in 0_usize..400,
        ) {
            let text = text.repeat(repeats);
            let words: Vec<&str> = text.split_whitespace().collect();
            let plain: String = words.join(" ").chars().flat_map(char::to_lowercase).collect();
            prop_assert_eq!(content(&text), plain);
        }
    }
}
