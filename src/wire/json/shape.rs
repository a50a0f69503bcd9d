//! Shapes: types that accept any JSON value and record whether it was of the expected kind.
//!
//! Reading fails only on a syntax error. Unknown values are skipped by `IgnoredAny`, which does not recurse, so nesting
//! depth costs neither stack nor memory.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{JsonKind, LineError};

/// A value that can be read from any JSON; [`Default`] is the absent value, and null counts as absent.
pub(super) trait Shape<'de>: Default {
    /// Creates a value of an unexpected kind.
    fn other(found: JsonKind) -> Self;

    fn boolean(_: bool) -> Self {
        Self::other(JsonKind::Boolean)
    }

    /// Creates a number; exact for whole numbers up to 2^53, far above every range in the format.
    fn number(_: f64) -> Self {
        Self::other(JsonKind::Number)
    }

    fn text(_: Cow<'de, str>) -> Self {
        Self::other(JsonKind::Text)
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::other(JsonKind::List))
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::other(JsonKind::Object))
    }
}

/// Reads a [`Shape`].
pub(super) struct Read<T>(PhantomData<T>);

impl<T> Read<T> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Shape<'de>> DeserializeSeed<'de> for Read<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Shape<'de>> Visitor<'de> for Read<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        Ok(T::boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        Ok(T::number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        Ok(T::number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        Ok(T::number(value))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<T, E> {
        Ok(T::text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        Ok(T::text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::object(object)
    }
}

/// The known fields of an object.
pub(super) trait Fields<'de>: Default {
    /// Takes the value of the field `name` out of `object`, or returns false and leaves it there.
    fn take<A: MapAccess<'de>>(&mut self, name: &str, object: &mut A) -> Result<bool, A::Error>;
}

/// Reads the value that follows a name.
pub(super) fn value<'de, T: Shape<'de>, A: MapAccess<'de>>(object: &mut A) -> Result<T, A::Error> {
    object.next_value_seed(Read::new())
}

/// An object of known fields, or the kind of value found instead.
#[derive(Default)]
pub(super) enum Object<F> {
    #[default]
    Absent,
    Fields {
        fields: F,
        unknown: u32,
    },
    Other(JsonKind),
}

impl<F: Default> Object<F> {
    /// Returns the fields; all are absent when the object is.
    pub(super) fn optional(self, field: &'static str) -> Result<F, LineError> {
        match self {
            Self::Absent => Ok(F::default()),
            Self::Fields { fields, .. } => Ok(fields),
            Self::Other(found) => Err(LineError::WrongType {
                field,
                expected: "an object",
                found,
            }),
        }
    }
}

/// The name of a field, borrowed from the line unless it contains escapes.
#[derive(Default)]
struct Name<'de>(Cow<'de, str>);

impl<'de> Shape<'de> for Name<'de> {
    fn other(_: JsonKind) -> Self {
        Self::default()
    }

    fn text(text: Cow<'de, str>) -> Self {
        Self(text)
    }
}

impl<'de, F: Fields<'de>> Shape<'de> for Object<F> {
    fn other(found: JsonKind) -> Self {
        Self::Other(found)
    }

    fn object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut fields = F::default();
        let mut unknown = 0_u32;
        while let Some(Name(name)) = object.next_key_seed(Read::new())? {
            if !fields.take(&name, &mut object)? {
                object.next_value::<IgnoredAny>()?;
                unknown = unknown.saturating_add(1);
            }
        }
        Ok(Self::Fields { fields, unknown })
    }
}

/// Maximum items of one list: as many messages or tools as an observation can count. Keeps a line of empty objects from
/// taking many times its own size in memory.
const ITEMS_MAX: usize = u16::MAX as usize;

/// A list of items of one shape, or the kind of value found instead.
#[derive(Default)]
pub(super) enum List<T> {
    #[default]
    Absent,
    Items(Vec<T>),
    TooMany,
    Other(JsonKind),
}

impl<T> List<T> {
    /// Returns the items; empty when the list is absent.
    pub(super) fn optional(self, field: &'static str) -> Result<Vec<T>, LineError> {
        match self {
            Self::Absent => Ok(Vec::new()),
            Self::Items(items) => Ok(items),
            Self::TooMany => Err(LineError::OutOfRange {
                field,
                expected: "at most 65535 items",
            }),
            Self::Other(found) => Err(LineError::WrongType {
                field,
                expected: "a list",
                found,
            }),
        }
    }
}

impl<'de, T: Shape<'de>> Shape<'de> for List<T> {
    fn other(found: JsonKind) -> Self {
        Self::Other(found)
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut items = Vec::new();
        while items.len() < ITEMS_MAX {
            match list.next_element_seed(Read::new())? {
                Some(item) => items.push(item),
                None => return Ok(Self::Items(items)),
            }
        }
        let mut more = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok(if more {
            Self::TooMany
        } else {
            Self::Items(items)
        })
    }
}

/// Parses a whole line as one object of known fields. Also returns the number of unknown fields.
pub(super) fn parse<'de, F: Fields<'de>>(line: &'de [u8]) -> Result<(F, u32), LineError> {
    let text = std::str::from_utf8(line).map_err(|error| LineError::NotUtf8 {
        column: error.valid_up_to() + 1,
    })?;
    let mut json = serde_json::Deserializer::from_str(text);
    let object = Read::<Object<F>>::new()
        .deserialize(&mut json)
        .and_then(|object| json.end().map(|()| object))
        .map_err(|error| LineError::from_json(&error))?;
    match object {
        Object::Fields { fields, unknown } => Ok((fields, unknown)),
        Object::Absent => Err(LineError::NotAnObject {
            found: JsonKind::Null,
        }),
        Object::Other(found) => Err(LineError::NotAnObject { found }),
    }
}
