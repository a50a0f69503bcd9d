//! Conversion of an `Exchange` to an `Observation`: no raw text goes further than this.
//!
//! Uses `encoder` and everything to its left. A pure function of the exchange, the encoder and the key.

use crate::domain::{
    AccountKey, Digest, ElsewhereCues, Evidence, Exchange, FinishReason, Observation, Origin,
    Outcome, RefusalCategory, RequestShape, Response, ResponseFormat, Role, Script, Sensitive,
};
use crate::encoder::{Encoder, Scratch};
use crate::privacy::{PseudonymKey, Purpose};
use crate::text::{
    CommonWords, TextScratch, TextView, digest_asking, encoded_share, prompt_digest, text_digest,
};

/// Converts exchanges to observations.
pub struct Observer {
    encoder: Box<dyn Encoder>,
    common_words: CommonWords,
    key: PseudonymKey,
}

/// Returns a digest that is equal for two exchanges of one account that are the same: it covers the id and the whole
/// prompt (system prompt, roles, messages). `None` for an exchange without an id, which is never the same as another.
///
/// The id alone would not do: behind a gateway, callers choose it, and one id for all their requests would hide all but
/// the first.
pub(crate) fn exchange_digest(key: &PseudonymKey, exchange: &Exchange) -> Option<Digest> {
    let id = exchange.id.as_deref()?;
    Some(digest_of(key, id, prompt_digest(key, exchange)))
}

fn digest_of(key: &PseudonymKey, id: &str, prompt: Digest) -> Digest {
    let mut digester = key.digester(Purpose::Exchange);
    digester.part(id.as_bytes());
    digester.number(prompt.0);
    digester.finish()
}

/// Buffers that one thread reuses between exchanges; they hold text, so they have no `Debug`.
#[derive(Default)]
pub struct ObserveScratch {
    encoder: Scratch,
    text: TextScratch,
}

impl Observer {
    /// Builds an observer from a bundle's text model and a deployment's key.
    pub fn new(
        encoder: impl Encoder + 'static,
        common_words: CommonWords,
        key: PseudonymKey,
    ) -> Self {
        Self {
            encoder: Box::new(encoder),
            common_words,
            key,
        }
    }

    /// Returns the pseudonym under which an account's history is stored.
    pub fn account(&self, name: &str) -> AccountKey {
        self.key.account(name)
    }

    /// Returns the [`exchange_digest`] of an exchange that was observed.
    pub fn exchange_digest(
        &self,
        exchange: &Exchange,
        observation: &Observation,
    ) -> Option<Digest> {
        let id = exchange.id.as_deref()?;
        Some(digest_of(&self.key, id, observation.prompt))
    }

    /// Returns everything that later stages may know about the exchange.
    pub fn observe(&self, exchange: &Exchange, scratch: &mut ObserveScratch) -> Observation {
        let view = TextView::of(exchange);
        let encoding = self.encoder.encode(&view, &mut scratch.encoder);
        let elsewhere = encoding.elsewhere.and_then(|elsewhere| {
            let text = view.elsewhere().nth(elsewhere.index)?;
            Some((text, elsewhere.cues))
        });
        // The template is that of the text that asks, wherever in the call it stands.
        let asks = match elsewhere {
            Some((text, cues)) if encoding.cues.or_elsewhere(cues) != encoding.cues => text,
            _ => view.request(),
        };
        let digests = digest_asking(
            &self.key,
            &self.common_words,
            &view,
            asks,
            &mut scratch.text,
        );
        let own = if std::ptr::eq(asks, view.request()) {
            digests.slots
        } else {
            text_digest(&self.key, view.request(), &mut scratch.text)
        };
        let digest = |purpose, text: &str| self.key.digest(purpose, text.as_bytes());
        let agent = exchange.client.user_agent.as_ref();
        let outcome = outcome(&exchange.response);
        let elsewhere = elsewhere.map(|(text, cues)| ElsewhereCues {
            text: text_digest(&self.key, text, &mut scratch.text),
            cues,
        });
        Observation {
            time: exchange.time,
            model: digest(Purpose::Model, &exchange.model),
            conversation: exchange
                .conversation
                .as_deref()
                .map(|name| digest(Purpose::Conversation, name)),
            cues: encoding.cues,
            request: own,
            elsewhere,
            embedding: encoding.embedding,
            prompt: prompt_digest(&self.key, exchange),
            system: digests.system,
            skeleton: digests.skeleton,
            head: digests.head,
            tail: digests.tail,
            slots: digests.slots,
            identity: digests.identity,
            shape: shape(exchange, encoding.read_bytes, &view),
            outcome,
            evidence: evidence(&view, outcome),
            user_agent: agent.map(|name| digest(Purpose::Client, name.expose())),
            origin: self.origin(exchange),
            setting: setting(&self.key, exchange, digests.script),
            script: digests.script,
        }
    }

