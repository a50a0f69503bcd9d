//! The text of one request as every reader sees it: messages with their roles and channels.
//!
//! Texts are cleaned of disguise (`clean`) before anyone reads them.
//!
//! Built once per exchange and lent to all readers of text: the digests of this module and the encoder. Only this file
//! decides which text is the request, what belongs to the system prompt and how many bytes there are.
//!
//! Readers differ, on purpose, in what they keep of a text and in how they normalise it. Digests must distinguish
//! texts, so they fold compatibility forms (NFKC) and keep digits and punctuation; the encoder must not learn habits of
//! style, so it folds case, white space and numbers. One normal form for both would change every digest and every
//! embedding. Both cut long texts by the same [`Window`](super::Window).

use std::borrow::Cow;

use super::clean::clean;
use crate::domain::{Exchange, Role};

/// Number of [`Channel`]s.
pub const CHANNELS: usize = 3;

/// A part of the request that is read separately, so that the author of a text is part of its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The system prompt and system messages.
    System,
    /// The last user message with text: what is asked now.
    Request,
    /// All other messages, from anyone.
    History,
}

impl Channel {
    /// All channels, in declaration order.
    pub const ALL: [Self; CHANNELS] = [Self::System, Self::Request, Self::History];
}

/// One text of a request. It holds raw text, so it has no `Debug`.
#[derive(Clone, Copy)]
pub struct TextPart<'v> {
    /// The author; [`Role::System`] for a system prompt sent separately.
    pub role: Role,
    /// The channel that the text belongs to.
    pub channel: Channel,
    /// The text, cleaned.
    pub text: &'v str,
}

/// One text, owned only if it was not clean.
struct Part<'t> {
    role: Role,
    channel: Channel,
    text: Cow<'t, str>,
}

/// A view of all text of one request, cleaned, in reading order. It holds raw text, so it has no `Debug`.
pub struct TextView<'t> {
    parts: Vec<Part<'t>>,
    /// Index of the part in [`Channel::Request`]; `None` if there are no messages.
    request: Option<usize>,
    /// What the model is told about the tools offered, cleaned.
    tools: Vec<Cow<'t, str>>,
    total_bytes: usize,
    disguised: usize,
}

impl<'t> TextView<'t> {
    /// Builds a view of a separate system prompt, if any, and of messages, oldest first.
    ///
    /// The request is the last user message with text or, without one (a tool's result, a prefilled answer), the last
    /// message with text.
    pub fn new(
        system: Option<&'t str>,
        messages: impl IntoIterator<Item = (Role, &'t str)>,
    ) -> Self {
        let messages = messages.into_iter();
        let mut view = Self {
            parts: Vec::with_capacity(messages.size_hint().0 + 1),
            request: None,
            tools: Vec::new(),
            total_bytes: 0,
            disguised: 0,
        };
        if let Some(system) = system {
            let text = view.cleaned(system);
            view.push(Role::System, text);
        }
        let apart = view.parts.len();
        for (role, text) in messages {
            let text = view.cleaned(text);
            view.push(role, text);
        }
        view.request = request(&view.parts, apart);
        if let Some(request) = view.request {
            view.parts[request].channel = Channel::Request;
        }
        view
    }

    /// Builds a view of an exchange's request. Text of a call that is no prompt (an embedding) is not viewed.
    pub fn of(exchange: &'t Exchange) -> Self {
        if exchange.kind.is_some_and(|kind| !kind.is_prompt()) {
            return Self::new(None, []);
        }
        let system = exchange.system.as_ref().map(|text| text.expose().as_str());
        let messages = exchange.messages.iter();
        let mut view = Self::new(
            system,
            messages.map(|message| (message.role, message.content.expose().as_str())),
        );
        let descriptions = exchange
            .tools
            .iter()
            .filter_map(|tool| tool.description.as_ref());
        for description in descriptions {
            let text = view.cleaned(description.expose());
            view.tools.push(text);
        }
        view
    }

    fn cleaned(&mut self, text: &'t str) -> Cow<'t, str> {
        self.total_bytes += text.len();
        let cleaned = clean(text);
        self.disguised += cleaned.disguised;
        cleaned.text
    }

    fn push(&mut self, role: Role, text: Cow<'t, str>) {
        let channel = match role {
            Role::System => Channel::System,
            Role::User | Role::Assistant | Role::Tool => Channel::History,
        };
        self.parts.push(Part {
            role,
            channel,
            text,
        });
    }

    /// Returns all texts of messages, in reading order.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = TextPart<'_>> + Clone + '_ {
        self.parts.iter().map(|part| TextPart {
            role: part.role,
            channel: part.channel,
            text: &part.text,
        })
    }

    /// Returns the texts of one channel, in reading order.
    pub fn channel(&self, channel: Channel) -> impl DoubleEndedIterator<Item = &str> + Clone + '_ {
        let parts = self.parts.iter();
        parts
            .filter(move |part| part.channel == channel)
            .map(|part| &*part.text)
    }

