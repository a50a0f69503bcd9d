//! Separates template from payload by comparing many prompts of one stage: recurring phrases are template. Must not
//! know languages or what phrases mean.

use std::collections::BTreeMap;

use crate::domain::{PoolRecord, Role};
use crate::simulate::corpus::Corpus;
use crate::simulate::prompt::request_spec::Unit;

/// Number of records of a stage that are examined.
const SAMPLE: usize = 60;

/// Minimum share of the records that contain a phrase of the template.
const SHARE: f64 = 0.2;

/// Minimum number of records that contain a phrase of the template.
const RECORDS: usize = 3;

/// The phrases of one or more stages' templates, each with its language.
#[derive(Clone, Debug, Default)]
pub(crate) struct Template {
    phrases: BTreeMap<String, String>,
}

impl Template {
    /// Adds the template of a stage, whose language is `language`.
    pub(crate) fn learn(&mut self, corpus: &Corpus, unit: Unit, records: &[u32], language: &str) {
        let all = corpus.records(unit);
        let step = records.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<&PoolRecord> = records
            .iter()
            .step_by(step)
            .map(|record| &all[*record as usize])
            .collect();
        let mut counts = BTreeMap::<&str, usize>::new();
        for record in &sample {
            let mut own: Vec<&str> = asked(record)
                .flat_map(phrases)
                .map(str::trim)
                .filter(|phrase| is_distinctive(phrase))
                .collect();
            own.sort_unstable();
            own.dedup();
            for phrase in own {
                *counts.entry(phrase).or_default() += 1;
            }
        }
        let needed = ((sample.len() as f64 * SHARE).ceil() as usize).max(RECORDS);
        for (phrase, count) in counts {
            if count >= needed {
                let phrases = &mut self.phrases;
                phrases.insert(phrase.to_owned(), language.to_owned());
            }
        }
    }

    /// Returns the language of a template phrase; `None` for payload.
    pub(crate) fn language(&self, phrase: &str) -> Option<&str> {
        self.phrases.get(phrase.trim()).map(String::as_str)
    }
}

/// Returns the texts of a record that its author wrote.
fn asked(record: &PoolRecord) -> impl Iterator<Item = &str> {
    let system = record.system.iter().map(|text| text.expose().as_str());
    let messages = record.messages.iter();
    let users = messages.filter(|message| message.role != Role::Assistant);
    system.chain(users.map(|message| message.content.expose().as_str()))
}

/// Returns whether a phrase has enough letters or digits to be distinguishable from another.
fn is_distinctive(phrase: &str) -> bool {
    phrase.chars().filter(|c| c.is_alphanumeric()).count() >= 2
}

/// Splits a text after each mark that ends a phrase, white space included; the phrases concatenate to the text.
pub(crate) fn phrases(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (phrase, following) = rest.split_at(phrase_end(rest));
        rest = following;
        Some(phrase)
    })
}

fn phrase_end(text: &str) -> usize {
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let breaks = match character {
            '\n' | '。' | '！' | '？' | '；' | '：' | '，' | '、' => true,
            '.' | '!' | '?' | ';' | ':' | ',' => {
                characters.peek().is_none_or(|(_, c)| c.is_whitespace())
            }
            _ => false,
        };
        if breaks {
            let after = &text[end..];
            return end + (after.len() - after.trim_start().len());
        }
    }
    text.len()
}

#[cfg(test)]
impl Template {
    /// Creates a template of these phrases, each with its language.
    pub(crate) fn known(phrases: &[(&str, &str)]) -> Self {
        let owned =
            |(phrase, language): &(&str, &str)| (phrase.trim().to_owned(), (*language).to_owned());
        Self {
            phrases: phrases.iter().map(owned).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Template, phrases};
    use crate::simulate::corpus::Corpus;
    use crate::simulate::prompt::request_spec::Unit;
    use proptest::prelude::*;

    #[test]
    fn what_comes_back_is_template() {
        let corpus = Corpus::miniature();
        let records: Vec<u32> = (0..corpus.pipelines[0].records.len() as u32).collect();
        let mut template = Template::default();
        template.learn(&corpus, Unit::Pipeline(0), &records, "en");
        for phrase in ["every doubt and check included, ", "You are an expert."] {
            assert_eq!(template.language(phrase), Some("en"), "{phrase}");
        }
        let payload = "How many handshakes are there among 13 people?";
        assert_eq!(template.language(payload), None);
    }

    proptest! {
        #[test]
        fn phrases_join_to_the_text(text in "[a-z.,:?! 你好。，\n]{0,60}") {
            prop_assert_eq!(phrases(&text).collect::<String>(), text.clone());
            prop_assert!(phrases(&text).all(|phrase| !phrase.is_empty()));
        }
    }
}
