//! Rule-based paraphrase of a template: synonyms, sentence order, dropped sentences. The payload stays unchanged and in
//! position. One seed gives one wording: a phrase of the template is paraphrased identically in all prompts.

use super::phrasebook::{PHRASEBOOK, Wording};
use super::template::{Template, phrases};
use crate::simulate::rng::SeededRng;

/// The strength of a paraphrase, 0 to 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// No change.
    None,
    /// Replaces half of the words that have synonyms.
    Light,
    /// Replaces nearly all words that have synonyms and swaps neighbouring sentences.
    Medium,
    /// Replaces all words that have synonyms, swaps sentences, drops a third of them, changes list marks and adds
    /// framing lines.
    Strong,
}

/// Share of the template's sentences that [`Strength::Strong`] drops.
const DROPPED: f64 = 0.3;

/// Minimum length of a sentence in characters; anything shorter is a layout mark and stays.
const SENTENCE: usize = 8;

/// One wording of a template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paraphrase {
    pub(crate) strength: Strength,
    pub(crate) seed: u64,
}

/// Phrases up to the end of a sentence or line.
struct Sentence<'t> {
    phrases: Vec<&'t str>,
    /// Whether it is all template and can be moved.
    movable: bool,
}

impl Strength {
    /// Returns the strength of a level.
    pub(crate) const fn of(level: u8) -> Self {
        match level {
            0 => Self::None,
            1 => Self::Light,
            2 => Self::Medium,
            _ => Self::Strong,
        }
    }

    const fn synonyms(self) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Light => 0.5,
            Self::Medium => 0.9,
            Self::Strong => 1.0,
        }
    }
}

impl Paraphrase {
    /// Returns the text with its template in this wording.
    pub(crate) fn apply(self, text: &str, template: &Template) -> String {
        if self.strength == Strength::None {
            return text.to_owned();
        }
        let mut sentences = sentences(text, template);
        if self.strength == Strength::Strong {
            self.drop_some(&mut sentences);
        }
        if self.strength >= Strength::Medium {
            for run in sentences.chunk_by_mut(|left, right| left.movable && right.movable) {
                self.reorder(run);
            }
        }
        let all = sentences.iter().flat_map(|sentence| &sentence.phrases);
        all.map(|phrase| match template.language(phrase) {
            Some(language) => self.reword(phrase, language),
            None => (*phrase).to_owned(),
        })
        .collect()
    }

    /// Returns an opening and a closing line for a prompt in `language`; only a strong paraphrase has them.
    pub(crate) fn frame(self, language: &str) -> (Option<&'static str>, Option<&'static str>) {
        let Some(wording) = PHRASEBOOK.wording(language) else {
            return (None, None);
        };
        if self.strength < Strength::Strong {
            return (None, None);
        }
        let mut rng = self.rng("frame");
        let mut line = |lines: &'static [String]| rng.chance(0.7).then(|| rng.pick(lines).as_str());
        (line(&wording.openings), line(&wording.closings))
    }

    /// Returns the generator for `text`, which is the same each time for this wording.
    fn rng(self, text: &str) -> SeededRng {
        SeededRng::new(self.seed, text)
    }

    fn drop_some(self, sentences: &mut Vec<Sentence<'_>>) {
        let mut kept = false;
        let last = sentences.iter().rposition(|sentence| sentence.movable);
        let mut index = 0;
        sentences.retain(|sentence| {
            let here = index;
            index += 1;
            if !sentence.movable {
                return true;
            }
            // The last sentence stays if all others were dropped.
            let stays = (Some(here) == last && !kept) || !self.rng(&sentence.key()).chance(DROPPED);
            kept |= stays;
            stays
        });
    }

