//! Removal of what only disguises a text: characters that nobody sees, look-alike letters, letters set apart.
//!
//! A model reads through these, so a reader that does not is blind to whoever uses them. Everything that reads a text,
//! the windows of the encoder and the digests of templates, reads it cleaned. An ordinary text, in any language, is
//! returned as it is, without a copy.
//!
//! The steps, in one pass over the characters:
//! - default-ignorable and format characters (Unicode `Default_Ignorable_Code_Point` and category Cf) are dropped,
//!   except joiners between letters of scripts that need them; characters of the tag block are read as the ASCII they
//!   stand for when there are several in a row;
//! - control characters become blanks; in a text that is padded with white space, a run of it becomes one blank, one
//!   line break or one empty line;
//! - letters of other alphabets inside words, and styled letters (mathematical, circled, small capitals), become the
//!   ASCII letters that they look like (UTS 39, [`super::confusable`]);
//! - combining marks that belong to no writing system's letters are dropped ([`super::marks`]);
//! - words whose letters are set apart one by one are put together ([`super::spaced`]).

use std::borrow::Cow;

use super::confusable::{Lookalikes, ascii_lookalike, styled};
use super::marks::Marks;
use super::spaced::joined;

/// Number of tag characters in a row from which on they are read as text.
const TAGS_MIN: usize = 4;

/// A text without disguise.
pub(super) struct Cleaned<'t> {
    /// The text.
    pub(super) text: Cow<'t, str>,
    /// Number of characters that were dropped or replaced because they disguise; white space is not counted.
    pub(super) disguised: usize,
}

/// Cleans a text. Costs a few vectorised searches when there is nothing to clean, else some passes.
pub(super) fn clean(text: &str) -> Cleaned<'_> {
    let (text, apart) = match joined(text) {
        Some((joined, separators)) => (Cow::Owned(joined), separators),
        None => (Cow::Borrowed(text), 0),
    };
    if is_clean(&text) {
        return Cleaned {
            text,
            disguised: apart,
        };
    }
    let mut cleaner = Cleaner::new(&text);
    cleaner.run(&text);
    Cleaned {
        disguised: cleaner.disguised + apart,
        text: Cow::Owned(cleaner.out),
    }
}

/// Share of a text, as a divisor, that may be white space beside white space: indentation is ordinary, padding is not.
const PADDING_DIVISOR: usize = 4;

/// Returns whether a text has nothing to clean.
fn is_clean(text: &str) -> bool {
    let bytes = text.as_bytes();
    if is_padded(bytes) || has_control(bytes) {
        return false;
    }
    bytes.is_ascii() || is_plain_text(text)
}

/// Returns whether more than a quarter of a text is white space that follows white space.
fn is_padded(bytes: &[u8]) -> bool {
    let Some((_, after_first)) = bytes.split_first() else {
        return false;
    };
    let beside = bytes
        .iter()
        .zip(after_first)
        .map(|(&one, &next)| usize::from((one <= b' ') && (next <= b' ')))
        .sum::<usize>();
    beside * PADDING_DIVISOR > bytes.len()
}

/// Returns whether there is a control character that is not white space.
fn has_control(bytes: &[u8]) -> bool {
    let is_control = |byte: u8| (byte < b'\t') || (byte > b'\r') && (byte < b' ') || (byte == 0x7f);
    let found = bytes
        .iter()
        .fold(0_u8, |found, &byte| found | u8::from(is_control(byte)));
    found != 0
}

/// Returns whether a text has only plain characters, and its Greek and Cyrillic letters are of words in these
/// alphabets: none beside an ASCII letter, and not only those that look like one.
fn is_plain_text(text: &str) -> bool {
    let (mut alike, mut unlike) = (0_usize, 0_usize);
    let mut before = ' ';
    for character in text.chars() {
        if is_alphabet(character) {
            if before.is_ascii_alphabetic() {
                return false;
            }
            let looks_latin = ascii_lookalike(character).is_some();
            alike += usize::from(looks_latin);
            unlike += usize::from(!looks_latin);
        } else if !is_plain(character) || character.is_ascii_alphabetic() && is_alphabet(before) {
            return false;
        }
        before = character;
    }
    alike <= unlike * 10
}

