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

/// Reads a number of seconds, milliseconds, microseconds or nanoseconds since 1970. The unit follows from the size:
/// whichever puts the time between 1973 and 2199 in each of them.
pub(crate) fn time_of_number(number: f64) -> Option<Timestamp> {
    /// A hundred million: as seconds, 1973; as milliseconds, a day of 1970.
    const SMALLEST: f64 = 1e8;
    let scales = [1e6, 1e3, 1.0, 1e-3];
    let micros = scales
        .iter()
        .map(|scale| number * scale)
        .find(|micros| (SMALLEST * 1e6..EVENT_MICROS.end as f64).contains(micros))?;
    Some(Timestamp::from_micros(micros.round() as i64))
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
    fn the_unit_of_a_number_follows_from_its_size() {
        let second = 1_777_636_800.25;
        let expected = parse_time("2026-05-01T12:00:00.25Z");
        for scale in [1.0, 1e3, 1e6, 1e9] {
            assert_eq!(time_of_number(second * scale), expected, "{scale}");
        }
        for number in [0.0, -1.0, f64::NAN, f64::INFINITY, 5e7, 1e22] {
            assert_eq!(time_of_number(number), None, "{number}");
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
