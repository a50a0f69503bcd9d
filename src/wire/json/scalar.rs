//! One value that is not a list or an object, judged when its field is known.

use std::borrow::Cow;

use super::shape::Shape;
use super::{JsonKind, LineError};

/// A string, number or boolean, or what came instead.
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
    /// A string, possibly empty.
    pub(super) fn text(self, field: &'static str) -> Result<Option<Cow<'a, str>>, LineError> {
        match self {
            Self::Absent => Ok(None),
            Self::Text(text) => Ok(Some(text)),
            other => Err(other.wrong(field, "a string")),
        }
    }

    /// A string that must be there and hold something.
    pub(super) fn required(self, field: &'static str) -> Result<String, LineError> {
        match self.text(field)? {
            None => Err(LineError::Missing { field }),
            Some(text) if text.is_empty() => Err(LineError::Empty { field }),
            Some(text) => Ok(text.into_owned()),
        }
    }

    /// A string where an empty one says nothing: two exchanges without an id do not share the id "".
    pub(super) fn named(self, field: &'static str) -> Result<Option<String>, LineError> {
        let text = self.text(field)?.filter(|text| !text.is_empty());
        Ok(text.map(Cow::into_owned))
    }

    /// A word of a closed list.
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

    /// A whole number within `low..=high`; `4096.0` is one too, as some writers know floats alone.
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

    /// Any number.
    pub(super) fn number(self, field: &'static str) -> Result<Option<f64>, LineError> {
        match self {
            Self::Absent => Ok(None),
            Self::Number(number) => Ok(Some(number)),
            other => Err(other.wrong(field, "a number")),
        }
    }

    /// The error for a value of the wrong kind.
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
