//! A message in the JSON forms that callers use: `content` is a string, the usual list of parts, or absent.
//!
//! The contract's `Message` reads its JSON through this type (see `build.rs`), on every JSON route.

use serde::Deserialize;

use super::contract::Message;
use crate::domain::chat_names::is_text_part;

/// The form that serde deserializes in place of [`Message`].
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct LenientMessage {
    role: Option<String>,
    content: Option<Content>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

/// One part of a multi-part content. Parts without text (images, files, tool calls) are not read.
#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Bare(String),
    Typed {
        #[serde(rename = "type")]
        kind: Option<String>,
        text: Option<String>,
    },
}

impl From<LenientMessage> for Message {
    fn from(message: LenientMessage) -> Self {
        let content = match message.content {
            None => String::new(),
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => {
                let texts: Vec<String> = parts
                    .into_iter()
                    .filter_map(|part| match part {
                        Part::Bare(text) => Some(text),
                        Part::Typed { kind, text } => {
                            text.filter(|_| kind.as_deref().is_none_or(is_text_part))
                        }
                    })
                    .collect();
                texts.join("\n")
            }
        };
        Self {
            role: message.role.unwrap_or_default(),
            content,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(json: &str) -> Option<String> {
        serde_json::from_str::<Message>(json)
            .ok()
            .map(|message| message.content)
    }

    #[test]
    fn content_is_a_string_or_parts_or_absent() {
        let cases = [
            (r#"{"role":"user","content":"a"}"#, "a"),
            (r#"{"role":"user","content":null}"#, ""),
            (r#"{"role":"user"}"#, ""),
            (
                r#"{"content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"b"}]}"#,
                "a\nb",
            ),
            (r#"{"content":["a","b"]}"#, "a\nb"),
            (r#"{"content":[{"type":"Output_Text ","text":"a"}]}"#, "a"),
            (
                r#"{"content":[{"type":"thinking","text":"a"},{"text":"b"}]}"#,
                "b",
            ),
            (r#"{"content":[]}"#, ""),
        ];
        for (json, expected) in cases {
            assert_eq!(content(json).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn other_types_are_refused() {
        for json in [
            r#"{"content":7}"#,
            r#"{"content":{"text":"a"}}"#,
            r#"{"role":1}"#,
            r#"{"content":[1]}"#,
        ] {
            assert_eq!(content(json), None, "{json}");
        }
    }
}
