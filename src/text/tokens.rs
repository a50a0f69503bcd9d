//! Tokenisation: words, and slots for what fills a template.

use super::{
    letters::{Letter, ascii_letter, is_lower, letter},
    normalise::push_nfkc,
    span::Spans,
    window::Window,
};

/// A word or a slot. No `Debug`, because hashes of words are not keyed.
#[derive(Clone, Copy)]
pub(super) struct Token {
    /// Hash of the lower-cased word; [`SLOT`] for a slot.
    pub(super) hash: u64,
    /// What ends with the token.
    pub(super) ending: Ending,
    /// Whether the token is the first of its line, ignoring list marks and the like.
    pub(super) starts_line: bool,
    /// Whether the word is common; set by masking.
    pub(super) is_common: bool,
}

/// What ends with a token, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// Nothing.
    Nothing,
    /// A sentence or a line.
    Clause,
    /// A clause before a colon.
    Label,
}

/// The part of a text that is read.
const WINDOW: Window = Window::new(8 * 1024, 8 * 1024);

/// The hash of a slot.
pub(super) const SLOT: u64 = 0;

/// Memory that the tokeniser reuses.
#[derive(Default)]
pub(super) struct TokenScratch {
    normalised: String,
    pub(super) tokens: Vec<Token>,
}

impl TokenScratch {
    /// Tokenises both ends of a text into [`Self::tokens`].
    pub(super) fn read(&mut self, text: &str) {
        let normalised = &mut self.normalised;
        normalised.clear();
        WINDOW.each_piece(std::iter::once(text), |piece| {
            if !normalised.is_empty() {
                normalised.push('\n');
            }
            push_nfkc(piece, normalised);
        });
        self.tokens.clear();
        Lexer {
            text: &self.normalised,
            spans: Spans::new(&self.normalised),
            tokens: &mut self.tokens,
            at_line_start: true,
        }
        .run();
    }
}

/// Returns the hashes of a text's words, without slots.
pub(super) fn words<'s>(
    text: &str,
    scratch: &'s mut TokenScratch,
) -> impl Iterator<Item = u64> + use<'s> {
    scratch.read(text);
    scratch
        .tokens
        .iter()
        .map(|token| token.hash)
        .filter(|&hash| hash != SLOT)
}

/// Returns the hash of a word, ignoring case. Never [`SLOT`].
pub(super) fn word_hash(word: &str) -> u64 {
    if word.is_ascii() {
        // Setting this bit lower-cases ASCII letters and leaves digits as they are.
        return hash_bytes(word.as_bytes(), 0x2020_2020_2020_2020);
    }
    let mut lower = [0; LOWER_BYTES_MAX];
    let mut length = 0;
    for character in word.chars() {
        // Room for the longest lower-casing, three characters of four bytes.
        if length + 12 > LOWER_BYTES_MAX {
            break;
        }
        if is_lower(character) {
            length += character.encode_utf8(&mut lower[length..]).len();
        } else {
            for character in character.to_lowercase() {
                length += character.encode_utf8(&mut lower[length..]).len();
            }
        }
    }
    hash_bytes(&lower[..length], 0)
}

/// Maximum length in bytes of a lower-cased non-ASCII word; longer words are distinguished only up to there.
const LOWER_BYTES_MAX: usize = 64;

/// Mixes a number into a state. Neither keyed nor one-way: values that leave this module are digested afterwards.
pub(super) fn mix(state: u64, number: u64) -> u64 {
    let product =
        u128::from(state ^ 0x2D35_8DCC_AA6C_78A5) * u128::from(number ^ 0x8BB8_4B93_962E_ACC9);
    product as u64 ^ (product >> 64) as u64
}

/// Hashes bytes, eight at a time.
fn hash_bytes(bytes: &[u8], set_bits: u64) -> u64 {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut state = bytes.len() as u64;
    for chunk in chunks {
        state = mix(state, u64::from_le_bytes(*chunk) | set_bits);
    }
    // Overlapping loads read every remaining byte without a copy of unknown length.
    let last = match (rest.first_chunk::<4>(), rest.last_chunk::<4>(), rest) {
        (Some(first), Some(last), _) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        (_, _, &[first, .., last]) => {
            u64::from(first) | u64::from(rest[rest.len() / 2]) << 8 | u64::from(last) << 16
        }
        (_, _, &[only]) => u64::from(only),
        (_, _, []) => 0,
    };
    mix(mix(state, last | set_bits), 0).max(SLOT + 1)
}