    /// Swaps neighbouring sentences; white space stays in position.
    fn reorder(self, run: &mut [Sentence<'_>]) {
        for pair in run.chunks_exact_mut(2) {
            let [left, right] = pair else { continue };
            let keys = [left.key(), right.key()].concat();
            if left.ends_alike(right) && self.rng(&keys).chance(0.7) {
                std::mem::swap(left, right);
            }
        }
    }

    fn reword(self, phrase: &str, language: &str) -> String {
        let Some(wording) = PHRASEBOOK.wording(language) else {
            return phrase.to_owned();
        };
        let phrase = if self.strength == Strength::Strong {
            other_marks(phrase)
        } else {
            phrase.to_owned()
        };
        if matches!(language, "zh" | "ja") {
            self.reword_substrings(&phrase, wording)
        } else {
            self.reword_words(&phrase, wording)
        }
    }

    /// Returns another word of the group of `word`, the same one for this wording everywhere.
    fn choose<'w>(self, word: &str, like: &'w [String]) -> Option<&'w str> {
        let mut rng = self.rng(&word.to_lowercase());
        if !rng.chance(self.strength.synonyms()) {
            return None;
        }
        let others: Vec<&String> = like
            .iter()
            .filter(|other| other.to_lowercase() != word.to_lowercase())
            .collect();
        Some(rng.pick(&others).as_str())
    }

    fn reword_words(self, phrase: &str, wording: &Wording) -> String {
        let mut text = String::with_capacity(phrase.len());
        let mut rest = phrase;
        while let Some(start) = rest.find(char::is_alphabetic) {
            let (before, word_on) = rest.split_at(start);
            text.push_str(before);
            let end = word_on
                .find(|c: char| !c.is_alphabetic())
                .unwrap_or(word_on.len());
            let (word, after) = word_on.split_at(end);
            // Tags, slots and names in code are not words.
            let marked = text.ends_with(['<', '/', '{', '_', '`', '"', '\\'])
                || after.starts_with(['>', '}', '_', '`', '"', '(']);
            let other = (!marked)
                .then(|| wording.like(word))
                .flatten()
                .and_then(|like| self.choose(word, like));
            match other {
                Some(other) if word.starts_with(char::is_uppercase) => {
                    text.push_str(&capital(other));
                }
                Some(other) => text.push_str(other),
                None => text.push_str(word),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }

    fn reword_substrings(self, phrase: &str, wording: &Wording) -> String {
        let mut text = String::with_capacity(phrase.len());
        let mut rest = phrase;
        while let Some(first) = rest.chars().next() {
            let longest = wording
                .words
                .iter()
                .flatten()
                .filter(|word| rest.starts_with(word.as_str()))
                .max_by_key(|word| word.len());
            if let Some(word) = longest {
                let like = wording.like(word).unwrap_or(&[]);
                text.push_str(self.choose(word, like).unwrap_or(word));
                rest = &rest[word.len()..];
            } else {
                text.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        text
    }
}

impl Sentence<'_> {
    fn key(&self) -> String {
        self.phrases.concat().trim().to_owned()
    }

    /// Returns whether both end with the same white space, so that swapping them preserves the layout.
    fn ends_alike(&self, other: &Self) -> bool {
        let end = |sentence: &Self| {
            let last = sentence.phrases.last().copied().unwrap_or_default();
            last[last.trim_end().len()..].to_owned()
        };
        end(self) == end(other)
    }
}

fn sentences<'t>(text: &'t str, template: &Template) -> Vec<Sentence<'t>> {
    let mut sentences = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    for phrase in phrases(text) {
        open.push(phrase);
        let body = phrase.trim_end();
        if body.ends_with(['.', '!', '?', '。', '！', '？']) || phrase.contains('\n') {
            sentences.push(sentence(std::mem::take(&mut open), template));
        }
    }
    if !open.is_empty() {
        sentences.push(sentence(open, template));
    }
    sentences
}

fn sentence<'t>(phrases: Vec<&'t str>, template: &Template) -> Sentence<'t> {
    let known = |phrase: &&str| template.language(phrase).is_some();
    let text = phrases.concat();
    let body = text.trim();
    // A sentence that ends with a colon announces what follows; one that holds a tag or slot is layout.
    let announces = body.ends_with([':', '：']) || body.contains(['<', '{', '[', '`', '|']);
    let movable = phrases.iter().all(known) && !announces && body.chars().count() >= SENTENCE;
    Sentence { phrases, movable }
}