    fn origin(&self, exchange: &Exchange) -> Origin {
        let digest = |purpose, text: &str| self.key.digest(purpose, text.as_bytes());
        let hidden = |purpose, text: &Option<Sensitive<String>>| {
            text.as_ref().map(|text| digest(purpose, text.expose()))
        };
        let named =
            |purpose, text: &Option<String>| text.as_deref().map(|text| digest(purpose, text));
        let client = &exchange.client;
        let category = exchange.response.refusal_category.as_deref();
        Origin {
            session: hidden(Purpose::Session, &exchange.session),
            end_user: hidden(Purpose::EndUser, &exchange.end_user),
            device: hidden(Purpose::Device, &client.device),
            registration: hidden(Purpose::Registration, &client.registration),
            version: named(Purpose::Client, &client.version),
            refusal_category: category.map(RefusalCategory::of_word),
            account_created: exchange.account_created,
            plan: named(Purpose::Plan, &exchange.plan),
            quota_used: exchange.quota_used,
        }
    }
}

/// Letters below which a request asks too little to be judged: `continue`, `go on please`. One of a script without
/// spaces counts as two.
const LETTERS_MIN: usize = 12;

/// Returns whether an exchange is evidence of what its account asks for.
fn evidence(view: &TextView<'_>, outcome: Outcome) -> Evidence {
    if !view.has_text() {
        return Evidence::Unread;
    }
    if outcome == Outcome::Failed {
        return Evidence::Failed;
    }
    let letters = view
        .request()
        .chars()
        .filter(|letter| letter.is_alphanumeric());
    let weights = letters.map(|letter| 1 + usize::from(letter >= '\u{2E80}'));
    let enough = weights.scan(0, |sum, weight| {
        *sum += weight;
        Some(*sum)
    });
    if enough.into_iter().any(|sum| sum >= LETTERS_MIN) {
        Evidence::Asks
    } else {
        Evidence::Trivial
    }
}

fn shape(exchange: &Exchange, read_bytes: usize, view: &TextView<'_>) -> RequestShape {
    let bytes = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let count = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let parameters = &exchange.parameters;
    let non_system = exchange
        .messages
        .iter()
        .filter(|message| message.role != Role::System);
    RequestShape {
        read_bytes: bytes(read_bytes),
        total_bytes: bytes(view.total_bytes()),
        unreadable: unreadable(view),
        turns: count(non_system.count()),
        tools: count(exchange.tools.len()),
        typed: is_typed(exchange),
        temperature: parameters.temperature,
        max_tokens: parameters.max_tokens,
        n: parameters.n.unwrap_or(1),
        structured: parameters
            .response_format
            .is_some_and(|format| format != ResponseFormat::Text),
        logprobs: parameters.logprobs == Some(true),
        input_tokens: exchange.response.input_tokens,
        output_tokens: exchange.response.output_tokens,
    }
}

/// Returns a digest that is equal for two exchanges that offer the same tools, in any order, and have the same script.
fn setting(key: &PseudonymKey, exchange: &Exchange, script: Script) -> Digest {
    let mut names: Vec<&str> = exchange
        .tools
        .iter()
        .map(|tool| tool.name.as_str())
        .collect();
    names.sort_unstable();
    let mut digester = key.digester(Purpose::Setting);
    digester.number(script as u64);
    for name in names {
        digester.part(name.as_bytes());
    }
    digester.finish()
}

