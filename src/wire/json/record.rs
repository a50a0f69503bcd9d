//! The fields of one line of our own files, checked one by one.

use super::LineError;
use crate::json::Node;

/// The object on one line.
pub(super) struct Record<'a>(Node<'a>);

impl<'a> Record<'a> {
    /// Parses a whole line as one object.
    ///
    /// # Errors
    /// When the line is not JSON or not an object.
    pub(super) fn of(line: &'a [u8]) -> Result<Self, LineError> {
        match Node::read(line) {
            Ok(node @ Node::Object(_)) => Ok(Self(node)),
            Ok(other) => Err(LineError::NotAnObject {
                found: other.kind(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the object itself.
    pub(super) const fn node(&self) -> &Node<'a> {
        &self.0
    }

    /// Returns the number of fields that are not among `known`.
    pub(super) fn unknown_fields(&self, known: &[&str]) -> u32 {
        let unknown = self.0.names().filter(|name| !known.contains(name));
        u32::try_from(unknown.count()).unwrap_or(u32::MAX)
    }

    /// Returns whether the field has a value.
    pub(super) fn has(&self, field: &str) -> bool {
        !self.0.get(field).is_absent()
    }

    /// Returns a required, non-empty string.
    pub(super) fn required(&self, field: &'static str) -> Result<String, LineError> {
        match text(self.0.get(field), field)? {
            None => Err(LineError::Missing { field }),
            Some("") => Err(LineError::Empty { field }),
            Some(text) => Ok(text.to_owned()),
        }
    }

    /// Returns a string, treating an empty one as absent.
    pub(super) fn named(&self, field: &'static str) -> Result<Option<String>, LineError> {
        let text = text(self.0.get(field), field)?.filter(|text| !text.is_empty());
        Ok(text.map(str::to_owned))
    }

    /// Returns a value of a closed list of names.
    pub(super) fn one_of<T>(
        &self,
        field: &'static str,
        expected: &'static str,
        from_name: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, LineError> {
        one_of(self.0.get(field), field, expected, from_name)
    }

    /// Returns the items of a list; empty when it is absent.
    pub(super) fn list(&self, field: &'static str) -> Result<&[Node<'a>], LineError> {
        match self.0.get(field) {
            Node::Absent => Ok(&[]),
            Node::List(items) => Ok(items),
            other => Err(LineError::WrongType {
                field,
                expected: "a list",
                found: other.kind(),
            }),
        }
    }
}

/// Returns a value of a closed list of names.
pub(super) fn one_of<T>(
    node: &Node<'_>,
    field: &'static str,
    expected: &'static str,
    from_name: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, LineError> {
    let Some(name) = text(node, field)? else {
        return Ok(None);
    };
    let unknown = || LineError::UnknownName {
        field,
        expected,
        length: name.len(),
    };
    from_name(name).map(Some).ok_or_else(unknown)
}

fn text<'n>(node: &'n Node<'_>, field: &'static str) -> Result<Option<&'n str>, LineError> {
    match node {
        Node::Absent => Ok(None),
        Node::Text(text) => Ok(Some(text)),
        other => Err(LineError::WrongType {
            field,
            expected: "a string",
            found: other.kind(),
        }),
    }
}