/// Replaces list and heading marks by another kind.
fn other_marks(phrase: &str) -> String {
    for (mark, other) in [("- ", "* "), ("* ", "- "), ("### ", "## "), ("## ", "# ")] {
        if let Some(rest) = phrase.strip_prefix(mark) {
            return [other, rest].concat();
        }
    }
    phrase.to_owned()
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::{Paraphrase, Strength};
    use crate::simulate::evasion::template::Template;
    use proptest::prelude::*;

    const TEMPLATE: [(&str, &str); 6] = [
        ("Please answer the following question.", "en"),
        ("Explain each step of your reasoning, ", "en"),
        ("then write the final answer.", "en"),
        ("Be careful and complete.", "en"),
        ("请详细回答以下问题，", "zh"),
        ("最后给出答案。", "zh"),
    ];
    const PAYLOAD: [&str; 5] = [
        "How many answers has a question of 3.5 steps? ",
        "A train leaves at 09:40, ",
        "多少个苹果？",
        "write code: fn main() {}\n",
        "- item ",
    ];

    fn paraphrase(level: u8, seed: u64) -> Paraphrase {
        Paraphrase {
            strength: Strength::of(level),
            seed,
        }
    }

    #[test]
    fn a_stronger_paraphrase_changes_more() {
        let template = Template::known(&TEMPLATE);
        let text: String = TEMPLATE
            .map(|(phrase, _)| format!("{} ", phrase.trim()))
            .concat();
        let words =
            |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let before = words(&text);
        let kept = |level| -> usize {
            let wordings = 0..40;
            wordings
                .map(|seed| {
                    let after = words(&paraphrase(level, seed).apply(&text, &template));
                    let same = before
                        .iter()
                        .zip(&after)
                        .filter(|(left, right)| left == right);
                    same.count()
                })
                .sum()
        };
        assert_eq!(kept(0), 40 * before.len());
        assert!(kept(0) > kept(1) && kept(1) > kept(2) && kept(2) > kept(3));
    }

    #[test]
    fn tags_slots_and_names_are_no_words() {
        let phrase = "Put it in <answer>{question}</answer> and `answer` or answer_key, ";
        let template = Template::known(&[(phrase, "en")]);
        for seed in 0..20 {
            let text = paraphrase(2, seed).apply(phrase, &template);
            assert!(
                text.contains("<answer>{question}</answer> and `answer` or answer_key"),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn payload_stays_in_order(
            picks in prop::collection::vec((any::<bool>(), 0_usize..30), 0..12),
            level in 0_u8..=3,
            seed in any::<u64>(),
        ) {
            let template = Template::known(&TEMPLATE);
            let parts: Vec<(bool, String)> = picks
                .into_iter()
                .map(|(payload, pick)| {
                    let text = if payload {
                        PAYLOAD[pick % PAYLOAD.len()].to_owned()
                    } else {
                        format!("{} ", TEMPLATE[pick % TEMPLATE.len()].0.trim())
                    };
                    (payload, text)
                })
                .collect();
            let text: String = parts.iter().map(|(_, text)| text.as_str()).collect();
            let paraphrased = paraphrase(level, seed).apply(&text, &template);
            prop_assert_eq!(&paraphrased, &paraphrase(level, seed).apply(&text, &template));
            let mut rest = paraphrased.as_str();
            for (_, payload) in parts.iter().filter(|(payload, _)| *payload) {
                let at = rest.find(payload.trim());
                prop_assert!(at.is_some(), "{payload} is not in {rest}");
                rest = &rest[at.unwrap_or(0) + payload.trim().len()..];
            }
            if level == 0 {
                prop_assert_eq!(paraphrased, text);
            } else if !text.is_empty() {
                prop_assert!(!paraphrased.is_empty());
            }
        }
    }
}
