//! What of a request is read: head and tail of each channel, within a fixed number of bytes.
//!
//! A template speaks at its head and at its tail; the payload between them is the customer's. So each channel
//! keeps both ends, and the cost of a request has a ceiling whatever its length. What was left out is reported.

use crate::domain::Role;

/// Number of [`Channel`]s.
pub const CHANNELS: usize = 3;

/// Bytes kept of the system prompt: head, tail.
const SYSTEM: (usize, usize) = (1_200, 400);
/// Bytes kept of the last user message: head, tail.
const REQUEST: (usize, usize) = (1_500, 1_000);
/// Bytes kept of everything said before it: head, tail.
const HISTORY: (usize, usize) = (400, 600);

/// The most bytes that any request costs the tokenizer.
pub const BYTES_MAX: usize =
    SYSTEM.0 + SYSTEM.1 + REQUEST.0 + REQUEST.1 + HISTORY.0 + HISTORY.1 + 3;

/// A part of the request that is pooled by itself, so that who said something is part of its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The system prompt and system messages.
    System,
    /// The last user message: what is asked now.
    Request,
    /// Everything said before it, by anyone.
    History,
}

impl Channel {
    /// Every channel, in the order of the pooled vector.
    pub const ALL: [Self; CHANNELS] = [Self::System, Self::Request, Self::History];
}

/// The messages of a request, oldest first: any iterator that can be walked from both ends and more than once.
pub trait Messages<'a>:
    DoubleEndedIterator<Item = (Role, &'a str)> + ExactSizeIterator + Clone
{
}

impl<'a, I> Messages<'a> for I where
    I: DoubleEndedIterator<Item = (Role, &'a str)> + ExactSizeIterator + Clone
{
}

/// How much of a request was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadText {
    /// Bytes kept by the windows.
    pub read_bytes: u32,
    /// Bytes of text in the request.
    pub total_bytes: u32,
}

/// The windowed text of one request; reused between requests.
#[derive(Default)]
pub struct Windows {
    texts: [String; CHANNELS],
}

impl Windows {
    /// Fills the windows from a request.
    pub fn read<'a>(&mut self, system: Option<&'a str>, messages: impl Messages<'a>) -> ReadText {
        for text in &mut self.texts {
            text.clear();
        }
        // The request is the last user message; without one (a tool's result, a prefilled answer) the last message.
        let request = messages
            .clone()
            .rposition(|(role, _)| role == Role::User)
            .or_else(|| messages.len().checked_sub(1));
        let parts = messages.enumerate().map(|(index, (role, text))| {
            let channel = if Some(index) == request {
                Channel::Request
            } else if role == Role::System {
                Channel::System
            } else {
                Channel::History
            };
            (channel, text)
        });
        let mut total = 0;
        let mut read = 0;
        for (channel, budget) in Channel::ALL.into_iter().zip([SYSTEM, REQUEST, HISTORY]) {
            let own = system.filter(|_| channel == Channel::System);
            let of_channel = parts
                .clone()
                .filter(move |part| part.0 == channel)
                .map(|part| part.1);
            let out = &mut self.texts[channel as usize];
            total += keep_ends(own.into_iter().chain(of_channel), budget, out);
            read += out.len();
        }
        let total_bytes = u32::try_from(total).unwrap_or(u32::MAX);
        ReadText {
            read_bytes: (read as u32).min(total_bytes),
            total_bytes,
        }
    }

    /// The text kept of one channel.
    pub fn text(&self, channel: Channel) -> &str {
        &self.texts[channel as usize]
    }
}

/// Appends the first `head` and last `tail` bytes of the concatenated `parts` (cut at character boundaries, parts
/// and windows separated by a space) and returns the bytes of all parts.
fn keep_ends<'a>(
    parts: impl DoubleEndedIterator<Item = &'a str> + Clone,
    (head, tail): (usize, usize),
    out: &mut String,
) -> usize {
    let total: usize = parts.clone().map(str::len).sum();
    let mut room = if total <= head + tail {
        head + tail
    } else {
        head
    };
    for part in parts.clone() {
        if room == 0 {
            break;
        }
        let kept = floor(part, room.min(part.len()));
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&part[..kept]);
        room = if kept < part.len() { 0 } else { room - kept };
    }
    if total > head + tail {
        keep_tail(parts, tail, out);
    }
    total
}

