//! Names and bounds used by chat APIs: one list for every reader and writer of exchanges, whatever the format.
//!
//! Names are compared ignoring case and surrounding white space, because providers differ in that alone (`SAFETY`,
//! `safety`). An unlisted finish reason or response format is `Other`, and a blank one is absent. An unlisted role
//! counts as the caller's, who must not be able to hide a message behind it.

use std::ops::{Range, RangeInclusive};

use super::{CallKind, FinishReason, ResponseFormat, Role};

/// Accepted sampling temperatures. Providers stop at 2.
pub const TEMPERATURES: RangeInclusive<f64> = 0.0..=100.0;

/// Accepted HTTP statuses: every three-digit number.
pub const HTTP_STATUSES: RangeInclusive<u16> = 100..=999;

/// Largest accepted count of tokens or answers. Larger ones are nonsense, and sums of as many stay far from overflow.
pub(crate) const COUNT_MAX: u32 = u32::MAX;

/// Accepted event times, in microseconds since 1970: the years 1970 to 2199. A single exchange beyond them would move
/// its account's clock past all that follow.
pub(crate) const EVENT_MICROS: Range<i64> = 0..7_258_118_400_000_000;

/// Accepted names of roles.
const ROLES: &[(&str, Role)] = &[
    ("system", Role::System),
    ("developer", Role::System),
    ("user", Role::User),
    ("assistant", Role::Assistant),
    ("model", Role::Assistant),
    ("tool", Role::Tool),
    ("function", Role::Tool),
];

/// Accepted names of finish reasons.
const FINISH_REASONS: &[(&str, FinishReason)] = &[
    ("stop", FinishReason::Stop),
    ("end_turn", FinishReason::Stop),
    ("stop_sequence", FinishReason::Stop),
    ("length", FinishReason::Length),
    ("max_tokens", FinishReason::Length),
    ("tool_calls", FinishReason::ToolCalls),
    ("tool_call", FinishReason::ToolCalls),
    ("tool_use", FinishReason::ToolCalls),
    ("function_call", FinishReason::ToolCalls),
    ("content_filter", FinishReason::ContentFilter),
    ("refusal", FinishReason::ContentFilter),
    ("safety", FinishReason::ContentFilter),
    ("recitation", FinishReason::ContentFilter),
    ("blocklist", FinishReason::ContentFilter),
    ("prohibited_content", FinishReason::ContentFilter),
    ("spii", FinishReason::ContentFilter),
    ("guardrail_intervened", FinishReason::ContentFilter),
    ("content_filtered", FinishReason::ContentFilter),
    ("completed", FinishReason::Stop),
    ("max_output_tokens", FinishReason::Length),
];

/// Accepted names of response formats.
const RESPONSE_FORMATS: &[(&str, ResponseFormat)] = &[
    ("text", ResponseFormat::Text),
    ("json_object", ResponseFormat::JsonObject),
    ("json", ResponseFormat::JsonObject),
    ("json_schema", ResponseFormat::JsonSchema),
];

/// Types of content parts whose text is the message's own. Images, tool calls and a model's thoughts are not read.
const TEXT_PARTS: &[(&str, ())] = &[("text", ()), ("input_text", ()), ("output_text", ())];

/// Types of content parts, and of items beside messages, that hold text which somebody else wrote: what a tool
/// returned, what a user attached.
const ATTACHED_PARTS: &[(&str, ())] = &[
    ("document", ()),
    ("file", ()),
    ("input_file", ()),
    ("tool_result", ()),
    ("tool-result", ()),
    ("tool_call_response", ()),
    ("search_result", ()),
    ("function_call_output", ()),
    ("custom_tool_call_output", ()),
];

/// Words that gateways put in place of content which they do not pass on.
const PLACEHOLDERS: &[(&str, ())] = &[
    ("redacted-by-litellm", ()),
    ("redacted by litellm", ()),
    ("default-message-value", ()),
    ("[redacted]", ()),
    ("<redacted>", ()),
    ("redacted", ()),
    ("__redacted__", ()),
    ("<content redacted>", ()),
    ("[content redacted]", ()),
    ("(redacted)", ()),
];

/// Names of calls, as gateways (`acompletion`), telemetry (`text_completion`) and logs (`/v1/embeddings`) spell them. A
/// name is matched by the longest of these that it contains.
const CALL_KINDS: &[(&str, CallKind)] = &[
    ("chat", CallKind::Text),
    ("completion", CallKind::Text),
    ("completions", CallKind::Text),
    ("text", CallKind::Text),
    ("responses", CallKind::Text),
    ("messages", CallKind::Text),
    ("generate_content", CallKind::Text),
    ("generatecontent", CallKind::Text),
    ("converse", CallKind::Text),
    ("invoke", CallKind::Text),
    ("embed", CallKind::Embedding),
    ("embedding", CallKind::Embedding),
    ("rerank", CallKind::Rerank),
    ("moderation", CallKind::Moderation),
    ("image", CallKind::Image),
    ("video", CallKind::Image),
    ("audio", CallKind::Audio),
    ("speech", CallKind::Audio),
    ("transcription", CallKind::Audio),
    ("other", CallKind::Other),
];

impl Role {
    /// Returns the name used when writing.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// Returns the role with this name in a chat API; `None` for an unlisted name.
    pub fn from_name(name: &str) -> Option<Self> {
        known(name, ROLES)
    }
}

impl FinishReason {
    /// Returns the name used when writing.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Other => "other",
        }
    }

    /// Returns the finish reason with this name in a chat API: [`Self::Other`] for an unlisted name, `None` for a blank
    /// one.
    pub fn from_name(name: &str) -> Option<Self> {
        known_or(name, FINISH_REASONS, Self::Other)
    }
}

