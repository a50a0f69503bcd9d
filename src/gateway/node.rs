//! Any JSON value, untyped: the intermediate form of all foreign formats.
//!
//! Gateways add, rename and retype fields from one version to the next, so no accessor here fails on a type: a value of
//! the wrong kind reads as absent, and the translator decides whether the field is required. Values nested deeper than
//! [`DEPTH_MAX`] (mostly schemas of tools) are skipped without recursion and also read as absent.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::wire::WireError;

/// Maximum nesting of lists and objects.
const DEPTH_MAX: usize = 24;
/// Maximum values of one body. At some 50 bytes each, this bounds the memory that a body can take beyond its own size.
const VALUES_MAX: usize = 1_000_000;

/// Any JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Node<'a> {
    /// `null`, a missing field, or a value nested too deeply.
    #[default]
    Absent,
    Boolean(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

static ABSENT: Node<'static> = Node::Absent;

impl<'a> Node<'a> {
    /// Parses a body.
    ///
    /// # Errors
    /// When the body is not exactly one JSON value, or has more than [`VALUES_MAX`] values.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, WireError> {
        let malformed = |position| WireError::MalformedBody {
            encoding: "JSON",
            position,
        };
        let text = std::str::from_utf8(body).map_err(|_| malformed(None))?;
        let left = Cell::new(VALUES_MAX);
        let seed = Seed {
            depth: DEPTH_MAX,
            left: &left,
        };
        let mut json = serde_json::Deserializer::from_str(text);
        let read = seed
            .deserialize(&mut json)
            .and_then(|node| json.end().map(|()| node));
        if left.get() == 0 {
            return Err(WireError::OverBound {
                field: "body".to_owned(),
                got: VALUES_MAX + 1,
                bound: VALUES_MAX,
                unit: "values",
            });
        }
        // The message of a syntax error could quote the body; its position cannot.
        read.map_err(|error| malformed(Some((error.line(), error.column()))))
    }

    /// Returns the value of a field; the last one when the name occurs more than once.
    pub(super) fn get(&self, name: &str) -> &Node<'a> {
        let Self::Object(fields) = self else {
            return &ABSENT;
        };
        let found = fields.iter().rev().find(|(field, _)| field == name);
        found.map_or(&ABSENT, |(_, value)| value)
    }

    /// Returns the first of several fields that is present: a format's newer name before its older one.
    pub(super) fn first(&self, names: &[&str]) -> &Node<'a> {
        let mut values = names.iter().map(|name| self.get(name));
        values.find(|value| !value.is_absent()).unwrap_or(&ABSENT)
    }

    pub(super) const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns a string, possibly empty.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a name: a non-blank string, trimmed, or a number as text, because some callers number their users.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Self::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Returns a finite number, parsed from a string if necessary.
    pub(super) fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Number(number) => number.as_f64(),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number: &f64| number.is_finite())
    }

    /// Returns a non-negative whole number.
    pub(super) fn count(&self) -> Option<u64> {
        let number = self.number()?;
        (number >= 0.0 && number.fract() == 0.0 && number <= u64::MAX as f64)
            .then_some(number as u64)
    }

    pub(super) const fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the items of a list; an empty slice for any other value.
    pub(super) fn items(&self) -> &[Node<'a>] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// Returns the value, parsed first if it is a string that holds JSON: telemetry attributes nest that way.
    pub(super) fn unfolded(&self) -> Node<'_> {
        match self {
            Self::Text(text) => Node::read(text.as_bytes()).unwrap_or_else(|_| self.clone()),
            other => other.clone(),
        }
    }
}

/// Reads a [`Node`] at most `depth` levels deep and decrements `left` for each value.
#[derive(Clone, Copy)]
struct Seed<'c> {
    depth: usize,
    left: &'c Cell<usize>,
}

impl Seed<'_> {
    fn below(self) -> Self {
        Self {
            depth: self.depth - 1,
            ..self
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node<'de>, D::Error> {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        if left == 0 {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node<'de>, E> {
        Ok(Number::from_f64(value).map_or(Node::Absent, Node::Number))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Node<'de>, E> {
        Ok(Node::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        if self.depth == 0 {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Node::Absent);
        }
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(self.below())? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Node<'de>, A::Error> {
        if self.depth == 0 {
            while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Node::Absent);
        }
        let mut fields = Vec::new();
        while let Some(name) = object.next_key_seed(Name)? {
            fields.push((name, object.next_value_seed(self.below())?));
        }
        Ok(Node::Object(fields))
    }
}

/// A field's name, borrowed from the body unless it contains escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_is_skipped_and_the_rest_is_read() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let body = format!(r#"{{"deep":{deep},"after":"here"}}"#);
        let node = Node::read(body.as_bytes()).expect("JSON");
        assert_eq!(node.get("after").text(), Some("here"));
    }

    #[test]
    fn too_many_values_are_refused_by_number() {
        let body = format!("[{}0]", "0,".repeat(VALUES_MAX));
        let error = Node::read(body.as_bytes()).expect_err("too many");
        assert!(matches!(error, WireError::OverBound { .. }), "{error}");
        let fits = format!("[{}0]", "0,".repeat(VALUES_MAX / 2));
        assert!(Node::read(fits.as_bytes()).is_ok());
    }

    #[test]
    fn the_last_of_equal_names_counts_and_numbers_are_names() {
        let node = Node::read(br#"{"a":1,"a":9007199254740993,"b":" "}"#).expect("JSON");
        assert_eq!(node.get("a").name().as_deref(), Some("9007199254740993"));
        assert_eq!(node.get("b").name(), None);
        assert_eq!(node.first(&["c", "a"]).count(), Some(9_007_199_254_740_992));
    }
}