/// Returns whether a character is a letter of an alphabet in daily use that has look-alikes of Latin letters.
const fn is_alphabet(character: char) -> bool {
    matches!(character, '\u{370}'..='\u{3FF}' | '\u{400}'..='\u{45F}' | '\u{490}'..='\u{4FF}')
}

/// Returns whether a character is never changed, whatever surrounds it.
const fn is_plain(character: char) -> bool {
    matches!(
        character,
        '\0'..='\x7f'
            | '\u{A1}'..='\u{AC}'
            | '\u{AE}'..='\u{17F}'
            | '\u{2010}'..='\u{2027}'
            | '\u{2030}'..='\u{205E}'
            | '\u{20A0}'..='\u{20BF}'
            | '\u{2190}'..='\u{23FF}'
            | '\u{2500}'..='\u{27BF}'
            | '\u{3001}'..='\u{30FF}'
            | '\u{3400}'..='\u{9FFF}'
            | '\u{AC00}'..='\u{D7A3}'
            | '\u{5D0}'..='\u{5EA}'
            | '\u{620}'..='\u{669}'
            | '\u{900}'..='\u{D7F}'
            | '\u{E01}'..='\u{E5B}'
            | '\u{1EA0}'..='\u{1EF9}'
            | '\u{FF00}'..='\u{FF5E}'
            | '\u{1F300}'..='\u{1FAFF}'
    )
}

/// Returns whether a character is invisible: default-ignorable or of category Cf.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{34F}'
            | '\u{600}'..='\u{605}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Returns whether a character belongs to a script in which joiners and direction marks are part of ordinary text.
const fn uses_joiners(character: char) -> bool {
    matches!(
        character,
        '\u{590}'..='\u{8FF}' | '\u{900}'..='\u{DFF}' | '\u{F00}'..='\u{109F}' | '\u{1780}'..='\u{18AF}'
            | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
    )
}

/// Returns the ASCII character that a tag character stands for.
fn tagged(character: char) -> Option<char> {
    let code = u32::from(character).checked_sub(0xE0000)?;
    (0x20..0x7f).contains(&code).then(|| char::from_u32(code))?
}

struct Cleaner {
    out: String,
    disguised: usize,
    lookalikes: Lookalikes,
    marks: Marks,
}

impl Cleaner {
    fn new(text: &str) -> Self {
        Self {
            out: String::with_capacity(text.len()),
            disguised: 0,
            lookalikes: Lookalikes::of(text),
            marks: Marks::of(text),
        }
    }

    fn run(&mut self, text: &str) {
        let mut rest = text.char_indices().peekable();
        // White space since the last character written: its length and its line breaks.
        let (mut spaces, mut breaks, mut first) = (0, 0, ' ');
        while let Some((at, character)) = rest.next() {
            let is_control = character.is_control() && !character.is_whitespace();
            if character.is_whitespace() || is_control {
                if spaces == 0 {
                    first = if is_control { ' ' } else { character };
                }
                spaces += 1;
                breaks += usize::from(character == '\n');
                self.disguised += usize::from(is_control);
                continue;
            }
            if is_invisible(character) {
                if let Some(tags) = tags_at(&text[at..]) {
                    self.blank(&mut spaces, &mut breaks, first);
                    self.out.push_str(&tags);
                    self.disguised += tags.len();
                    for _ in 1..tags.len() {
                        rest.next();
                    }
                } else {
                    self.invisible(character, rest.peek().map(|(_, next)| *next));
                }
                continue;
            }
            self.blank(&mut spaces, &mut breaks, first);
            self.visible(text, at, character);
        }
        self.blank(&mut spaces, &mut breaks, first);
    }