/// Returns whether a user, and no tool, spoke last. A message without text, left over from what a tool returned, is not
/// a user's.
fn is_typed(exchange: &Exchange) -> bool {
    let turn = exchange.messages.iter().rev();
    let turn = turn.take_while(|message| message.role != Role::Assistant);
    let mut typed = false;
    for message in turn {
        match message.role {
            Role::Tool => return false,
            Role::User => typed |= !message.content.expose().trim().is_empty(),
            Role::System | Role::Assistant => {}
        }
    }
    typed
}

/// Returns the share of a call's characters that disguise text, or of its request's that nobody could read.
fn unreadable(view: &TextView<'_>) -> f32 {
    let encoded = encoded_share(view.request());
    let disguised = view.disguised();
    if disguised == 0 {
        return encoded;
    }
    let shown: usize = view.parts().map(|part| part.text.len()).sum();
    encoded.max(disguised as f32 / (disguised + shown) as f32)
}

/// Returns the outcome of a request. A failed status takes precedence over the finish reason; a response without a
/// finish reason counts as answered.
fn outcome(response: &Response) -> Outcome {
    let failed = response
        .status
        .is_some_and(|status| !(200..300).contains(&status));
    match (failed, response.finish_reason) {
        (true, _) => Outcome::Failed,
        (false, _) if response.refused == Some(true) => Outcome::Refused,
        (false, Some(FinishReason::ContentFilter)) => Outcome::Refused,
        (false, Some(FinishReason::Length)) => Outcome::Truncated,
        (false, Some(_)) => Outcome::Answered,
        (false, None) if response.status.is_some() => Outcome::Answered,
        (false, None) => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_typed, setting};
    use crate::domain::{Exchange, Message, RefusalCategory, Role, Script, Sensitive, Tool};
    use crate::privacy::PseudonymKey;

    #[test]
    fn a_turn_is_typed_if_a_user_and_no_tool_spoke_last() {
        use Role::{Assistant, System, Tool, User};
        let of = |roles: &[(Role, &str)]| {
            let message = |&(role, text): &(Role, &str)| Message {
                role,
                content: Sensitive::new(text.to_owned()),
            };
            is_typed(&Exchange {
                messages: roles.iter().map(message).collect(),
                ..Exchange::default()
            })
        };
        assert!(of(&[(System, "Be brief."), (User, "Hello")]));
        assert!(of(&[
            (User, "Look"),
            (Tool, "12"),
            (Assistant, "It is 12."),
            (User, "And now?")
        ]));
        assert!(!of(&[(User, "Look"), (Assistant, "I look."), (Tool, "12")]));
        // A tool's result in a user's message leaves that message without text.
        assert!(!of(&[
            (User, "Look"),
            (Assistant, "I look."),
            (Tool, "12"),
            (User, " ")
        ]));
        assert!(!of(&[(User, "")]));
        assert!(!of(&[]));
    }

    #[test]
    fn a_setting_is_the_set_of_tools_and_the_script() {
        let of = |tools: &[&str], script| {
            let exchange = Exchange {
                tools: tools.iter().copied().map(Tool::from).collect(),
                ..Exchange::default()
            };
            setting(&PseudonymKey::offline(), &exchange, script)
        };
        let own = of(&["read", "write"], Script::Latin);
        assert_eq!(own, of(&["write", "read"], Script::Latin));
        assert_ne!(own, of(&["write", "read"], Script::Han));
        assert_ne!(own, of(&["read"], Script::Latin));
        assert_ne!(own, of(&[], Script::Latin));
    }

    #[test]
    fn categories_are_read_however_they_are_written() {
        for word in [
            "reasoning_extraction",
            "Reasoning Extraction",
            " frontier-llm ",
        ] {
            assert_eq!(
                RefusalCategory::of_word(word),
                RefusalCategory::Extraction,
                "{word}"
            );
        }
        for word in ["bio", "pii_extraction", "", "safety"] {
            assert_eq!(
                RefusalCategory::of_word(word),
                RefusalCategory::Other,
                "{word}"
            );
        }
    }
}
