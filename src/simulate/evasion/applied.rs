//! Applies evasions. Each evasion changes the text of extracting requests and nothing else, identically for the same
//! seed. Benign traffic is never changed, including that of a mixed account.

use std::sync::Arc;

use super::paraphrase::{Paraphrase, Strength};
use super::phrasebook::{PHRASEBOOK, texts_in};
use super::template::{Template, phrases};
use crate::domain::{Message, Role, Sensitive};
use crate::simulate::corpus::Corpus;
use crate::simulate::prompt::request_spec::{Prompt, RecordRef, last_text};
use crate::simulate::rng::SeededRng;

/// Maximum length of a substituted input, in characters.
const INPUT_CHARACTERS: usize = 1_000;

/// Minimum number of letters of an input.
const INPUT_LETTERS: usize = 6;

/// The evasion of one account's extracting requests.
#[derive(Clone, Debug)]
pub(crate) struct Evasion {
    pub(crate) template: Arc<Template>,
    /// The language of the template.
    pub(crate) language: String,
    /// Seed shared by all accounts of a campaign, which therefore share their wordings.
    pub(crate) seed: u64,
    pub(crate) strength: u8,
    /// Number of wordings in the rotation.
    pub(crate) wordings: usize,
    /// Number of requests after which the wording changes: one for each stage.
    pub(crate) stages: usize,
    /// The account's starting position in the rotation.
    pub(crate) offset: usize,
    pub(crate) traceless: bool,
    /// Line that asks for answers in another language.
    pub(crate) language_request: Option<&'static str>,
    /// Substituted inputs, in another language.
    pub(crate) inputs: Arc<[RecordRef]>,
    pub(crate) product: Option<&'static str>,
}

/// Draws the system prompt of a product, in `language` if there is one.
pub(crate) fn product(language: &str, rng: &mut SeededRng) -> &'static str {
    rng.pick::<String>(texts_in(&PHRASEBOOK.products, language))
}

/// Draws a line that asks for an answer in a language other than this one.
pub(crate) fn language_request(language: &str, rng: &mut SeededRng) -> &'static str {
    let own_language = read_in(language);
    let others: Vec<&'static Vec<String>> = PHRASEBOOK
        .language_requests
        .iter()
        .filter(|(code, _)| *code != own_language)
        .map(|(_, lines)| lines)
        .collect();
    let lines = *rng.pick(&others);
    rng.pick::<String>(lines)
}

/// Returns the language of the people who read an extraction's inputs; an English template around Chinese text (`mix`)
/// has Chinese readers.
pub(crate) fn read_in(language: &str) -> &str {
    if language == "mix" { "zh" } else { language }
}

impl Evasion {
    /// Returns whether every request becomes a single message.
    pub(crate) const fn is_one_message(&self) -> bool {
        self.traceless
    }

    /// Returns the request at `position` of the account's sequence, with the evasion applied.
    pub(crate) fn apply(&self, position: usize, mut prompt: Prompt, corpus: &Corpus) -> Prompt {
        if self.traceless {
            prompt = self.bare(position, &prompt);
        } else {
            if !self.inputs.is_empty() {
                let input = self.inputs[position % self.inputs.len()];
                self.exchange_input(&mut prompt, last_text(corpus.record(input)));
            }
            self.reword(self.wording(position), &mut prompt);
        }
        if let Some(line) = self.language_request {
            change_last(&mut prompt, |text| [text, "\n\n", line].concat());
        }
        if let Some(product) = self.product {
            wrap(product, &mut prompt);
        }
        prompt
    }

    /// Returns the wording of a request; the first wording is the template's own unless the template is paraphrased as
    /// a whole.
    fn wording(&self, position: usize) -> Paraphrase {
        let number = (self.offset + position / self.stages) % self.wordings;
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

    /// Replaces the longest stretch of payload in the asking message by `input`.
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

    /// Returns a single message: the payload of the asking message and, sometimes, a request for what is wanted,
    /// without any cue.
    fn bare(&self, position: usize, prompt: &Prompt) -> Prompt {
        let text = prompt.messages.iter().rfind(|m| m.role == Role::User);
        let text = text.map_or("", |message| message.content.expose().as_str());
        let payload: String = phrases(text)
            .filter(|phrase| self.template.language(phrase).is_none())
            .collect();
        let mut rng = SeededRng::new(self.seed ^ position as u64, "bare");
        let asks = texts_in(&PHRASEBOOK.asks, read_in(&self.language));
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

/// Returns the text without the phrases, and finally without the words, that give an extraction away.
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
    // Removing text can join two halves into a cue.
    while let Some(cue) = gives_away(&text) {
        text = text.to_lowercase().replace(cue.as_str(), " ");
    }
    text.trim().to_owned()
}

/// Changes the asking message: the user's last.
fn change_last(prompt: &mut Prompt, change: impl FnOnce(&str) -> String) {
    let last = prompt.messages.iter_mut().rfind(|m| m.role == Role::User);
    if let Some(last) = last {
        last.content = Sensitive::new(change(last.content.expose()));
    }
}

/// Sets the product's system prompt; the prompt's own system prompt moves to the start of the user's message.
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
