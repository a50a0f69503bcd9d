//! Compatibility composition (NFKC) with a fast path, so that full-width and composed forms of a letter become one.

use unicode_normalization::UnicodeNormalization;

use super::letters::narrow;

/// Appends the NFKC form of `text` to `out`.
///
/// Characters that NFKC leaves unchanged are copied in runs; only the text between them is normalised. The output is at
/// most 11 times as long as the input (a property of Unicode).
pub(super) fn push_nfkc(text: &str, out: &mut String) {
    // Start of the unchanged text not copied yet; it is copied when other text follows.
    let mut run = 0;
    let mut at = 0;
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        let Some(character) = (if byte.is_ascii() {
            None
        } else {
            text[at..].chars().next()
        }) else {
            at += 1;
            continue;
        };
        let after = at + character.len_utf8();
        if is_inert(character) {
            at = after;
            continue;
        }
        let changed_end = end_of_changed(text, after);
        match narrow(character) {
            Some(ascii) if changed_end == after => {
                out.push_str(&text[run..at]);
                out.push(ascii);
            }
            _ => {
                // A combining mark may compose with the character before it, so normalise that one again.
                let start = text[run..at]
                    .char_indices()
                    .next_back()
                    .map_or(at, |(last, _)| run + last);
                out.push_str(&text[run..start]);
                out.extend(text[start..changed_end].nfkc());
            }
        }
        run = changed_end;
        at = changed_end;
    }
    out.push_str(&text[run..]);
}

/// Returns the end of the characters, from byte `at` on, that NFKC may change or compose with those before them.
fn end_of_changed(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + rest
        .find(|next| is_inert(next) || narrow(next).is_some())
        .unwrap_or(rest.len())
}

/// Returns whether NFKC never changes the character nor composes it with one before it.
const fn is_inert(character: char) -> bool {
    matches!(
        character,
        '\0'..='\x7f'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30A1}'..='\u{30FA}'
            | '\u{AC00}'..='\u{D7A3}'
            | '\u{3001}'..='\u{3029}'
            | '\u{2018}'..='\u{201D}'
            | '\u{C0}'..='\u{131}'
            | '\u{400}'..='\u{47F}'
            | '\u{621}'..='\u{64A}'
            | '\u{904}'..='\u{939}'
            | '\u{93D}'..='\u{94C}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normalised(text: &str) -> String {
        let mut out = String::new();
        push_nfkc(text, &mut out);
        out
    }

    #[test]
    fn inert_characters_are_unchanged_and_do_not_compose() {
        for character in (0..=0x10_FFFF)
            .filter_map(char::from_u32)
            .filter(|&c| is_inert(c))
        {
            for before in ['e', 'か', 'ᄀ', '가', 'Ж', 'ا', 'क', '界'] {
                let pair: String = [before, character].iter().collect();
                assert_eq!(
                    pair.nfkc().collect::<String>(),
                    pair,
                    "U+{:04X}",
                    character as u32
                );
            }
        }
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_slow_one(
            text in "([a-zé\u{300}-\u{308}\u{327}가-깋\u{1100}-\u{1112}\u{1161}-\u{1175}\u{11A8}-\u{11C2}か-ぽ\u{3099}\u{309A}！-～界ﬁ①क\u{93C}\u{94D}\u{653}ا]|\\PC){0,24}"
        ) {
            prop_assert_eq!(normalised(&text), text.nfkc().collect::<String>());
        }
    }
}
