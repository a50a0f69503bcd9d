//! Any JSON value, untyped: the intermediate form of all foreign formats.
//!
//! Gateways add, rename and retype fields from one version to the next, so no accessor here fails on a type: a value of
//! the wrong kind reads as absent, and the translator decides whether the field is required. Values nested deeper than
//! [`DEPTH_MAX`] (mostly schemas of tools) are skipped without recursion and also read as absent.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::Deserializer;
use serde::de::{Deserialize, DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::repaired;

/// Maximum nesting of lists and objects.
const DEPTH_MAX: usize = 48;
/// Maximum values of one body. At some 50 bytes each, this bounds the memory that a body can take beyond its own size.
const VALUES_MAX: usize = 1_000_000;

/// Any JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Node<'a> {
    /// `null`, a missing field, or a value nested too deeply.
    #[default]
    Absent,
    Boolean(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// The kind of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A string.
    Text,
    /// An array.
    List,
    /// An object.
    Object,
}

impl fmt::Display for JsonKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Text => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}

/// Why a body is not a [`Node`]. Has positions and counts, never content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonError {
    /// The body is not JSON from this position on, both counted from 1.
    #[error("not JSON at line {line}, column {column}")]
    Syntax {
        /// Line of the body.
        line: usize,
        /// Byte of the line.
        column: usize,
    },
    /// The body ends within a value.
    #[error("the body ends in the middle of a value")]
    Incomplete,
    /// The body has too many values.
    #[error("more than {bound} values")]
    TooManyValues {
        /// Maximum number of values.
        bound: usize,
    },
}

static ABSENT: Node<'static> = Node::Absent;

fn read_strict(body: &[u8], outline: bool) -> Result<Node<'_>, JsonError> {
    let left = Cell::new(VALUES_MAX);
    let seed = Seed {
        depth: DEPTH_MAX,
        left: &left,
        outline,
    };
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = seed
        .deserialize(&mut json)
        .and_then(|node| json.end().map(|()| node));
    if left.get() == 0 {
        return Err(JsonError::TooManyValues { bound: VALUES_MAX });
    }
    // The message of a syntax error could quote the body; its position cannot.
    read.map_err(|error| {
        if error.is_eof() {
            return JsonError::Incomplete;
        }
        JsonError::Syntax {
            line: error.line(),
            column: error.column(),
        }
    })
}

