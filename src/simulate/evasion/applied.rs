//! How extraction hides what it is: each evasion changes the text of extracting requests and nothing else, the same
//! way for the same seed. Benign traffic, a mixed account's own included, is never changed.

use std::sync::Arc;

use super::paraphrase::{Paraphrase, Strength};
use super::phrasebook::{PHRASEBOOK, spoken};
use super::template::{Template, phrases};
use crate::domain::{Message, Role, Sensitive};
use crate::simulate::corpus::Corpus;
use crate::simulate::prompt::request_spec::{Prompt, RecordRef, last_text};
use crate::simulate::rng::SeededRng;

/// Longest input that is put in place of another, in characters.
const INPUT_CHARACTERS: usize = 1_000;

/// Fewer letters than this are no input.
const INPUT_LETTERS: usize = 6;

/// Evasion of one account's extracting requests.
#[derive(Clone, Debug)]
pub(crate) struct Evasion {
    pub(crate) template: Arc<Template>,
    /// The language of the template.
    pub(crate) language: String,
    /// One for all accounts of a campaign: they share their wordings.
    pub(crate) seed: u64,
    pub(crate) strength: u8,
    /// Wordings that are rotated.
    pub(crate) wordings: usize,
    /// Requests after which the wording changes: one for each stage.
    pub(crate) stages: usize,
    /// Where the account begins in the rotation.
    pub(crate) offset: usize,
    pub(crate) traceless: bool,
    /// Asks for answers in another language.
    pub(crate) tongue: Option<&'static str>,
    /// Inputs in another language.
    pub(crate) inputs: Arc<[RecordRef]>,
    pub(crate) product: Option<&'static str>,
}

/// The system prompt of a product, in the language where there is one.
pub(crate) fn product(language: &str, rng: &mut SeededRng) -> &'static str {
    rng.pick::<String>(spoken(&PHRASEBOOK.products, language))
}

/// A line that asks for an answer in another language than this one.
pub(crate) fn tongue(language: &str, rng: &mut SeededRng) -> &'static str {
    let spoken_here = read_in(language);
    let others: Vec<&'static Vec<String>> = PHRASEBOOK
        .tongues
        .iter()
        .filter(|(tongue, _)| *tongue != spoken_here)
        .map(|(_, lines)| lines)
        .collect();
    let lines = *rng.pick(&others);
    rng.pick::<String>(lines)
}

/// The language of those who read an extraction's inputs; an English template around Chinese text (`mix`) has Chinese ones.
pub(crate) fn read_in(language: &str) -> &str {
    if language == "mix" { "zh" } else { language }
}

impl Evasion {
    /// Whether it makes one message of every request.
    pub(crate) const fn is_one_message(&self) -> bool {
        self.traceless
    }

    /// The request at `place` of the account's deal, disguised.
    pub(crate) fn apply(&self, place: usize, mut prompt: Prompt, corpus: &Corpus) -> Prompt {
        if self.traceless {
            prompt = self.bare(place, &prompt);
        } else {
            if !self.inputs.is_empty() {
                let input = self.inputs[place % self.inputs.len()];
                self.exchange_input(&mut prompt, last_text(corpus.record(input)));
            }
            self.reword(self.wording(place), &mut prompt);
        }
        if let Some(line) = self.tongue {
            change_last(&mut prompt, |text| [text, "\n\n", line].concat());
        }
        if let Some(product) = self.product {
            wrap(product, &mut prompt);
        }
        prompt
    }

    /// The wording of a request; the first is the template's own unless it is paraphrased as a whole.
    fn wording(&self, place: usize) -> Paraphrase {
        let number = (self.offset + place / self.stages) % self.wordings;
        let strength = match (number, Strength::of(self.strength)) {
            (0, strength) => strength,
            (_, strength) => strength.max(Strength::Medium),
        };
        let seed = SeededRng::new(self.seed ^ number as u64, "wording").seed();
        Paraphrase { strength, seed }
    }

