//! What is kept of an exchange that is over the bounds: its ends, with `truncated` set.
//!
//! A request that the model accepted is never refused for its size: whoever wants to go unseen would only have to send
//! more. Beginning and end are enough to judge, as every reader of text knows ([`crate::domain::Exchange::truncated`]).

use super::Bounds;
use crate::domain::{Exchange, Message, Sensitive};

/// Messages kept from the beginning of a conversation that has too many; the others are its latest.
const FIRST_MESSAGES: usize = 100;

/// Cuts an exchange down to `bounds`: messages from the middle, tools from the end, bytes from the middle of the
/// longest texts. Marks it as truncated if anything was cut.
pub(crate) fn fit(exchange: &mut Exchange, bounds: &Bounds) {
    let over = exchange.messages.len().saturating_sub(bounds.messages_max);
    if over > 0 {
        let first = FIRST_MESSAGES.min(bounds.messages_max / 2);
        exchange.messages.drain(first..first + over);
        exchange.truncated = true;
    }
    if exchange.tools.len() > bounds.tools_max {
        exchange.tools.truncate(bounds.tools_max);
        exchange.truncated = true;
    }
    let tools = exchange.tools.len();
    exchange
        .tools
        .retain(|tool| tool.name.len() <= bounds.name_bytes_max);
    exchange.truncated |= exchange.tools.len() < tools;
    if text_bytes(exchange) > bounds.text_bytes_max {
        cut_texts(exchange, bounds.text_bytes_max);
        exchange.truncated = true;
    }
}

/// Returns the bytes of all text of an exchange.
fn text_bytes(exchange: &Exchange) -> usize {
    let length = |text: Option<&Sensitive<String>>| text.map_or(0, |text| text.expose().len());
    let messages = exchange.messages.iter();
    let tools = exchange.tools.iter();
    length(exchange.system.as_ref())
        + messages.map(|m| m.content.expose().len()).sum::<usize>()
        + tools
            .map(|tool| length(tool.description.as_ref()))
            .sum::<usize>()
        + length(exchange.response.text.as_ref())
}

/// Shortens every text that is longer than its share of `bytes`.
fn cut_texts(exchange: &mut Exchange, bytes: usize) {
    let texts = exchange.messages.len() + exchange.tools.len() + 2;
    let share = bytes / texts;
    let cut = |text: &mut Option<Sensitive<String>>| {
        if let Some(text) = text {
            shorten(text, share);
        }
    };
    cut(&mut exchange.system);
    cut(&mut exchange.response.text);
    for tool in &mut exchange.tools {
        cut(&mut tool.description);
    }
    for Message { content, .. } in &mut exchange.messages {
        shorten(content, share);
    }
}

/// Cuts a text to the beginning and the end that fit into `bytes`.
fn shorten(text: &mut Sensitive<String>, bytes: usize) {
    let whole = text.expose();
    if whole.len() <= bytes {
        return;
    }
    let head = whole.floor_char_boundary(bytes / 2);
    let tail = whole.ceil_char_boundary(whole.len() - bytes / 2);
    *text = Sensitive::new([&whole[..head], &whole[tail..]].concat());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Role;

    proptest! {
        #[test]
        fn what_is_kept_is_within_the_bounds_and_has_both_ends(
            texts in proptest::collection::vec("\\PC{0,60}", 1..30),
            messages_max in 2_usize..20,
            text_bytes_max in 400_usize..2_000,
        ) {
            let bounds = Bounds { messages_max, text_bytes_max, ..Bounds::STANDARD };
            let message = |text: &String| Message {
                role: Role::User,
                content: Sensitive::new(text.clone()),
            };
            let mut exchange = Exchange {
                messages: texts.iter().map(message).collect(),
                ..Exchange::default()
            };
            let whole = exchange.messages.clone();
            fit(&mut exchange, &bounds);
            prop_assert!(exchange.messages.len() <= messages_max);
            prop_assert!(text_bytes(&exchange) <= text_bytes_max);
            prop_assert_eq!(exchange.truncated, exchange.messages != whole);
            let ends = |messages: &[Message]| {
                messages.first().zip(messages.last()).map(|(first, last)| {
                    let (first, last) = (first.content.expose(), last.content.expose());
                    (first.chars().next(), last.chars().next_back())
                })
            };
            prop_assert_eq!(ends(&exchange.messages), ends(&whole));
        }
    }
}
