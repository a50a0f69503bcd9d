//! Messages and their content, shared by traffic logs and prompt pools.

use std::borrow::Cow;

use serde::de::{MapAccess, SeqAccess};
use serde::{Serialize, Serializer};

use super::scalar::Scalar;
use super::shape::{Fields, List, Object, Read, Shape, value};
use super::{JsonKind, LineError};
use crate::domain::chat_names::{A_ROLE, is_text_part};
use crate::domain::{Message, Role, Sensitive};

/// Text given as a string or as a list of parts; non-text parts (images, tool calls) are not read.
#[derive(Default)]
pub(super) enum Content<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Other(JsonKind),
}

impl Content<'_> {
    /// Returns the text; `None` when the field is absent.
    pub(super) fn optional(self, field: &'static str) -> Result<Option<String>, LineError> {
        match self {
            Self::Absent => Ok(None),
            Self::Text(text) => Ok(Some(text.into_owned())),
            Self::Other(found) => Err(LineError::WrongType {
                field,
                expected: "a string or a list of parts",
                found,
            }),
        }
    }

    /// Returns the content as a system prompt; an empty one counts as absent.
    pub(super) fn system(self) -> Result<Option<Sensitive<String>>, LineError> {
        let text = self.optional("system")?.filter(|text| !text.is_empty());
        Ok(text.map(Sensitive::new))
    }
}

impl<'de> Shape<'de> for Content<'de> {
    fn other(found: JsonKind) -> Self {
        Self::Other(found)
    }

    fn text(text: Cow<'de, str>) -> Self {
        Self::Text(text)
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut joined: Option<String> = None;
        while let Some(part) = list.next_element_seed(Read::<PartShape>::new())? {
            let Some(text) = part.text() else { continue };
            match &mut joined {
                Some(joined) => {
                    joined.push('\n');
                    joined.push_str(&text);
                }
                None => joined = Some(text.into_owned()),
            }
        }
        Ok(Self::Text(Cow::Owned(joined.unwrap_or_default())))
    }
}

/// One part of a content list: plain text, or an object with a type.
#[derive(Default)]
enum PartShape<'a> {
    #[default]
    Unread,
    Bare(Cow<'a, str>),
    Typed(TypedPart<'a>),
}

impl<'a> PartShape<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Unread => None,
            Self::Bare(text) => Some(text),
            Self::Typed(part) => part.text(),
        }
    }
}

impl<'de> Shape<'de> for PartShape<'de> {
    fn other(_: JsonKind) -> Self {
        Self::Unread
    }

    fn text(text: Cow<'de, str>) -> Self {
        Self::Bare(text)
    }

    fn object<A: MapAccess<'de>>(object: A) -> Result<Self, A::Error> {
        Ok(match Object::<TypedPart>::object(object)? {
            Object::Fields { fields, .. } => Self::Typed(fields),
            Object::Absent | Object::Other(_) => Self::Unread,
        })
    }
}

/// A part that is an object.
#[derive(Default)]
struct TypedPart<'a> {
    kind: Scalar<'a>,
    text: Scalar<'a>,
}

impl<'a> TypedPart<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        let readable = match &self.kind {
            Scalar::Absent => true,
            Scalar::Text(kind) => is_text_part(kind),
            _ => false,
        };
        match self.text {
            Scalar::Text(text) if readable => Some(text),
            _ => None,
        }
    }
}

impl<'de> Fields<'de> for TypedPart<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "type" => self.kind = value(object)?,
            "text" => self.text = value(object)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// The shape of one message in a line.
#[derive(Default)]
pub(super) struct MessageShape<'a> {
    role: Scalar<'a>,
    content: Content<'a>,
}

impl<'de> Fields<'de> for MessageShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "role" => self.role = value(object)?,
            "content" => self.content = value(object)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl MessageShape<'_> {
    fn into_message(self) -> Result<Message, LineError> {
        const ROLE: &str = "messages[].role";
        const CONTENT: &str = "messages[].content";
        let role = self
            .role
            .one_of(ROLE, A_ROLE, Role::from_name)?
            .ok_or(LineError::Missing { field: ROLE })?;
        let content = match self.content.optional(CONTENT)? {
            Some(text) => text,
            // An assistant turn that only calls tools has no content.
            None if role == Role::Assistant => String::new(),
            None => return Err(LineError::Missing { field: CONTENT }),
        };
        Ok(Message {
            role,
            content: Sensitive::new(content),
        })
    }
}

/// Returns the messages of a request.
///
/// # Errors
/// When there are none, or one is malformed.
pub(super) fn required_messages(
    messages: List<Object<MessageShape<'_>>>,
) -> Result<Vec<Message>, LineError> {
    const FIELD: &str = "messages";
    if matches!(messages, List::Absent) {
        return Err(LineError::Missing { field: FIELD });
    }
    let messages = messages.optional(FIELD)?;
    if messages.is_empty() {
        return Err(LineError::Empty { field: FIELD });
    }
    messages
        .into_iter()
        .map(|message| message.optional("messages[]")?.into_message())
        .collect()
}

/// Writes messages with their text as plain strings.
pub(super) fn write_messages<S: Serializer>(
    messages: &[Message],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Form<'a> {
        role: &'static str,
        content: &'a str,
    }
    serializer.collect_seq(messages.iter().map(|message| Form {
        role: message.role.name(),
        content: message.content.expose(),
    }))
}