    fn reword(&self, wording: Paraphrase, prompt: &mut Prompt) {
        if wording.strength == Strength::None {
            return;
        }
        let apply =
            |text: &Sensitive<String>| Sensitive::new(wording.apply(text.expose(), &self.template));
        prompt.system = prompt.system.as_ref().map(apply);
        for message in &mut prompt.messages {
            if matches!(message.role, Role::User | Role::System) {
                message.content = apply(&message.content);
            }
        }
        let (opening, closing) = wording.frame(&self.language);
        change_last(prompt, |text| {
            let lines = [opening, Some(text), closing];
            lines.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
        });
    }

    /// Puts `input` in the place of the longest stretch of payload of the message that asks.
    fn exchange_input(&self, prompt: &mut Prompt, input: &str) {
        change_last(prompt, |text| {
            let (start, end) = self.longest_payload(text);
            let input: String = input.chars().take(INPUT_CHARACTERS).collect();
            let after = &text[start..end];
            let space = &after[after.trim_end().len()..];
            [&text[..start], input.trim(), space, &text[end..]].concat()
        });
    }

    fn longest_payload(&self, text: &str) -> (usize, usize) {
        let (mut longest, mut start, mut end) = ((0, 0), 0, 0);
        for phrase in phrases(text) {
            end += phrase.len();
            if self.template.language(phrase).is_some() {
                start = end;
            } else if end - start > longest.1 - longest.0 {
                longest = (start, end);
            }
        }
        longest
    }

    /// One message: the payload of the one that asks, and now and then what is wanted, without any cue.
    fn bare(&self, place: usize, prompt: &Prompt) -> Prompt {
        let text = prompt.messages.iter().rfind(|m| m.role == Role::User);
        let text = text.map_or("", |message| message.content.expose().as_str());
        let payload: String = phrases(text)
            .filter(|phrase| self.template.language(phrase).is_none())
            .collect();
        let mut rng = SeededRng::new(self.seed ^ place as u64, "bare");
        let asks = spoken(&PHRASEBOOK.asks, read_in(&self.language));
        let content = [payload.as_str(), text]
            .into_iter()
            .map(without_cues)
            .find(|text| text.chars().filter(|c| c.is_alphanumeric()).count() >= INPUT_LETTERS)
            .unwrap_or_default();
        let content = if content.is_empty() {
            rng.pick(asks).clone()
        } else if rng.chance(0.5) {
            [content.as_str(), rng.pick(asks).as_str()].join("\n\n")
        } else {
            content
        };
        Prompt {
            system: None,
            messages: vec![Message {
                role: Role::User,
                content: Sensitive::new(content),
            }],
        }
    }
}

/// A text without the phrases, and at last without the words, that give an extraction away.
fn without_cues(text: &str) -> String {
    let gives_away = |text: &str| {
        let lower = text.to_lowercase();
        let mut cues = PHRASEBOOK.cues.iter();
        cues.find(|cue| lower.contains(cue.as_str()))
    };
    let kept: String = phrases(text)
        .filter(|phrase| gives_away(phrase).is_none())
        .collect();
    let mut text = kept.trim().to_owned();
    // A cue may be put together by what was left out between its halves.
    while let Some(cue) = gives_away(&text) {
        text = text.to_lowercase().replace(cue.as_str(), " ");
    }
    text.trim().to_owned()
}

/// Changes the message that asks: the last of the user's.
fn change_last(prompt: &mut Prompt, change: impl FnOnce(&str) -> String) {
    let last = prompt.messages.iter_mut().rfind(|m| m.role == Role::User);
    if let Some(last) = last {
        last.content = Sensitive::new(change(last.content.expose()));
    }
}

/// Gives a prompt the product's system prompt; its own comes first in what the user says.
fn wrap(product: &str, prompt: &mut Prompt) {
    let own = prompt.system.replace(Sensitive::new(product.to_owned()));
    let first = prompt.messages.iter_mut().find(|m| m.role == Role::User);
    if let (Some(own), Some(first)) = (own, first) {
        let text = [own.expose(), first.content.expose().as_str()].join("\n\n");
        first.content = Sensitive::new(text);
    }
}

#[cfg(test)]
mod tests;
