//! Changes to the characters of a text and around it, as callers make them who hope not to be read.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What is done to the text of a harvest, in the order of the fields.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Disguise {
    /// Replacements of letters: look-alikes, digits, doubled vowels.
    letters: BTreeMap<char, String>,
    /// A mark set between letters.
    insert: Option<Insert>,
    /// A text repeated before and after.
    padding: Option<Padding>,
    /// Bytes of sentences that ask for nothing, before the text.
    filler_before: usize,
    /// The same after it.
    filler_after: usize,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Insert {
    text: String,
    /// Number of characters between two marks.
    each: usize,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Padding {
    text: String,
    times: usize,
}

impl Disguise {
    /// Returns the disguised text. `sentence` draws a sentence of filler.
    pub(super) fn apply<E>(
        &self,
        text: &str,
        mut sentence: impl FnMut() -> Result<String, E>,
    ) -> Result<String, E> {
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            match self.letters.get(&letter) {
                Some(other) => out.push_str(other),
                None => out.push(letter),
            }
        }
        if let Some(insert) = &self.insert {
            out = with_marks(&out, insert);
        }
        if let Some(Padding { text, times }) = &self.padding {
            let padding = text.repeat(*times);
            out = format!("{padding}{out}{padding}");
        }
        let mut filler = |bytes: usize| {
            let mut text = String::new();
            while text.len() < bytes {
                text.push_str(&sentence()?);
                text.push(' ');
            }
            Ok(text)
        };
        let (before, after) = (filler(self.filler_before)?, filler(self.filler_after)?);
        let gap = |filler: &str| if filler.is_empty() { "" } else { "\n\n" };
        Ok(format!(
            "{before}{}{out}{}{after}",
            gap(&before),
            gap(&after)
        ))
    }
}

fn with_marks(text: &str, insert: &Insert) -> String {
    let mut out = String::with_capacity(2 * text.len());
    for (letter, count) in text.chars().zip(1_usize..) {
        out.push(letter);
        if count.is_multiple_of(insert.each.max(1)) {
            out.push_str(&insert.text);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::Disguise;

    fn applied(toml: &str, text: &str) -> String {
        let disguise: Disguise = toml::from_str(toml).expect("a disguise");
        let sentence = || Ok::<_, Infallible>("It rained.".to_owned());
        let Ok(text) = disguise.apply(text, sentence);
        text
    }

    #[test]
    fn each_change_is_made() {
        assert_eq!(applied("", "same"), "same");
        assert_eq!(
            applied("letters = { a = \"4\", e = \"ee\" }", "ate"),
            "4tee"
        );
        assert_eq!(
            applied("insert = { text = \"-\", each = 2 }", "abcde"),
            "ab-cd-e"
        );
        assert_eq!(
            applied("padding = { text = \" \", times = 2 }", "a"),
            "  a  "
        );
        assert_eq!(
            applied("filler_before = 12\nfiller_after = 1", "a"),
            "It rained. It rained. \n\na\n\nIt rained. "
        );
    }
}
