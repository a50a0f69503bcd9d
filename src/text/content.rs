//! The content of a text, whatever its case and white space: two requests that ask the same are the same.

/// Bytes read before a piece is handed on; many BLAKE3 chunks, so that hashing runs at full width.
const PIECE_BYTES: usize = 8 * 1024;

/// Hands the text on in pieces, lower-cased, with each run of white space as one space and none at either end.
///
/// `buffer` is memory to use again; what it held is dropped.
pub(super) fn push_content(text: &str, buffer: &mut Vec<u8>, mut take: impl FnMut(&[u8])) {
    let mut rest = text.trim();
    let mut after_space = false;
    while !rest.is_empty() {
        let (piece, next) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        buffer.clear();
        if piece.is_ascii() {
            push_ascii(piece.as_bytes(), &mut after_space, buffer);
        } else {
            push_unicode(piece, &mut after_space, buffer);
        }
        take(buffer);
        rest = next;
    }
}

fn push_ascii(piece: &[u8], after_space: &mut bool, buffer: &mut Vec<u8>) {
    // Written without branches: every byte goes to the next place, which moves on unless a space follows one.
    buffer.resize(piece.len(), 0);
    let mut length = 0;
    for &byte in piece {
        let is_space = matches!(byte, b'\t'..=b'\r' | b' ');
        buffer[length] = if is_space { b' ' } else { byte.to_ascii_lowercase() };
        length += usize::from(!(is_space && *after_space));
        *after_space = is_space;
    }
    buffer.truncate(length);
}

fn push_unicode(piece: &str, after_space: &mut bool, buffer: &mut Vec<u8>) {
    for character in piece.chars() {
        let is_space = character.is_whitespace();
        if is_space {
            if !*after_space {
                buffer.push(b' ');
            }
        } else if is_caseless(character) {
            let mut bytes = [0; 4];
            buffer.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
        } else {
            for lower in character.to_lowercase() {
                let mut bytes = [0; 4];
                buffer.extend_from_slice(lower.encode_utf8(&mut bytes).as_bytes());
            }
        }
        *after_space = is_space;
    }
}

/// Characters that surely have no case: looking the others up costs more than writing them.
const fn is_caseless(character: char) -> bool {
    matches!(character, '\u{2E80}'..='\u{A63F}' | '\u{AC00}'..='\u{D7A3}' | '\u{900}'..='\u{FFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn content(text: &str) -> String {
        let mut out = Vec::new();
        push_content(text, &mut vec![1, 2, 3], |piece| out.extend_from_slice(piece));
        String::from_utf8(out).expect("characters stay whole")
    }

    #[test]
    fn caseless_characters_have_no_case() {
        for character in (0..=0x10_FFFF).filter_map(char::from_u32).filter(|&c| is_caseless(c)) {
            assert!(character.to_lowercase().eq([character]), "U+{:04X}", character as u32);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_plain_definition(text in "([ \\t\\n\u{a0}\u{3000}]|[A-Za-zÉа-яİ中가]|\\PC){0,40}", repeats in 0_usize..400) {
            let text = text.repeat(repeats);
            let words: Vec<&str> = text.split_whitespace().collect();
            let plain: String = words.join(" ").chars().flat_map(char::to_lowercase).collect();
            prop_assert_eq!(content(&text), plain);
        }
    }
}
