//! The part of a request that the static encoder reads: head and tail of each channel, within a fixed number of bytes.

use crate::text::{CHANNELS, Channel, TextView, Window};

/// The window on the system prompt.
const SYSTEM: Window = Window::new(1_200, 400);
/// The window on the last user message.
const REQUEST: Window = Window::new(1_500, 1_000);
/// The window on everything else.
const HISTORY: Window = Window::new(400, 600);

/// Maximum number of bytes of a request that reach the tokenizer.
#[cfg(test)]
const BYTES_MAX: usize = SYSTEM.bytes() + REQUEST.bytes() + HISTORY.bytes() + CHANNELS;

/// Returns whether a request is longer than its window.
pub(super) const fn is_cut(request: &str) -> bool {
    request.len() > REQUEST.bytes()
}

/// The windowed text of one request, by channel; reused between requests.
#[derive(Default)]
pub(super) struct ChannelTexts([String; CHANNELS]);

impl ChannelTexts {
    /// Fills the texts from a request, with pieces separated by a space, and returns the number of bytes kept.
    pub(super) fn read(&mut self, view: &TextView<'_>) -> usize {
        let mut read = 0;
        for (channel, window) in Channel::ALL.into_iter().zip([SYSTEM, REQUEST, HISTORY]) {
            let out = &mut self.0[channel as usize];
            out.clear();
            window.each_piece(view.channel(channel), |piece| {
                if !out.is_empty() {
                    out.push(' ');
                }
                out.push_str(piece);
            });
            read += out.len();
        }
        // Separators count as kept, but the result never exceeds the length of the request.
        read.min(view.total_bytes())
    }

    /// Returns the text kept of one channel.
    pub(super) fn text(&self, channel: Channel) -> &str {
        &self.0[channel as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Role;
    use proptest::prelude::*;

    #[test]
    fn channels_keep_the_author_of_each_text() {
        let mut texts = ChannelTexts::default();
        let messages = [
            (Role::User, "first question"),
            (Role::Assistant, "an answer"),
            (Role::User, "second question"),
            (Role::Assistant, "prefill"),
        ];
        let view = TextView::new(Some("be brief"), messages);
        let read = texts.read(&view);
        assert_eq!(texts.text(Channel::System), "be brief");
        assert_eq!(texts.text(Channel::Request), "second question");
        assert_eq!(
            texts.text(Channel::History),
            "first question an answer prefill"
        );
        assert_eq!(read, view.total_bytes());
    }

    #[test]
    fn a_long_request_keeps_both_ends() {
        let text = format!("Grade this. {} Give only a score.", "好".repeat(5_000));
        let mut texts = ChannelTexts::default();
        let view = TextView::new(None, [(Role::User, text.as_str())]);
        let read = texts.read(&view);
        let kept = texts.text(Channel::Request);
        assert!(kept.starts_with("Grade this."));
        assert!(kept.ends_with("Give only a score."));
        assert!(read < view.total_bytes());
    }

    proptest! {
        #[test]
        fn the_bytes_kept_are_bounded(
            system in proptest::option::of("\\PC{0,3000}"),
            texts in proptest::collection::vec((0..4usize, "\\PC{0,1500}"), 1..8),
        ) {
            let roles = [Role::System, Role::User, Role::Assistant, Role::Tool];
            let messages = texts.iter().map(|(role, text)| (roles[*role], text.as_str()));
            let view = TextView::new(system.as_deref(), messages);
            let mut channels = ChannelTexts::default();
            let read = channels.read(&view);
            let kept: usize = Channel::ALL.iter().map(|channel| channels.text(*channel).len()).sum();
            prop_assert!(kept <= BYTES_MAX + texts.len() + 2);
            prop_assert!(read <= view.total_bytes());
        }
    }
}