/// Appends the last `room` bytes of the concatenated `parts`, in reading order.
fn keep_tail<'a>(
    parts: impl DoubleEndedIterator<Item = &'a str> + Clone,
    mut room: usize,
    out: &mut String,
) {
    let mut first = None;
    let mut kept = 0;
    for (back, part) in parts.clone().rev().enumerate() {
        let start = ceiling(part, part.len().saturating_sub(room));
        kept = back + 1;
        room -= part.len() - start;
        if start > 0 || room == 0 {
            first = Some(start);
            break;
        }
    }
    let count = parts.clone().count();
    for (index, part) in parts.skip(count - kept).enumerate() {
        out.push(' ');
        out.push_str(if index == 0 {
            &part[first.unwrap_or(0)..]
        } else {
            part
        });
    }
}

/// The largest character boundary at or below `index`.
fn floor(text: &str, mut index: usize) -> usize {
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// The smallest character boundary at or above `index`.
fn ceiling(text: &str, mut index: usize) -> usize {
    while !text.is_char_boundary(index) {
        index += 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, Channel, Windows};
    use crate::domain::Role;
    use proptest::prelude::*;

    #[test]
    fn channels_keep_who_said_what() {
        let mut windows = Windows::default();
        let messages = [
            (Role::User, "first question"),
            (Role::Assistant, "an answer"),
            (Role::User, "second question"),
            (Role::Assistant, "prefill"),
        ];
        let read = windows.read(Some("be brief"), messages.into_iter());
        assert_eq!(windows.text(Channel::System), "be brief");
        assert_eq!(windows.text(Channel::Request), "second question");
        assert_eq!(
            windows.text(Channel::History),
            "first question an answer prefill"
        );
        assert_eq!(read.read_bytes, read.total_bytes);
    }

    #[test]
    fn a_long_request_keeps_both_ends() {
        let text = format!("Grade this. {} Give only a score.", "好".repeat(5_000));
        let mut windows = Windows::default();
        let read = windows.read(None, [(Role::User, text.as_str())].into_iter());
        let kept = windows.text(Channel::Request);
        assert!(kept.starts_with("Grade this."));
        assert!(kept.ends_with("Give only a score."));
        assert!(read.read_bytes < read.total_bytes);
    }

    #[test]
    fn without_a_user_the_last_message_is_the_request() {
        let mut windows = Windows::default();
        windows.read(
            None,
            [(Role::System, "rules"), (Role::Tool, "result")].into_iter(),
        );
        assert_eq!(windows.text(Channel::Request), "result");
        assert_eq!(windows.text(Channel::System), "rules");
    }

    proptest! {
        #[test]
        fn never_more_than_the_ceiling(
            system in proptest::option::of("\\PC{0,3000}"),
            texts in proptest::collection::vec((0..4usize, "\\PC{0,1500}"), 1..8),
        ) {
            let roles = [Role::System, Role::User, Role::Assistant, Role::Tool];
            let mut windows = Windows::default();
            let messages = texts.iter().map(|(role, text)| (roles[*role], text.as_str()));
            let read = windows.read(system.as_deref(), messages);
            let kept: usize = Channel::ALL.iter().map(|channel| windows.text(*channel).len()).sum();
            prop_assert!(kept <= BYTES_MAX + texts.len() + 2);
            let total: usize = texts.iter().map(|(_, text)| text.len()).sum::<usize>()
                + system.map_or(0, |text| text.len());
            prop_assert_eq!(read.total_bytes as usize, total);
            prop_assert!(read.read_bytes <= read.total_bytes);
        }
    }
}