    /// Returns the texts of the call that ask nothing where they stand, and could: those of the history, latest first,
    /// then the descriptions of tools.
    pub(crate) fn elsewhere(&self) -> impl Iterator<Item = &str> + '_ {
        self.channel(Channel::History)
            .rev()
            .chain(self.tools.iter().map(|text| &**text))
    }

    /// Returns the text that asks: that of [`Channel::Request`], or the system prompt if there are no messages; empty
    /// if there is no text.
    pub fn request(&self) -> &str {
        let request = match self.request {
            Some(request) => self.parts.get(request),
            None => self.parts.last(),
        };
        request.map_or("", |part| &part.text)
    }

    /// Returns whether any message has text.
    pub fn has_text(&self) -> bool {
        self.parts.iter().any(|part| !part.text.trim().is_empty())
    }

    /// Returns the total length of all texts in bytes, as sent.
    pub const fn total_bytes(&self) -> usize {
        self.total_bytes
    }

    /// Returns the number of characters that were cleaned away because they disguise text.
    pub const fn disguised(&self) -> usize {
        self.disguised
    }
}

/// Returns the index of the part that asks. `apart` is 1 if the first part is a system prompt sent separately.
fn request(parts: &[Part<'_>], apart: usize) -> Option<usize> {
    let has_text = |part: &Part<'_>| !part.text.trim().is_empty();
    let last = |accept: &dyn Fn(&Part<'_>) -> bool| {
        let found = parts[apart..].iter().rposition(accept);
        found.map(|index| index + apart)
    };
    last(&|part| part.role == Role::User && has_text(part))
        .or_else(|| last(&|part| part.role != Role::System && has_text(part)))
        .or_else(|| last(&has_text))
        .or_else(|| last(&|part| part.role == Role::User))
        .or_else(|| (parts.len() > apart).then(|| parts.len() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(view: &TextView<'_>) -> [Vec<String>; CHANNELS] {
        Channel::ALL.map(|channel| view.channel(channel).map(str::to_owned).collect())
    }

    #[test]
    fn the_last_user_message_is_the_request_and_system_texts_are_one_channel() {
        let view = TextView::new(
            Some("be brief"),
            [
                (Role::User, "first question"),
                (Role::Assistant, "an answer"),
                (Role::System, "and kind"),
                (Role::User, "second question"),
                (Role::Assistant, "prefill"),
            ],
        );
        let [system, request, history] = channels(&view);
        assert_eq!(system, ["be brief", "and kind"]);
        assert_eq!(request, ["second question"]);
        assert_eq!(history, ["first question", "an answer", "prefill"]);
        assert_eq!(view.request(), "second question");
        assert_eq!(view.parts().count(), 6);
        assert_eq!(view.total_bytes(), 8 + 14 + 9 + 8 + 15 + 7);
    }

    #[test]
    fn without_a_user_the_last_message_is_the_request() {
        for last in [Role::System, Role::Assistant, Role::Tool] {
            let view = TextView::new(Some("rules"), [(Role::System, "more"), (last, "result")]);
            let [system, request, history] = channels(&view);
            assert_eq!((system.len(), history.len()), (2, 0), "{last:?}");
            assert_eq!(request, ["result"], "{last:?}");
            assert_eq!(view.request(), "result", "{last:?}");
        }
    }

    #[test]
    fn without_messages_the_system_prompt_is_read() {
        let view = TextView::new(Some("rules"), []);
        assert_eq!(view.channel(Channel::Request).count(), 0);
        assert_eq!(view.request(), "rules");
        let nothing = TextView::new(None, []);
        assert_eq!((nothing.request(), nothing.total_bytes()), ("", 0));
    }
}
