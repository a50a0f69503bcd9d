//! The wall clock, read only here and in `cli`.

use std::time::SystemTime;

use crate::domain::Timestamp;

/// Returns the current time, to the microsecond.
#[expect(
    clippy::disallowed_methods,
    reason = "the server stamps exchanges that arrive without a time"
)]
pub(super) fn now() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
