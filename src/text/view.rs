//! The text of one request as every reader sees it: messages with their roles and channels.
//!
//! Built once per exchange and lent to all readers of text: the digests of this module and the encoder. Only this file
//! decides which text is the request, what belongs to the system prompt and how many bytes there are.
//!
//! Readers differ, on purpose, in what they keep of a text and in how they normalise it. Digests must distinguish
//! texts, so they fold compatibility forms (NFKC) and keep digits and punctuation; the encoder must not learn habits of
//! style, so it folds case, white space and numbers. One normal form for both would change every digest and every
//! embedding. Both cut long texts by the same [`Window`](super::Window).

use crate::domain::{Exchange, Role};

/// Number of [`Channel`]s.
pub const CHANNELS: usize = 3;

/// A part of the request that is read separately, so that the author of a text is part of its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The system prompt and system messages.
    System,
    /// The last user message: what is asked now.
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
pub struct TextPart<'t> {
    /// The author; [`Role::System`] for a system prompt sent separately.
    pub role: Role,
    /// The channel that the text belongs to.
    pub channel: Channel,
    /// The text.
    pub text: &'t str,
}

/// A borrowed view of all text of one request, in reading order. It holds raw text, so it has no `Debug`.
pub struct TextView<'t> {
    parts: Vec<TextPart<'t>>,
    /// Index of the part in [`Channel::Request`]; `None` if there are no messages.
    request: Option<usize>,
}

impl<'t> TextView<'t> {
    /// Builds a view of a separate system prompt, if any, and of messages, oldest first.
    ///
    /// The request is the last user message or, without one (a tool's result, a prefilled answer), the last message.
    pub fn new(
        system: Option<&'t str>,
        messages: impl IntoIterator<Item = (Role, &'t str)>,
    ) -> Self {
        let messages = messages.into_iter();
        let mut parts = Vec::with_capacity(messages.size_hint().0 + 1);
        parts.extend(system.map(|text| TextPart {
            role: Role::System,
            channel: Channel::System,
            text,
        }));
        let apart = parts.len();
        parts.extend(messages.map(|(role, text)| TextPart {
            role,
            channel: match role {
                Role::System => Channel::System,
                Role::User | Role::Assistant | Role::Tool => Channel::History,
            },
            text,
        }));
        let request = parts
            .iter()
            .rposition(|part| part.role == Role::User)
            .or_else(|| (parts.len() > apart).then(|| parts.len() - 1));
        if let Some(request) = request {
            parts[request].channel = Channel::Request;
        }
        Self { parts, request }
    }

    /// Builds a view of an exchange's request.
    pub fn of(exchange: &'t Exchange) -> Self {
        let system = exchange.system.as_ref().map(|text| text.expose().as_str());
        let messages = exchange.messages.iter();
        Self::new(
            system,
            messages.map(|message| (message.role, message.content.expose().as_str())),
        )
    }

    /// Returns all texts, in reading order.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = TextPart<'t>> + Clone + '_ {
        self.parts.iter().copied()
    }

    /// Returns the texts of one channel, in reading order.
    pub fn channel(
        &self,
        channel: Channel,
    ) -> impl DoubleEndedIterator<Item = &'t str> + Clone + '_ {
        let parts = self.parts.iter();
        parts
            .filter(move |part| part.channel == channel)
            .map(|part| part.text)
    }

    /// Returns the text that asks: that of [`Channel::Request`], or the system prompt if there are no messages; empty
    /// if there is no text.
    pub fn request(&self) -> &'t str {
        let request = match self.request {
            Some(request) => self.parts.get(request),
            None => self.parts.last(),
        };
        request.map_or("", |part| part.text)
    }

    /// Returns the total length of all texts in bytes.
    pub fn total_bytes(&self) -> usize {
        self.parts.iter().map(|part| part.text.len()).sum()
    }
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
