//! Character classes of the tokeniser.

/// The character classes that the tokeniser distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letter {
    /// Part of a word, in a script that puts spaces between words.
    Spaced,
    /// A letter of a script without spaces, or one whose words carry endings (Korean). Pairs of letters are used as
    /// words.
    Dense,
    /// A decimal digit.
    Digit,
    /// White space.
    Space,
    /// Anything else.
    Mark,
}

/// The class of each ASCII character.
const ASCII: [Letter; 128] = {
    let mut kinds = [Letter::Mark; 128];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Letter::Spaced,
            b'0'..=b'9' => Letter::Digit,
            b'\t'..=b'\r' | b' ' => Letter::Space,
            _ => Letter::Mark,
        };
        byte += 1;
    }
    kinds
};

/// Returns the class of an ASCII character.
pub(super) fn ascii_letter(byte: u8) -> Letter {
    ASCII[usize::from(byte & 0x7f)]
}

/// Returns the class of a character.
pub(super) fn letter(character: char) -> Letter {
    if character.is_ascii() {
        ascii_letter(character as u8)
    } else {
        other_letter(character)
    }
}

fn other_letter(character: char) -> Letter {
    match character {
        // Frequent ranges first: the general tables below cost ten times as much.
        _ if is_dense(character) => Letter::Dense,
        '\u{D7}'
        | '\u{F7}'
        | '\u{2010}'..='\u{2027}'
        | '\u{3001}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}' => Letter::Mark,
        '\u{C0}'..='\u{24F}' | '\u{400}'..='\u{481}' | '\u{621}'..='\u{64A}' => Letter::Spaced,
        // Indic words contain signs that are not letters by themselves (virama).
        '\u{900}'..='\u{DFF}' if !matches!(character, '\u{964}' | '\u{965}') => Letter::Spaced,
        _ if character.is_alphabetic() => Letter::Spaced,
        _ if character.is_numeric() => Letter::Digit,
        _ if character.is_whitespace() => Letter::Space,
        _ => Letter::Mark,
    }
}

/// Returns whether pairs of this script's characters are used as words.
pub(super) const fn is_dense(character: char) -> bool {
    matches!(
        character,
        '\u{4E00}'..='\u{9FFF}'        // Han
            | '\u{3041}'..='\u{30FF}'  // kana, with its marks
            | '\u{AC00}'..='\u{D7A3}'  // Hangul syllables
            | '\u{3005}'..='\u{3007}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{323AF}'
            | '\u{E00}'..='\u{EDB}'    // Thai, Lao
            | '\u{1000}'..='\u{109F}'  // Myanmar
            | '\u{1780}'..='\u{17D3}'  // Khmer
    )
}

/// Returns the ASCII form of a full-width character; `None` for any other character.
pub(crate) const fn narrow(character: char) -> Option<char> {
    match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0),
        _ => None,
    }
}

/// Returns whether the character is not white space and is certain to be unchanged by lower-casing. Looking up other
/// characters costs more than writing them.
pub(super) const fn is_lower(character: char) -> bool {
    matches!(
        character,
        '\u{4E00}'..='\u{9FFF}'
            | 'a'..='z'
            | '0'..='9'
            | '\u{DF}'..='\u{FF}'
            | '\u{430}'..='\u{45F}'
            | '\u{600}'..='\u{FFF}'
            | '\u{2E80}'..='\u{2FFF}'
            | '\u{3001}'..='\u{4DBF}'
            | '\u{AC00}'..='\u{D7A3}'
    )
}

/// Splits a text into pairs of an ASCII run and a non-ASCII run; either may be empty.
pub(super) fn ascii_runs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ascii = rest
            .bytes()
            .position(|byte| !byte.is_ascii())
            .unwrap_or(rest.len());
        let (ascii, after) = rest.split_at(ascii);
        let other = after
            .bytes()
            .position(|byte| byte.is_ascii())
            .unwrap_or(after.len());
        let (other, after) = after.split_at(other);
        rest = after;
        Some((ascii, other))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = char> {
        (0..=0x10_FFFF).filter_map(char::from_u32)
    }

    #[test]
    fn lower_case_characters_are_unchanged_by_lower_casing_and_not_white_space() {
        for character in all().filter(|&character| is_lower(character)) {
            assert!(
                character.to_lowercase().eq([character]) && !character.is_whitespace(),
                "U+{:04X}",
                character as u32
            );
        }
    }

    #[test]
    fn frequent_ranges_agree_with_the_general_tables() {
        for character in all() {
            match letter(character) {
                Letter::Space => assert!(character.is_whitespace(), "U+{:04X}", character as u32),
                Letter::Digit => assert!(character.is_numeric(), "U+{:04X}", character as u32),
                Letter::Mark => assert!(!character.is_alphabetic(), "U+{:04X}", character as u32),
                Letter::Spaced | Letter::Dense => {}
            }
        }
    }
}