impl<'a> Node<'a> {
    /// Parses a body, which [`repaired`] has made strict where it could.
    ///
    /// # Errors
    /// When the body is not exactly one JSON value, or has more than [`VALUES_MAX`] values.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, JsonError> {
        match repaired(body) {
            Cow::Borrowed(body) => read_strict(body, false),
            Cow::Owned(body) => read_strict(&body, false).map(Node::into_owned),
        }
    }

    /// Parses a body as [`Self::read`] does; one with too many values without its lists, so that what stands beside
    /// them is read.
    ///
    /// # Errors
    /// When the body is not exactly one JSON value, or has too many values without its lists too.
    pub(crate) fn read_or_outline(body: &'a [u8]) -> Result<Self, JsonError> {
        match Self::read(body) {
            Err(JsonError::TooManyValues { .. }) => match repaired(body) {
                Cow::Borrowed(body) => read_strict(body, true),
                Cow::Owned(body) => read_strict(&body, true).map(Node::into_owned),
            },
            read => read,
        }
    }

    /// Returns the same value, owning its text.
    pub(crate) fn into_owned(self) -> Node<'static> {
        match self {
            Self::Absent => Node::Absent,
            Self::Boolean(value) => Node::Boolean(value),
            Self::Number(number) => Node::Number(number),
            Self::Text(text) => Node::Text(Cow::Owned(text.into_owned())),
            Self::List(items) => Node::List(items.into_iter().map(Node::into_owned).collect()),
            Self::Object(fields) => Node::Object(
                fields
                    .into_iter()
                    .map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned()))
                    .collect(),
            ),
        }
    }

    /// Returns the kind of the value, for error messages.
    pub(crate) const fn kind(&self) -> JsonKind {
        match self {
            Self::Absent => JsonKind::Null,
            Self::Boolean(_) => JsonKind::Boolean,
            Self::Number(_) => JsonKind::Number,
            Self::Text(_) => JsonKind::Text,
            Self::List(_) => JsonKind::List,
            Self::Object(_) => JsonKind::Object,
        }
    }

    /// Returns the value of a field; the last one when the name occurs more than once.
    pub(crate) fn get(&self, name: &str) -> &Node<'a> {
        let Self::Object(fields) = self else {
            return &ABSENT;
        };
        let found = fields.iter().rev().find(|(field, _)| field == name);
        found.map_or(&ABSENT, |(_, value)| value)
    }

    /// Returns the names of the fields of an object, in order; none for any other value.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let fields = match self {
            Self::Object(fields) => fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|(name, _)| name.as_ref())
    }

    /// Returns the first of several fields that is present: a format's newer name before its older one.
    pub(crate) fn first(&self, names: &[&str]) -> &Node<'a> {
        let mut values = names.iter().map(|name| self.get(name));
        values.find(|value| !value.is_absent()).unwrap_or(&ABSENT)
    }

    pub(crate) const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns a string, possibly empty.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a name: a non-blank string, trimmed, or a number as text, because some callers number their users.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Text(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Self::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Returns a finite number, parsed from a string if necessary.
    pub(crate) fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Number(number) => number.as_f64(),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number: &f64| number.is_finite())
    }

    /// Returns a non-negative whole number.
    pub(crate) fn count(&self) -> Option<u64> {
        let number = self.number()?;
        (number >= 0.0 && number.fract() == 0.0 && number <= u64::MAX as f64)
            .then_some(number as u64)
    }

    pub(crate) const fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the items of a list; an empty slice for any other value.
    pub(crate) fn items(&self) -> &[Node<'a>] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// Returns the value, parsed first if it is a string that holds JSON: telemetry attributes nest that way.
    pub(crate) fn unfolded(&self) -> Node<'_> {
        match self {
            Self::Text(text) => Node::read(text.as_bytes()).unwrap_or_else(|_| self.clone()),
            other => other.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let left = Cell::new(VALUES_MAX);
        let seed = Seed {
            depth: DEPTH_MAX,
            left: &left,
            outline: false,
        };
        seed.deserialize(deserializer)
    }
}

/// Reads a [`Node`] at most `depth` levels deep and decrements `left` for each value.
#[derive(Clone, Copy)]
struct Seed<'c> {
    depth: usize,
    left: &'c Cell<usize>,
    /// Whether lists are skipped.
    outline: bool,
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
        if self.depth == 0 || self.outline {
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
        assert!(matches!(error, JsonError::TooManyValues { .. }), "{error}");
        let fits = format!("[{}0]", "0,".repeat(VALUES_MAX / 2));
        assert!(Node::read(fits.as_bytes()).is_ok());
    }

    #[test]
    fn what_stands_beside_an_endless_list_is_read() {
        let body = format!(
            r#"{{"list":[{}0],"who":{{"key":"k"}}}}"#,
            "0,".repeat(VALUES_MAX)
        );
        let node = Node::read_or_outline(body.as_bytes()).expect("JSON");
        assert_eq!(node.get("who").get("key").text(), Some("k"));
        assert!(node.get("list").is_absent());
    }

    #[test]
    fn the_last_of_equal_names_counts_and_numbers_are_names() {
        let node = Node::read(br#"{"a":1,"a":9007199254740993,"b":" "}"#).expect("JSON");
        assert_eq!(node.get("a").name().as_deref(), Some("9007199254740993"));
        assert_eq!(node.get("b").name(), None);
        assert_eq!(node.first(&["c", "a"]).count(), Some(9_007_199_254_740_992));
    }
}