/// Reads a normalised text from left to right.
struct Lexer<'t> {
    text: &'t str,
    spans: Spans<'t>,
    tokens: &'t mut Vec<Token>,
    at_line_start: bool,
}

impl Lexer<'_> {
    fn run(mut self) {
        let mut at = 0;
        while let Some(character) = self.text[at..].chars().next() {
            at = match letter(character) {
                Letter::Spaced => self.word(at),
                Letter::Dense => self.dense(at),
                Letter::Digit => self.number(at),
                Letter::Space => {
                    if character == '\n' {
                        self.end(Ending::Clause);
                        self.at_line_start = true;
                    }
                    at + character.len_utf8()
                }
                Letter::Mark => self.mark(at, character),
            };
        }
    }

    fn push(&mut self, hash: u64) {
        let starts_line = std::mem::take(&mut self.at_line_start);
        self.tokens.push(Token {
            hash,
            ending: Ending::Nothing,
            starts_line,
            is_common: false,
        });
    }

    fn end(&mut self, ending: Ending) {
        if let Some(last) = self.tokens.last_mut() {
            last.ending = last.ending.max(ending);
        }
    }

    /// Returns the end of the characters, from byte `at` on, that satisfy `is_inside`.
    fn end_while(&self, mut at: usize, is_inside: impl Fn(Letter) -> bool) -> usize {
        // Bytes first: most text is ASCII, and decoding a character costs more than looking up a byte.
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(at) {
            let width = if byte.is_ascii() {
                if !is_inside(ascii_letter(byte)) {
                    break;
                }
                1
            } else {
                match self.text[at..].chars().next() {
                    Some(character) if is_inside(letter(character)) => character.len_utf8(),
                    _ => break,
                }
            };
            at += width;
        }
        at
    }

    fn word(&mut self, at: usize) -> usize {
        let end = self.end_while(at, |kind| matches!(kind, Letter::Spaced | Letter::Digit));
        if let Some(end) = self.spans.end_of_address_after(end) {
            self.push(SLOT);
            return end;
        }
        self.push(word_hash(&self.text[at..end]));
        end
    }

    /// Reads a run of a script without spaces: each pair of neighbouring characters is a word.
    fn dense(&mut self, at: usize) -> usize {
        let end = self.end_while(at, |kind| kind == Letter::Dense);
        let run = &self.text[at..end];
        let ends = run
            .char_indices()
            .map(|(start, character)| start + character.len_utf8());
        let starts = run.char_indices().map(|(start, _)| start);
        let before = self.tokens.len();
        for (start, end) in starts.zip(ends.skip(1)) {
            self.push(hash_bytes(&run.as_bytes()[start..end], 0));
        }
        if self.tokens.len() == before {
            self.push(hash_bytes(run.as_bytes(), 0));
        }
        end
    }

    fn number(&mut self, at: usize) -> usize {
        let mut end = at;
        loop {
            end = self.end_while(end, |kind| matches!(kind, Letter::Spaced | Letter::Digit));
            let joint = self.text.as_bytes().get(end..end + 2);
            if !joint.is_some_and(|joint| b".,:/-".contains(&joint[0]) && joint[1].is_ascii_digit())
            {
                break;
            }
            end += 1;
        }
        self.push(SLOT);
        end
    }

    fn mark(&mut self, at: usize, mark: char) -> usize {
        if let Some(end) = self.spans.end_of_span_at(at) {
            self.push(SLOT);
            return end;
        }
        let after = at + mark.len_utf8();
        match mark {
            ':' => self.end(Ending::Label),
            '!' | '?' | ';' | '。' | '।' | '؟' | '۔' => self.end(Ending::Clause),
            // Not a full stop inside a number or a name.
            '.' if !self.text[after..].starts_with(|next: char| next.is_ascii_graphic()) => {
                self.end(Ending::Clause);
            }
            _ => {}
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn word_hashes_ignore_case(word in "[a-zA-Z0-9éЖ字]{1,20}") {
            prop_assert_eq!(word_hash(&word.to_uppercase()), word_hash(&word.to_lowercase()));
            prop_assert_ne!(word_hash(&word), SLOT);
        }

        #[test]
        fn other_words_have_other_hashes(a in "[a-z]{0,17}", b in "[a-z]{0,17}") {
            prop_assert_eq!(a == b, word_hash(&a) == word_hash(&b));
        }
    }
}
