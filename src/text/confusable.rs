//! Letters that look like ASCII letters (Unicode Technical Standard 39, section 4), and letters in a style.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// Blocks of alphabets whose letters are used to imitate Latin ones.
const IMITATING: [(u32, u32); 12] = [
    (0x250, 0x2AF),
    (0x370, 0x3FF),
    (0x400, 0x52F),
    (0x531, 0x587),
    (0x13A0, 0x13FD),
    (0x1D00, 0x1D2B),
    (0x1C80, 0x1C88),
    (0x2C80, 0x2CEE),
    (0xA4D0, 0xA4F7),
    (0xA640, 0xA69B),
    (0xAB30, 0xABBF),
    (0x10400, 0x1044F),
];

/// Small capitals and what is used for them, in the order of the alphabet.
const SMALL_CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡxʏᴢ";

/// Most letters of a word that are looked at on each side.
const WORD_MAX: usize = 32;

/// The ASCII letter that each imitating letter looks like.
static ASCII: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let letters = IMITATING.iter().flat_map(|&(first, last)| first..=last);
    let letters = letters
        .filter_map(char::from_u32)
        .filter(|letter| letter.is_alphabetic());
    letters
        .filter_map(|letter| {
            let mut looks: [u8; 4] = [0; 4];
            let mut skeleton = skeleton(letter.encode_utf8(&mut looks));
            let ascii = skeleton.next().filter(char::is_ascii_alphabetic)?;
            skeleton.next().is_none().then_some((letter, ascii))
        })
        .collect()
});

/// Returns the ASCII letter that a letter of another alphabet looks like.
pub(super) fn ascii_lookalike(letter: char) -> Option<char> {
    ASCII.get(&letter).copied()
}

/// Whether the imitating letters of a text imitate.
pub(super) struct Lookalikes {
    /// Nearly all letters of other alphabets look like ASCII letters, which no text in such an alphabet does.
    everywhere: bool,
}

impl Lookalikes {
    pub(super) fn of(text: &str) -> Self {
        let (mut alike, mut others, mut latin) = (0_usize, 0_usize, false);
        for character in text.chars() {
            if character.is_ascii_alphabetic() {
                latin = true;
            } else if is_imitating(character) {
                if ASCII.contains_key(&character) {
                    alike += 1;
                } else {
                    others += 1;
                }
            }
        }
        Self {
            everywhere: latin && others * 10 <= alike,
        }
    }

    /// Returns the ASCII letter that stands at byte `at` in disguise: inside a word with ASCII letters whose other
    /// letters all look like some, or anywhere in a text that has no others.
    pub(super) fn ascii(&self, text: &str, at: usize, character: char) -> Option<char> {
        if !is_imitating(character) {
            return None;
        }
        let ascii = *ASCII.get(&character)?;
        (self.everywhere || is_mixed(text, at)).then_some(ascii)
    }
}

fn is_imitating(character: char) -> bool {
    let code = u32::from(character);
    code >= 0x250
        && IMITATING
            .iter()
            .any(|&(first, last)| (first..=last).contains(&code))
}

/// Returns whether the word around byte `at` has ASCII letters, and besides them only letters that look like some.
fn is_mixed(text: &str, at: usize) -> bool {
    let is_letter = |letter: &char| letter.is_alphabetic();
    let before = text[..at]
        .chars()
        .rev()
        .take(WORD_MAX)
        .take_while(is_letter);
    let after = text[at..].chars().take(WORD_MAX).take_while(is_letter);
    let mut latin = false;
    for letter in before.chain(after) {
        latin |= letter.is_ascii_alphabetic();
        if !letter.is_ascii() && !ASCII.contains_key(&letter) {
            return false;
        }
    }
    latin
}

/// Returns the ASCII letter or digit that a character is in a style: mathematical, circled, squared, small capital.
pub(super) fn styled(character: char) -> Option<char> {
    match u32::from(character) {
        0x1D400..=0x1D7FF | 0x2460..=0x24FF | 0x1F110..=0x1F149 | 0x2C7C | 0x1D2C..=0x1D6A => {
            let mut folded = std::iter::once(character).nfkc();
            let ascii = folded.find(char::is_ascii_alphanumeric)?;
            let ends = folded.all(|rest| !rest.is_alphanumeric());
            ends.then_some(ascii)
        }
        code @ 0x1F150..=0x1F169 => char::from_u32(code - 0x1F150 + u32::from('A')),
        code @ 0x1F170..=0x1F189 => char::from_u32(code - 0x1F170 + u32::from('A')),
        0x1D00..=0x1D2B | 0x250..=0x2AF | 0x1EB | 0xA730..=0xA731 => {
            let at = SMALL_CAPITALS
                .chars()
                .position(|small| small == character)?;
            char::from_u32(u32::from('a') + u32::try_from(at).ok()?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_alphabets_are_not_imitations() {
        let text = "Это API, а не SQL";
        let lookalikes = Lookalikes::of(text);
        for (at, character) in text.char_indices() {
            assert_eq!(lookalikes.ascii(text, at, character), None, "{character}");
        }
    }

    #[test]
    fn styles_are_letters() {
        for (styled_letter, plain) in [
            ('𝐚', 'a'),
            ('𝒵', 'Z'),
            ('ⓑ', 'b'),
            ('🅐', 'A'),
            ('ᴛ', 't'),
            ('𝟗', '9'),
        ] {
            assert_eq!(styled(styled_letter), Some(plain), "{styled_letter}");
        }
        for plain in ['é', '²', 'ж', '中', '½'] {
            assert_eq!(styled(plain), None, "{plain}");
        }
    }
}
