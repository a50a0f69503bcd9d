//! Digests of a request: the whole prompt, the template of the last user message, and the content that fills it.

use super::{
    common_words::CommonWords,
    content::push_content,
    identity::identity,
    labels::Labels,
    script::script,
    skeleton,
    tokens::{Token, TokenScratch},
    view::TextView,
};
use crate::{
    domain::{Digest, Exchange, Role, Script},
    privacy::{Digester, PseudonymKey, Purpose},
};

/// Digests of one request's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextDigests {
    /// Digest of the system prompt, whether sent separately or as messages.
    pub system: Option<Digest>,
    /// Digest of the template's labels (`Question:`, `### Response:`), which identify it whatever is between them; of
    /// head and tail together if there are fewer than two labels.
    pub skeleton: Digest,
    /// Digest of the template's first clause or 12 tokens; identifies templates whose slot comes last.
    pub head: Digest,
    /// Digest of the template's last clause or 12 tokens; identifies templates whose slot comes first.
    pub tail: Digest,
    /// Digest of the last user message, ignoring case and white space.
    pub slots: Digest,
    /// Digests of four pieces of the skeleton, chosen so that texts that share most pieces share most of these;
    /// [`Digest::NONE`] for a missing one.
    pub identity: [Digest; 4],
    /// Dominant script of the last user message, for slicing only.
    pub script: Script,
}

/// Memory that [`digest_request`] reuses. It holds text between calls, so it has no `Debug`.
#[derive(Default)]
pub struct TextScratch {
    tokens: TokenScratch,
    content: Vec<u8>,
}

/// Returns the digests of a request.
///
/// `system` covers everything, `slots` all of [`TextView::request`], and the others at most 8 KiB at
/// each end of it. A system prompt gives the same digests whether it is sent separately or as the first message. A text
/// with fewer than four words outside its slots is its own skeleton, head and tail.
pub fn digest_request(
    key: &PseudonymKey,
    common: &CommonWords,
    view: &TextView<'_>,
    scratch: &mut TextScratch,
) -> TextDigests {
    digest_asking(key, common, view, view.request(), scratch)
}

/// Returns the digests of a request in which `text` asks, wherever in the call it stands.
pub(crate) fn digest_asking(
    key: &PseudonymKey,
    common: &CommonWords,
    view: &TextView<'_>,
    text: &str,
    scratch: &mut TextScratch,
) -> TextDigests {
    let mut system: Option<Digester> = None;
    for part in view.parts().filter(|part| part.role == Role::System) {
        system
            .get_or_insert_with(|| key.digester(Purpose::System))
            .part(part.text.as_bytes());
    }
    let slots = content_digest(key, text, &mut scratch.content);
    scratch.tokens.read(text);
    let tokens = &mut scratch.tokens.tokens;
    skeleton::mask(tokens, common);
    let [skeleton, head, tail] = template_digests(key, tokens, slots);
    TextDigests {
        system: system.map(Digester::finish),
        skeleton,
        head,
        tail,
        slots,
        identity: identity(key, tokens),
        script: script(text),
    }
}

/// Returns the digest of the whole prompt: system prompt, roles and messages, byte for byte as sent.
pub(crate) fn prompt_digest(key: &PseudonymKey, exchange: &Exchange) -> Digest {
    let mut prompt = key.digester(Purpose::Prompt);
    let mut part = |role: Role, text: &str| {
        prompt.part(&[role as u8]);
        prompt.part(text.as_bytes());
    };
    if let Some(system) = &exchange.system {
        part(Role::System, system.expose());
    }
    for message in &exchange.messages {
        part(message.role, message.content.expose());
    }
    prompt.finish()
}

/// Returns the digest of a text's content, ignoring case and white space.
pub(crate) fn text_digest(key: &PseudonymKey, text: &str, scratch: &mut TextScratch) -> Digest {
    content_digest(key, text, &mut scratch.content)
}

fn content_digest(key: &PseudonymKey, text: &str, buffer: &mut Vec<u8>) -> Digest {
    let mut digester = key.digester(Purpose::Slots);
    push_content(text, buffer, |piece| digester.piece(piece));
    digester.end_part();
    digester.finish()
}

/// Returns the digests of the whole skeleton, its head and its tail.
fn template_digests(key: &PseudonymKey, tokens: &[Token], content: Digest) -> [Digest; 3] {
    if skeleton::is_short(tokens) {
        // Short free chat would otherwise share a handful of skeletons.
        let own = |purpose| key.digest(purpose, &content.0.to_le_bytes());
        return [
            own(Purpose::Skeleton),
            own(Purpose::Head),
            own(Purpose::Tail),
        ];
    }
    let of_tokens = |purpose, tokens: &[Token]| {
        let mut digester = key.digester(purpose);
        for token in tokens {
            digester.piece(&token.hash.to_le_bytes());
        }
        digester.end_part();
        digester.finish()
    };
    let head = of_tokens(Purpose::Head, skeleton::head(tokens));
    let tail = of_tokens(Purpose::Tail, skeleton::tail(tokens));
    let mut skeleton = key.digester(Purpose::Skeleton);
    match Labels::of(tokens) {
        Some(labels) => labels
            .hashes()
            .iter()
            .for_each(|&hash| skeleton.number(hash)),
        None => [head, tail].iter().for_each(|end| skeleton.number(end.0)),
    }
    [skeleton.finish(), head, tail]
}
