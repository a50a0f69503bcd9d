//! A field of a record, as an operator names it.

use std::str::FromStr;

use crate::json::Node;

/// Where a value is: at a dotted path in the record, or the same for every record (`=value`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// Names of fields and positions in lists, separated by dots. A field whose own name has dots is found, too.
    Path(String),
    /// The same value for all.
    Constant(String),
}

/// Why a text names no field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a field such as metadata.user_id, or =VALUE for all records; got nothing")]
pub(crate) struct FieldError;

impl FromStr for Field {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        match text.strip_prefix('=') {
            Some("") => Err(FieldError),
            Some(value) => Ok(Self::Constant(value.to_owned())),
            None if text.trim().is_empty() => Err(FieldError),
            None => Ok(Self::Path(text.trim().to_owned())),
        }
    }
}

impl Field {
    /// Returns the value in a record; absent when the record has none.
    pub(crate) fn value_in(&self, record: &Node<'_>) -> Node<'static> {
        match self {
            Self::Constant(value) => Node::Text(value.clone().into()),
            Self::Path(path) => at(record, path),
        }
    }

    /// Returns how the field is called in messages.
    pub(crate) fn shown(&self) -> &str {
        match self {
            Self::Path(path) => path,
            Self::Constant(_) => "=VALUE",
        }
    }
}

/// Returns the value at a dotted path; values that are JSON in a string are looked into.
pub(super) fn at(node: &Node<'_>, path: &str) -> Node<'static> {
    let whole = step(node, path);
    if !whole.is_absent() {
        return whole.clone().into_owned();
    }
    for (dot, _) in path.match_indices('.') {
        let next = step(node, &path[..dot]);
        if next.is_absent() {
            continue;
        }
        let found = at(&next.unfolded(), &path[dot + 1..]);
        if !found.is_absent() {
            return found;
        }
    }
    Node::Absent
}

fn step<'n, 'a>(node: &'n Node<'a>, name: &str) -> &'n Node<'a> {
    let item = name
        .parse()
        .ok()
        .and_then(|index: usize| node.items().get(index));
    item.unwrap_or_else(|| node.get(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_through_objects_lists_and_json_in_strings() {
        let record = Node::read(br#"{"a":{"b":[{"c":7}]},"x.y":"flat","s":"{\"t\":\"in\"}"}"#);
        let record = record.expect("JSON");
        let name = |path: &str| path.parse::<Field>().ok()?.value_in(&record).name();
        assert_eq!(name("a.b.0.c").as_deref(), Some("7"));
        assert_eq!(name("x.y").as_deref(), Some("flat"));
        assert_eq!(name("s.t").as_deref(), Some("in"));
        assert_eq!(name("=acme").as_deref(), Some("acme"));
        assert_eq!(name("a.b.9"), None);
        assert!("".parse::<Field>().is_err() && "=".parse::<Field>().is_err());
    }
}