impl CallKind {
    /// Returns the name used when writing.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Embedding => "embedding",
            Self::Rerank => "rerank",
            Self::Moderation => "moderation",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Other => "other",
        }
    }

    /// Returns the kind of a call by the name of its type, operation or path: [`Self::Other`] for an unlisted name,
    /// `None` for a blank one.
    ///
    /// What is not a prompt wins (`image_chat` draws), since its text must not be judged as one.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        if name.is_empty() {
            return None;
        }
        let found = CALL_KINDS.iter().filter(|(part, _)| name.contains(part));
        let strongest = found.max_by_key(|(part, kind)| (!kind.is_prompt(), part.len()));
        Some(strongest.map_or(Self::Other, |(_, kind)| *kind))
    }
}

impl ResponseFormat {
    /// Returns the name used when writing.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::JsonObject => "json_object",
            Self::JsonSchema => "json_schema",
            Self::Other => "other",
        }
    }

    /// Returns the response format with this name in a chat API: [`Self::Other`] for an unlisted name, `None` for a
    /// blank one.
    pub fn from_name(name: &str) -> Option<Self> {
        known_or(name, RESPONSE_FORMATS, Self::Other)
    }
}

/// Returns whether a content part of this type holds text that is read.
pub(crate) fn is_text_part(name: &str) -> bool {
    known(name, TEXT_PARTS).is_some()
}

/// Returns whether a content part of this type holds text that is not the message's own.
pub(crate) fn is_attached_part(name: &str) -> bool {
    known(name, ATTACHED_PARTS).is_some()
}

/// Returns whether a text is what a gateway puts in place of content.
pub(crate) fn is_placeholder(text: &str) -> bool {
    text.len() <= 64 && known(text, PLACEHOLDERS).is_some()
}

fn known<T: Copy>(name: &str, names: &[(&str, T)]) -> Option<T> {
    let name = name.trim();
    let entry = names
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    entry.map(|(_, meaning)| *meaning)
}

fn known_or<T: Copy>(name: &str, names: &[(&str, T)], other: T) -> Option<T> {
    let named = !name.trim().is_empty();
    named.then(|| known(name, names).unwrap_or(other))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Varies the case of a name and the white space around it, as other writers do.
    fn respelt(name: &str, capitals: u32, before: usize, after: usize) -> String {
        let letters = name.chars().enumerate().map(|(index, letter)| {
            if capitals >> (index % 32) & 1 == 1 {
                letter.to_ascii_uppercase()
            } else {
                letter
            }
        });
        let letters: String = letters.collect();
        format!("{}{letters}{}", " ".repeat(before), "\t".repeat(after))
    }

    proptest! {
        #[test]
        fn names_ignore_case_and_white_space(capitals: u32, before in 0_usize..3, after in 0_usize..3) {
            let respelt = |name: &str| respelt(name, capitals, before, after);
            for (name, role) in ROLES {
                prop_assert_eq!(Role::from_name(&respelt(name)), Some(*role));
            }
            for (name, reason) in FINISH_REASONS {
                prop_assert_eq!(FinishReason::from_name(&respelt(name)), Some(*reason));
            }
            for (name, format) in RESPONSE_FORMATS {
                prop_assert_eq!(ResponseFormat::from_name(&respelt(name)), Some(*format));
            }
            for (name, ()) in TEXT_PARTS {
                prop_assert!(is_text_part(&respelt(name)));
            }
        }

        #[test]
        fn any_text_is_a_name_or_none(text in "\\PC{0,20}") {
            prop_assert_eq!(FinishReason::from_name(&text).is_none(), text.trim().is_empty());
            prop_assert_eq!(ResponseFormat::from_name(&text).is_none(), text.trim().is_empty());
            let _ = (Role::from_name(&text), is_text_part(&text));
        }
    }

    #[test]
    fn names_round_trip() {
        for (_, role) in ROLES {
            assert_eq!(Role::from_name(role.name()), Some(*role));
        }
        for reason in FINISH_REASONS
            .iter()
            .map(|(_, reason)| *reason)
            .chain([FinishReason::Other])
        {
            assert_eq!(FinishReason::from_name(reason.name()), Some(reason));
        }
        for format in RESPONSE_FORMATS
            .iter()
            .map(|(_, format)| *format)
            .chain([ResponseFormat::Other])
        {
            assert_eq!(ResponseFormat::from_name(format.name()), Some(format));
        }
    }

    #[test]
    fn an_unknown_name_is_other_and_a_role_none() {
        assert_eq!(Role::from_name("critic"), None);
        assert_eq!(
            FinishReason::from_name("boredom"),
            Some(FinishReason::Other)
        );
        assert_eq!(
            ResponseFormat::from_name("regex"),
            Some(ResponseFormat::Other)
        );
        assert!(!is_text_part("image_url"));
    }

    #[test]
    fn calls_are_known_by_the_names_that_gateways_write() {
        for (name, kind) in [
            ("acompletion", CallKind::Text),
            ("text_completion", CallKind::Text),
            ("anthropic_messages", CallKind::Text),
            ("/v1/chat/completions", CallKind::Text),
            ("aembedding", CallKind::Embedding),
            ("/v1/embeddings", CallKind::Embedding),
            ("image_generation", CallKind::Image),
            ("atranscription", CallKind::Audio),
            ("arerank", CallKind::Rerank),
            ("amoderation", CallKind::Moderation),
            ("realtime", CallKind::Other),
        ] {
            assert_eq!(CallKind::from_name(name), Some(kind), "{name}");
        }
        assert_eq!(CallKind::from_name(" "), None);
        for (_, kind) in CALL_KINDS {
            assert_eq!(CallKind::from_name(kind.name()), Some(*kind));
        }
    }
}
