//! Times as logs write them: RFC 3339, numbers since 1970, and local times whose zone somebody states.

use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::domain::Timestamp;
use crate::gateway::draft::time_of_micros;
use crate::json::Node;
use crate::wire::{WireError, parse_time, time_of_number};

/// A fixed zone: UTC or an offset from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Zone(Offset);

/// Why a text is not a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected UTC or an offset such as +02:00")]
pub(crate) struct ZoneError;

impl Zone {
    /// Coordinated universal time.
    pub(crate) const UTC: Self = Self(Offset::UTC);
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(text: &str) -> Result<Self, ZoneError> {
        if matches!(text, "UTC" | "utc" | "Z" | "z" | "GMT") {
            return Ok(Self::UTC);
        }
        let (sign, rest) = match text.as_bytes() {
            [b'+', ..] => (1, &text[1..]),
            [b'-', ..] => (-1, &text[1..]),
            _ => return Err(ZoneError),
        };
        let digits: String = rest.split(':').collect();
        let digits = match digits.len() {
            2 => format!("{digits}00"),
            4 => digits,
            _ => return Err(ZoneError),
        };
        let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i32>().ok();
        let (Some(hours), Some(minutes)) = (number(0..2), number(2..4)) else {
            return Err(ZoneError);
        };
        if minutes > 59 {
            return Err(ZoneError);
        }
        let seconds = sign * (hours * 3_600 + minutes * 60);
        Offset::from_seconds(seconds)
            .map(Self)
            .map_err(|_| ZoneError)
    }
}

/// Reads a time; `None` when the field is absent. A time that states no zone is in `zone`.
///
/// # Errors
/// When the field has a value that is no time, or one without a zone where none is given: a time that is there and
/// cannot be read is not invented.
pub(super) fn time(
    node: &Node<'_>,
    field: &str,
    zone: Option<Zone>,
) -> Result<Option<Timestamp>, WireError> {
    const EXPECTED: &str =
        "a time: RFC 3339, or seconds or milliseconds since 1970, in the years 1970 to 2199";
    let bad = |expected| WireError::BadValue {
        field: field.to_owned(),
        expected,
    };
    let text = match node {
        Node::Absent => return Ok(None),
        Node::Text(text) if text.trim().is_empty() => return Ok(None),
        Node::Text(text) if text.trim().parse::<f64>().is_err() => text.trim(),
        value => {
            let time = value.number().and_then(time_of_number);
            return time.map(Some).ok_or_else(|| bad(EXPECTED));
        }
    };
    if let Some(time) = parse_time(text) {
        return Ok(Some(time));
    }
    let (local, zone) = match text.strip_suffix(" UTC") {
        Some(local) => (local, Some(Zone::UTC)),
        None => (text, zone),
    };
    let local: DateTime = local.parse().map_err(|_| bad(EXPECTED))?;
    let Some(Zone(offset)) = zone else {
        return Err(bad(
            "a time with its zone, which this one lacks; --zone states it",
        ));
    };
    let instant = offset.to_timestamp(local).map_err(|_| bad(EXPECTED))?;
    time_of_micros(instant.as_microsecond())
        .map(Some)
        .ok_or_else(|| bad(EXPECTED))
}

/// Reads the time under the names that loggers give it.
pub(super) fn usual_time(
    record: &Node<'_>,
    zone: Option<Zone>,
) -> Result<Option<Timestamp>, WireError> {
    const NAMES: [&str; 9] = [
        "time",
        "timestamp",
        "created_at",
        "created",
        "createdAt",
        "start_time",
        "startTime",
        "ts",
        "date",
    ];
    let name = NAMES.iter().find(|name| !record.get(name).is_absent());
    name.map_or(Ok(None), |name| time(record.get(name), name, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, zone: Option<&str>) -> Result<Option<Timestamp>, WireError> {
        let zone = zone.map(|zone| zone.parse().expect("a zone"));
        time(&Node::read(json.as_bytes()).expect("JSON"), "t", zone)
    }

    #[test]
    fn every_way_to_write_an_instant_is_the_same_instant() {
        let expected = parse_time("2026-11-01T10:00:00.123Z");
        for (json, zone) in [
            (r#""2026-11-01T10:00:00.123Z""#, None),
            (r#""2026-11-01 12:00:00.123+02:00""#, None),
            (r#""2026-11-01 10:00:00.123000 UTC""#, None),
            (r#""2026-11-01 10:00:00.123000""#, Some("UTC")),
            (r#""2026-11-01T12:00:00.123""#, Some("+02:00")),
            (r#""2026-11-01 04:30:00.123""#, Some("-0530")),
            ("1793527200123", None),
            ("1793527200.123", None),
            (r#""1793527200123""#, None),
        ] {
            assert_eq!(read(json, zone), Ok(expected), "{json}");
        }
    }

    #[test]
    fn a_time_without_a_zone_or_meaning_is_refused_and_an_absent_one_is_absent() {
        for json in [
            r#""2026-11-01 10:00:00""#,
            r#""yesterday""#,
            "7",
            "true",
            "{}",
        ] {
            assert!(read(json, None).is_err(), "{json}");
        }
        assert_eq!(read("null", None), Ok(None));
        for zone in ["", "Europe/Berlin", "+2", "+25:99", "+02:60", "02:00"] {
            assert!(zone.parse::<Zone>().is_err(), "{zone}");
        }
    }
}