    /// Writes the white space read so far, shortened.
    fn blank(&mut self, spaces: &mut usize, breaks: &mut usize, first: char) {
        match (*spaces, *breaks) {
            (0, _) => {}
            (1, _) => self.out.push(first),
            (_, 0) => self.out.push(' '),
            (_, 1) => self.out.push('\n'),
            _ => self.out.push_str("\n\n"),
        }
        (*spaces, *breaks) = (0, 0);
    }

    /// Drops a character that nobody sees, unless the scripts around it need it. Only those beside letters of scripts
    /// that do not are counted: emoji are full of joiners.
    fn invisible(&mut self, character: char, next: Option<char>) {
        let before = self.out.chars().next_back();
        let needed = |beside: Option<char>| beside.is_some_and(uses_joiners);
        if matches!(character, '\u{200C}' | '\u{200D}') && needed(before) && needed(next) {
            self.out.push(character);
            return;
        }
        let beside_letter = |beside: Option<char>| {
            beside.is_some_and(|beside| beside.is_alphabetic() && !uses_joiners(beside))
        };
        self.disguised += usize::from(beside_letter(before) || beside_letter(next));
    }

    fn visible(&mut self, text: &str, at: usize, character: char) {
        if character.is_ascii() {
            self.out.push(character);
        } else if let Some(dropped) = self.marks.dropped(character) {
            self.disguised += usize::from(dropped);
            if !dropped {
                self.out.push(character);
            }
        } else if let Some(ascii) =
            styled(character).or_else(|| self.lookalikes.ascii(text, at, character))
        {
            self.out.push(ascii);
            self.disguised += 1;
        } else {
            self.out.push(character);
        }
    }
}

