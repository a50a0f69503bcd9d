//! A JSON value that is not a list or an object, validated once its field is known.

use std::borrow::Cow;

use super::shape::Shape;
use super::{JsonKind, LineError};

/// A string, number or boolean, or the kind of value found instead.
#[derive(Default)]
pub(super) enum Scalar<'a> {
    #[default]
    Absent,
    Boolean(bool),
    Number(f64),
    Text(Cow<'a, str>),
    Other(JsonKind),
}

impl<'de> Shape<'de> for Scalar<'de> {
    fn other(found: JsonKind) -> Self {
        Self::Other(found)
    }

    fn boolean(value: bool) -> Self {
        Self::Boolean(value)
    }

    fn number(value: f64) -> Self {
        Self::Number(value)
    }

    fn text(text: Cow<'de, str>) -> Self {
        Self::Text(text)
    }
}

impl<'a> Scalar<'a> {
    /// Returns a string, possibly empty.
    pub(super) fn text(self, field: &'static str) -> Result<Option<Cow<'a, str>>, LineError> {
        match self {
            Self::Absent => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            other => Err(other.wrong(field, "a string")),
        }
    }

    /// Returns a required, non-empty string.
    pub(super) fn required(self, field: &'static str) -> Result<String, LineError> {
        match self.text(field)? {
            None => Err(LineError::Missing { field }),
            Some(text) if text.is_empty() => Err(LineError::Empty { field }),
            Some(text) => Ok(text.into_owned()),
        }
    }

    /// Returns a string, treating an empty one as absent: two exchanges without an id do not share the id "".
    pub(super) fn named(self, field: &'static str) -> Result<Option<String>, LineError> {
        let text = self.text(field)?.filter(|text| !text.is_empty());
        Ok(text.map(Cow::into_owned))
    }

    /// Returns a value of a closed list of names.
    pub(super) fn one_of<T>(
        self,
        field: &'static str,
        expected: &'static str,
        from_name: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, LineError> {
        let Some(name) = self.text(field)? else {
            return Ok(None);
        };
        from_name(&name)
            .map(Some)
            .ok_or_else(|| LineError::UnknownName {
                field,
                expected,
                length: name.len(),
            })
    }

    /// Returns a whole number within `low..=high`; accepts `4096.0`, because some writers only have floats.
    pub(super) fn count(
        self,
        field: &'static str,
        (low, high): (u32, u32),
        expected: &'static str,
    ) -> Result<Option<u32>, LineError> {
        match self.number(field)? {
            None => Ok(None),
            Some(number)
                if number.fract() == 0.0
                    && (f64::from(low)..=f64::from(high)).contains(&number) =>
            {
                Ok(Some(number as u32))
            }
            Some(_) => Err(LineError::OutOfRange { field, expected }),
        }
    }

    /// Returns any number.
    pub(super) fn number(self, field: &'static str) -> Result<Option<f64>, LineError> {
        match self {
            Self::Absent => Ok(None),
            Self::Number(number) => Ok(Some(number)),
            other => Err(other.wrong(field, "a number")),
        }
    }

    /// Returns the error for a value of the wrong kind.
    pub(super) fn wrong(&self, field: &'static str, expected: &'static str) -> LineError {
        let found = match self {
            Self::Absent => JsonKind::Null,
            Self::Boolean(_) => JsonKind::Boolean,
            Self::Number(_) => JsonKind::Number,
            Self::Text(_) => JsonKind::Text,
            Self::Other(found) => *found,
        };
        LineError::WrongType {
            field,
            expected,
            found,
        }
    }
}
