//! Words whose letters are set apart (`l e t t e r s`, `l-e-t-t-e-r-s`), put together again.

/// Number of letters in a row, each apart from the next by the same character, from which on they are a text.
const LETTERS_MIN: usize = 12;

/// Returns the text with such letters put together, and the number of separators dropped; `None` if there are none.
///
/// Whoever sets letters apart sets the blanks between words apart too, so that every other character is the separator.
pub(super) fn joined(text: &str) -> Option<(String, usize)> {
    if single_letters(text) < LETTERS_MIN {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut dropped = 0;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let starts = !out.chars().next_back().is_some_and(char::is_alphabetic);
        if let Some(run) = starts.then(|| run(rest)).flatten() {
            out.push_str(&run.joined);
            dropped += run.separators;
            rest = &rest[run.bytes..];
        } else {
            out.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    (dropped > 0).then_some((out, dropped))
}

/// Returns an upper bound on the number of letters without a letter beside them.
fn single_letters(text: &str) -> usize {
    let bytes = text.as_bytes();
    // By bytes, so that it compiles to wide instructions; every byte of another script counts as a letter.
    let is_letter = |byte: u8| ((byte | 0x20).wrapping_sub(b'a') < 26) || (byte >= 0x80);
    let (Some(second), Some(third)) = (bytes.get(1..), bytes.get(2..)) else {
        return 0;
    };
    let alone = bytes
        .iter()
        .zip(second)
        .zip(third)
        .map(|((&before, &letter), &after)| {
            usize::from(!is_letter(before) & is_letter(letter) & !is_letter(after))
        });
    let ascii = alone.sum::<usize>() + 2;
    if bytes.is_ascii() || ascii >= LETTERS_MIN {
        return ascii;
    }
    // In scripts of several bytes, look for blanks between single letters.
    let blanks = text.matches(' ').count();
    if blanks * 2 < text.chars().count() / 3 {
        return ascii;
    }
    LETTERS_MIN
}

/// A run of characters set apart.
struct Run {
    joined: String,
    separators: usize,
    bytes: usize,
}

/// Reads a run at the start of `text`, in which every other character is the same separator; `None` if it has too few
/// letters to be one.
fn run(text: &str) -> Option<Run> {
    let mut characters = text.chars();
    characters.next().filter(|first| first.is_alphabetic())?;
    let separator = characters.next().filter(|mark| !mark.is_alphanumeric())?;
    let mut run = Run {
        joined: String::new(),
        separators: 0,
        bytes: 0,
    };
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        run.joined.push(character);
        run.bytes = text.len() - rest.as_str().len();
        if !rest.as_str().starts_with(separator) {
            break;
        }
        rest.next();
        run.separators += 1;
    }
    let letters = run.joined.chars().filter(|joined| joined.is_alphabetic());
    (letters.count() >= LETTERS_MIN).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn letters_set_apart_are_put_together_and_others_left() {
        let apart = |text: &str, separator: &str| {
            text.chars()
                .map(String::from)
                .collect::<Vec<_>>()
                .join(separator)
        };
        for separator in [" ", "-", ".", "*"] {
            let text = format!("{} and so on", apart("write the thoughts", separator));
            let (joined, dropped) = joined(&text).expect("letters apart");
            assert!(joined.starts_with("write the thoughts"), "{joined}");
            assert!(dropped >= 15, "{dropped}");
        }
        for text in [
            "a b c d, then e f g h",
            "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
            "I am a person; U. S. A. is a land. x = y + z - w * v / u",
            "plain words only",
        ] {
            assert_eq!(joined(text), None, "{text}");
        }
    }
}
