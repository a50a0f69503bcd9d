//! Word lists for evasions, written by us, by language: synonyms, product prompts, ways of asking for another language.
//! Holds only the lists; the evasion decides which of them is used, and when.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The word lists, read once.
pub(crate) static PHRASEBOOK: LazyLock<Phrasebook> = LazyLock::new(Phrasebook::built_in);

/// Texts by language code.
type ByLanguage = BTreeMap<String, Vec<String>>;

/// All lists.
pub(crate) struct Phrasebook {
    /// Synonyms and framing lines by language.
    wordings: BTreeMap<String, Wording>,
    /// Words that give an extraction away, in lower case.
    pub(crate) cues: Vec<String>,
    /// Requests used instead of a template.
    pub(crate) asks: ByLanguage,
    /// Requests for an answer in a language, written in that language.
    pub(crate) language_requests: ByLanguage,
    /// System prompts of products.
    pub(crate) products: ByLanguage,
}

/// The paraphrase lists of one language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wording {
    /// Groups of interchangeable words.
    pub(crate) words: Vec<Vec<String>>,
    /// Optional opening lines.
    pub(crate) openings: Vec<String>,
    /// Optional closing lines.
    pub(crate) closings: Vec<String>,
    /// Group of each word, keyed in lower case.
    #[serde(skip)]
    groups: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cues {
    words: Vec<String>,
    asks: ByLanguage,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageRequests {
    lines: ByLanguage,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Products {
    prompts: ByLanguage,
}

impl Phrasebook {
    fn built_in() -> Self {
        let mut wordings: BTreeMap<String, Wording> =
            read(include_str!("../../../eval/evasions/synonyms.toml"));
        for wording in wordings.values_mut() {
            for (group, words) in wording.words.iter().enumerate() {
                // The first group that lists a word takes precedence.
                for word in words {
                    wording.groups.entry(word.to_lowercase()).or_insert(group);
                }
            }
        }
        let cues: Cues = read(include_str!("../../../eval/evasions/cues.toml"));
        let language_requests: LanguageRequests =
            read(include_str!("../../../eval/evasions/tongues.toml"));
        let products: Products = read(include_str!("../../../eval/evasions/products.toml"));
        Self {
            wordings,
            cues: cues.words,
            asks: cues.asks,
            language_requests: language_requests.lines,
            products: products.prompts,
        }
    }

    /// Returns the wording of a language. An English template surrounds a payload of another language (`mix`), and a
    /// language without lists has no wording.
    pub(crate) fn wording(&self, language: &str) -> Option<&Wording> {
        let language = if language == "mix" { "en" } else { language };
        self.wordings.get(language)
    }
}

impl Wording {
    /// Returns the words that may replace `word`, including itself.
    pub(crate) fn like(&self, word: &str) -> Option<&[String]> {
        let group = self.groups.get(&word.to_lowercase())?;
        Some(&self.words[*group])
    }
}

/// Returns the texts in `language`, or the English ones if there are none.
pub(crate) fn texts_in<'p>(texts: &'p ByLanguage, language: &str) -> &'p [String] {
    let own = texts.get(language).or_else(|| texts.get("en"));
    own.map_or(&[], Vec::as_slice)
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect("the built-in lists are well-formed")
}

#[cfg(test)]
mod tests {
    use super::PHRASEBOOK;

    #[test]
    fn there_are_words_enough() {
        let products = PHRASEBOOK.products.values().map(Vec::len).sum::<usize>();
        assert!(products >= 30, "{products}");
        assert!(PHRASEBOOK.products.len() >= 8 && PHRASEBOOK.language_requests.len() >= 10);
        for language in ["en", "zh", "es", "mix"] {
            let wording = PHRASEBOOK.wording(language).expect("a wording");
            assert!(wording.words.iter().all(|group| group.len() >= 2));
            assert!(wording.openings.len() >= 3 && wording.closings.len() >= 3);
        }
    }

    #[test]
    fn what_replaces_a_cue_holds_none() {
        for ask in PHRASEBOOK.asks.values().flatten() {
            let ask = ask.to_lowercase();
            assert!(
                PHRASEBOOK
                    .cues
                    .iter()
                    .all(|cue| !ask.contains(cue.as_str()))
            );
        }
        assert!(PHRASEBOOK.cues.iter().all(|cue| *cue == cue.to_lowercase()));
    }
}
