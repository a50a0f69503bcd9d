//! What a character is to the tokeniser.

/// The kinds of character that the tokeniser tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letter {
    /// Part of a word in a script that puts spaces between words.
    Spaced,
    /// A letter of a script without spaces, or whose words carry endings (Korean): pairs serve as words.
    Dense,
    /// A decimal digit.
    Digit,
    /// White space.
    Space,
    /// Anything else.
    Mark,
}

/// The kind of a character.
pub(super) fn letter(character: char) -> Letter {
    match character {
        'a'..='z' | 'A'..='Z' | '_' => Letter::Spaced,
        '0'..='9' => Letter::Digit,
        '\t'..='\r' | ' ' => Letter::Space,
        '\0'..='\x7f' => Letter::Mark,
        _ if is_dense(character) => Letter::Dense,
        // Indic words hold signs that are not letters by themselves (virama).
        '\u{900}'..='\u{DFF}' if !matches!(character, '\u{964}' | '\u{965}') => Letter::Spaced,
        _ if character.is_alphabetic() => Letter::Spaced,
        _ if character.is_numeric() => Letter::Digit,
        _ if character.is_whitespace() => Letter::Space,
        _ => Letter::Mark,
    }
}

/// Whether pairs of this script's characters serve as its words.
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
