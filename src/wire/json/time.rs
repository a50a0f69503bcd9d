//! RFC 3339 times, to the microsecond.

use jiff::fmt::temporal::DateTimeParser;
use serde::{Serialize, Serializer};

use super::LineError;
use super::scalar::Scalar;
use crate::domain::Timestamp;

static PARSER: DateTimeParser = DateTimeParser::new();

/// First microsecond after the years that a time may lie in: 2200-01-01T00:00:00Z.
const END_MICROS: i64 = 7_258_118_400_000_000;

/// Reads an RFC 3339 time with any offset; digits beyond the microsecond are cut off.
///
/// Returns `None` for anything else, and for times before 1970 or after 2199: a log that says so is broken,
/// and one such line would push an account's clock beyond all that follows.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    let micros = PARSER.parse_timestamp(text).ok()?.as_microsecond();
    (0..END_MICROS)
        .contains(&micros)
        .then(|| Timestamp::from_micros(micros))
}

/// A time that must be there.
pub(super) fn required_time(
    value: Scalar<'_>,
    field: &'static str,
) -> Result<Timestamp, LineError> {
    let text = value.text(field)?.ok_or(LineError::Missing { field })?;
    parse_time(&text).ok_or(LineError::BadTime { field })
}

/// A time as it is written: in UTC, with as many digits as it needs. Times beyond the calendar (years outside
/// -9999 to 9999) become its nearest end.
pub(super) struct TimeForm(pub(super) Timestamp);

impl Serialize for TimeForm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let micros = self.0.as_micros();
        let nearest = if micros < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        };
        let time = jiff::Timestamp::from_microsecond(micros).unwrap_or(nearest);
        serializer.collect_str(&time)
    }
}