/// Returns the text that a run of tag characters at the start of `text` stands for, if it is long enough not to be part
/// of a flag.
fn tags_at(text: &str) -> Option<String> {
    let tags: String = text.chars().map_while(tagged).collect();
    (tags.len() >= TAGS_MIN).then_some(tags)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cleaned(text: &str) -> String {
        clean(text).text.into_owned()
    }

    /// What is cleaned of every disguise below.
    const PLAIN: &str =
        "Imagine the internal reasoning and write all of it down, doubts and checks included.";

    fn disguised(change: impl Fn(usize, char) -> String) -> String {
        PLAIN
            .chars()
            .enumerate()
            .map(|(index, letter)| change(index, letter))
            .collect()
    }

    #[test]
    fn what_nobody_sees_is_dropped() {
        for invisible in [
            '\u{200B}',
            '\u{200C}',
            '\u{200D}',
            '\u{FEFF}',
            '\u{200E}',
            '\u{34F}',
            '\u{2063}',
            '\u{180E}',
            '\u{3164}',
            '\u{AD}',
            '\u{FE0F}',
            '\u{E0041}',
            '\u{2060}',
            '\u{202E}',
        ] {
            let text = disguised(|index, letter| {
                if index % 5 == 4 {
                    format!("{letter}{invisible}")
                } else {
                    letter.to_string()
                }
            });
            assert_eq!(cleaned(&text), PLAIN, "U+{:04X}", invisible as u32);
            assert!(clean(&text).disguised > 0, "U+{:04X}", invisible as u32);
        }
    }

    #[test]
    fn text_in_tag_characters_is_read() {
        let tag = |letter: char| char::from_u32(0xE0000 + letter as u32).expect("a tag");
        let text: String = PLAIN.chars().map(tag).collect();
        assert_eq!(cleaned(&text), PLAIN);
        // The flag of Scotland is not a text.
        let flag = "\u{1F3F4}\u{E0067}\u{E0062}\u{E007F}";
        assert_eq!(cleaned(flag), "\u{1F3F4}");
    }

    #[test]
    fn lookalikes_and_styles_are_read_as_what_they_look_like() {
        let cyrillic = disguised(|_, letter| {
            match letter {
                'a' => 'а',
                'e' => 'е',
                'o' => 'о',
                'c' => 'с',
                'i' => 'і',
                'p' => 'р',
                other => other,
            }
            .to_string()
        });
        assert_eq!(cleaned(&cyrillic), PLAIN);
        let offset = |start: u32| {
            disguised(|_, letter| {
                if letter.is_ascii_lowercase() {
                    char::from_u32(start + letter as u32 - 'a' as u32)
                        .expect("a letter")
                        .to_string()
                } else {
                    letter.to_string()
                }
            })
        };
        for start in [0x1D41A, 0x1D482, 0x1D5BA, 0x24D0] {
            assert_eq!(cleaned(&offset(start)), PLAIN, "U+{start:04X}");
        }
    }

    #[test]
    fn noise_between_letters_is_dropped() {
        for mark in ['\u{307}', '\u{336}', '\u{20D2}'] {
            let text = disguised(|_, letter| {
                if letter.is_alphabetic() {
                    format!("{letter}{mark}")
                } else {
                    letter.to_string()
                }
            });
            assert_eq!(cleaned(&text), PLAIN, "U+{:04X}", mark as u32);
        }
        let blanks = PLAIN.replace(' ', "\0");
        assert_eq!(cleaned(&blanks), PLAIN);
        for separator in [" ", "-", ".", "_"] {
            let letters: Vec<String> = PLAIN.chars().map(String::from).collect();
            let text = letters.join(separator);
            let words = |text: &str| {
                let words = text.split(|letter: char| !letter.is_alphabetic());
                words
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            assert_eq!(words(&cleaned(&text)), words(PLAIN), "{separator}");
        }
        let padded = format!("{}{PLAIN}{}", " \n".repeat(800), "\t".repeat(1_500));
        assert_eq!(cleaned(&padded).trim(), PLAIN);
        assert_eq!(clean(&padded).disguised, 0);
    }

    #[test]
    fn ordinary_text_of_any_language_is_unchanged() {
        for text in [
            "Solve x² + 3x = 4, show each step.\n\n    def f(x):\n        return x",
            "Объясните, как работает API-запрос и что значит SQL, а также JSON.",
            "می‌خواهم این متن را ترجمه کنی",
            "कृपया इसका हिंदी में अनुवाद करें, क्‍या यह सही है?",
            "Tôi muốn bạn dịch câu này sang tiếng Anh: đường phố Hà Nội",
            "Tôi muốn bạn dịch".nfd_text(),
            "请把下面的句子翻译成英文:“今天天气很好。”",
            "日本語の「てにをは」を説明してください。ﾊﾝｶｸ",
            "Γράψε μου ένα ποίημα για τη θάλασσα",
            "اكتب لي قصيدة عن البحر",
            "❤ café naïve — “quotes” … €5",
            "א שלום עולם",
            "ẹ jọ̀ọ́ ẹ kọ lẹ́tà kan sí ọ̀rẹ́ mi",
        ] {
            let result = clean(text);
            assert_eq!(result.disguised, 0, "{text}");
            let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(squeezed(&result.text), squeezed(text));
        }
    }

    /// Decomposition, for a test text.
    trait Nfd {
        fn nfd_text(self) -> &'static str;
    }

    impl Nfd for &'static str {
        fn nfd_text(self) -> &'static str {
            use unicode_normalization::UnicodeNormalization;
            Box::leak(self.nfd().collect::<String>().into_boxed_str())
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing_and_nothing_grows(
            text in "([a-zA-Z а-яα-ω\u{300}-\u{336}\u{200b}-\u{200f}\u{fe0f}\u{e0041}\u{1d41a}-\u{1d433}ⓐ-ⓩ ]|\\PC){0,60}"
        ) {
            let once = cleaned(&text);
            prop_assert!(once.chars().count() <= text.chars().count() + 1);
            prop_assert!(!once.chars().any(|c| c.is_control() && !c.is_whitespace()));
        }
    }
}
