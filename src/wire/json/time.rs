//! RFC 3339 times in JSON lines, to the microsecond.

use serde::{Serialize, Serializer};

use crate::domain::Timestamp;

/// A time in its written form: in UTC, with as many digits as it needs. Times outside the calendar (years -9999 to
/// 9999) become its nearest end.
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
