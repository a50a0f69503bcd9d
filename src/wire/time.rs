//! Event times as RFC 3339 text.

use crate::domain::Timestamp;
use crate::domain::chat_names::EVENT_MICROS;

/// Parses an RFC 3339 time with `Z` or an offset; digits below a microsecond are truncated.
///
/// Returns `None` for anything else, and for times before 1970 or after 2199: one such exchange would push an account's
/// clock past all later exchanges.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    let micros = instant.as_microsecond();
    EVENT_MICROS
        .contains(&micros)
        .then(|| Timestamp::from_micros(micros))
}

/// Formats a time in UTC, with as many decimals as it needs.
///
/// A time outside the years -9999 to 9999, which no reader of this crate produces, is written as the nearest time
/// within them.
pub(crate) fn format_time(time: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(time.as_micros())
        .unwrap_or(if time.as_micros() < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
        .to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(micros in EVENT_MICROS) {
            let time = Timestamp::from_micros(micros);
            prop_assert_eq!(parse_time(&format_time(time)), Some(time));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = parse_time(&text);
        }
    }

    #[test]
    fn offsets_are_honoured_and_local_times_refused() {
        assert_eq!(
            parse_time("2026-05-01T14:00:00.123+02:00"),
            parse_time("2026-05-01T12:00:00.123Z")
        );
        for text in [
            "",
            "2026-05-01",
            "2026-05-01T12:00:00",
            "1777636800",
            "2026-13-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2200-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn the_ends_of_the_range_do_not_panic() {
        assert!(format_time(Timestamp::from_micros(i64::MAX)).starts_with("9999"));
        assert!(format_time(Timestamp::from_micros(i64::MIN)).starts_with("-009999"));
    }
}
