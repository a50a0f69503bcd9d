//! Combining marks that no writing system puts where they are: dots and strokes scattered over Latin letters.

use unicode_normalization::char::compose;

/// Number of misplaced marks from which on they are noise, and the number of letters to one of them.
const MISPLACED_MIN: usize = 4;
const LETTERS_TO_A_MARK: usize = 10;
/// Number of different marks that are remembered as noise.
const NOISE_MAX: usize = 16;

/// The marks of a text that are noise.
pub(super) struct Marks {
    noise: Vec<char>,
}

impl Marks {
    /// Finds the noise: a mark is misplaced on an ASCII letter with which it forms no letter of a living alphabet. One
    /// that is misplaced here and there is a way of writing (tones); many are noise, and then all of that mark are.
    pub(super) fn of(text: &str) -> Self {
        let mut noise = Vec::new();
        let (mut letters, mut misplaced) = (0_usize, 0_usize);
        let mut before = ' ';
        for character in text.chars() {
            letters += usize::from(character.is_ascii_alphabetic());
            if is_mark(character) {
                if is_misplaced(before, character) {
                    misplaced += 1;
                    if noise.len() < NOISE_MAX && !noise.contains(&character) {
                        noise.push(character);
                    }
                }
                if before.is_ascii() {
                    before = compose(before, character).unwrap_or(before);
                }
            } else {
                before = character;
            }
        }
        if misplaced < MISPLACED_MIN || misplaced * LETTERS_TO_A_MARK < letters {
            noise.clear();
        }
        Self { noise }
    }

    /// Returns whether a mark is to be dropped; `None` for a character that is no mark.
    pub(super) fn dropped(&self, character: char) -> Option<bool> {
        is_mark(character).then(|| self.noise.contains(&character))
    }
}

const fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36F}'
            | '\u{483}'..='\u{489}'
            | '\u{1AB0}'..='\u{1AFF}'
            | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}'
    )
}

fn is_misplaced(base: char, mark: char) -> bool {
    if !base.is_ascii_alphabetic() {
        return false;
    }
    // Latin of the living alphabets: western and central European, Vietnamese, pinyin, Romanian.
    !compose(base, mark).is_some_and(|letter| {
        matches!(
            letter,
            '\u{C0}'..='\u{17F}'
                | '\u{1A0}'..='\u{1B0}'
                | '\u{1CD}'..='\u{1DC}'
                | '\u{218}'..='\u{21B}'
                | '\u{1EA0}'..='\u{1EF9}'
        )
    })
}
