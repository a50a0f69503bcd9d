//! Detection of the dominant script of a text, for slicing error rates only.

use crate::domain::Script;

/// Number of bytes that are read: a script is apparent at once.
const READ_BYTES_MAX: usize = 4 * 1024;

/// Returns the dominant script of a text, by counting letters in its first 4 KiB.
///
/// A Han or kana letter is worth about two Latin ones and is counted as two, so that a Chinese question with English
/// terms is Chinese. If kana is more than a tenth, Han counts as Japanese.
pub(crate) fn script(text: &str) -> Script {
    let text = &text[..text.floor_char_boundary(READ_BYTES_MAX)];
    if text.is_ascii() {
        let has_letter = text.bytes().any(|byte| byte.is_ascii_alphabetic());
        return if has_letter {
            Script::Latin
        } else {
            Script::Other
        };
    }
    dominant(&count(text))
}

/// Weighted counts of letters by script.
#[derive(Default)]
struct Counts {
    latin: u32,
    han: u32,
    kana: u32,
    hangul: u32,
    cyrillic: u32,
    arabic: u32,
    devanagari: u32,
    other: u32,
}

fn count(text: &str) -> Counts {
    let mut counts = Counts::default();
    for character in text.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => {
                counts.latin += 1;
            }
            '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{323AF}' => {
                counts.han += 2;
            }
            '\u{3041}'..='\u{309F}' | '\u{30A1}'..='\u{30FF}' => counts.kana += 2,
            '\u{AC00}'..='\u{D7A3}' | '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}' => {
                counts.hangul += 2;
            }
            '\u{400}'..='\u{52F}' => counts.cyrillic += 1,
            '\u{600}'..='\u{6FF}' | '\u{750}'..='\u{77F}' => counts.arabic += 1,
            '\u{900}'..='\u{97F}' => counts.devanagari += 1,
            _ if character.is_alphabetic() => counts.other += 1,
            _ => {}
        }
    }
    counts
}

fn dominant(counts: &Counts) -> Script {
    let japanese = counts.kana * 10 > counts.han + counts.kana;
    let (han, kana) = if japanese {
        (0, counts.han + counts.kana)
    } else {
        (counts.han + counts.kana, 0)
    };
    // Later entries win ties, so that a text without letters is `Other`.
    [
        (counts.latin, Script::Latin),
        (han, Script::Han),
        (kana, Script::Kana),
        (counts.hangul, Script::Hangul),
        (counts.cyrillic, Script::Cyrillic),
        (counts.arabic, Script::Arabic),
        (counts.devanagari, Script::Devanagari),
        (counts.other, Script::Other),
    ]
    .into_iter()
    .max_by_key(|&(letters, _)| letters)
    .filter(|&(letters, _)| letters > 0)
    .map_or(Script::Other, |(_, script)| script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_in_ten_languages() {
        for (text, expected) in [
            ("What is the capital of France?", Script::Latin),
            (
                "Tu es un assistant très utile, répondez à l'élève.",
                Script::Latin,
            ),
            ("请解释一下 Python 的 asyncio 模块", Script::Han),
            ("このコードを説明してください。機械学習入門", Script::Kana),
            ("다음 문장을 영어로 번역해 주세요", Script::Hangul),
            ("Объясните, как работает HTTP", Script::Cyrillic),
            ("ما هي عاصمة فرنسا؟", Script::Arabic),
            ("फ्रांस की राजधानी क्या है?", Script::Devanagari),
            ("ประเทศไทยอยู่ที่ไหน", Script::Other),
            ("3 + 4 = ?", Script::Other),
            ("¿…?", Script::Other),
            ("", Script::Other),
        ] {
            assert_eq!(script(text), expected, "{text}");
        }
    }

    #[test]
    fn only_the_head_of_a_long_text_is_read() {
        let text = "한".repeat(3000) + &"x".repeat(100_000);
        assert_eq!(script(&text), Script::Hangul);
    }
}
