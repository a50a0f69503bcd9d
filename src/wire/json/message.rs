//! Messages and their content, shared by traffic logs and prompt pools.

use std::borrow::Cow;

use serde::de::{MapAccess, SeqAccess};
use serde::{Serialize, Serializer};

use super::scalar::Scalar;
use super::shape::{Fields, List, Object, Read, Shape, value};
use super::{JsonKind, LineError};
use crate::domain::{Message, Role, Sensitive};

const ROLES: &str = "system, developer, user, assistant, tool, function";

/// Text given as a string or as a list of parts; other parts (images, calls) are not read.
#[derive(Default)]
pub(super) enum Content<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Other(JsonKind),
}

impl Content<'_> {
    /// The text, when there is any field at all.
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

    /// A system prompt; an empty one is none.
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
        while let Some(part) = list.next_element_seed(Read::<Object<PartShape>>::new())? {
            let Object::Fields { fields: part, .. } = part else {
                continue;
            };
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

/// One part of a content list.
#[derive(Default)]
struct PartShape<'a> {
    kind: Scalar<'a>,
    text: Scalar<'a>,
}

impl<'a> PartShape<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        let readable = match &self.kind {
            Scalar::Absent => true,
            Scalar::Text(kind) => matches!(&**kind, "text" | "input_text" | "output_text"),
            _ => false,
        };
        match self.text {
            Scalar::Text(text) if readable => Some(text),
            _ => None,
        }
    }
}

impl<'de> Fields<'de> for PartShape<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error> {
        match name {
            "type" => self.kind = value(object)?,
            "text" => self.text = value(object)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// One message as it stands in a line.
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
            .one_of(ROLE, ROLES, role_from_name)?
            .ok_or(LineError::Missing { field: ROLE })?;
        let content = match self.content.optional(CONTENT)? {
            Some(text) => text,
            // A turn that only calls tools has no content.
            None if role == Role::Assistant => String::new(),
            None => return Err(LineError::Missing { field: CONTENT }),
        };
        Ok(Message {
            role,
            content: Sensitive::new(content),
        })
    }
}

/// The messages of a request; at least one.
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

fn role_from_name(name: &str) -> Option<Role> {
    match name {
        "system" | "developer" => Some(Role::System),
        "user" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        "tool" | "function" => Some(Role::Tool),
        _ => None,
    }
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
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
        role: role_name(message.role),
        content: message.content.expose(),
    }))
}
