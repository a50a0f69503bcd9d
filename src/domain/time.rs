//! Event time. The engine's only notion of "now" is the exchange's own.

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Seconds since the Unix epoch, with the fraction.
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Seconds from `earlier` to `self`; negative when `self` is the earlier one.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        (self.0 - earlier.0) as f64 / 1e6
    }

    /// Hour of the week in UTC, 0 (Monday 00:00) to 167.
    pub const fn hour_of_week(self) -> u8 {
        let hours = self.0.div_euclid(3_600_000_000);
        // 1970-01-01 was a Thursday: 72 hours after Monday 00:00.
        (hours + 72).rem_euclid(168) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn the_week_starts_on_monday() {
        // 2026-05-04 was a Monday.
        let monday = Timestamp::from_micros(1_777_852_800_000_000);
        assert_eq!(monday.hour_of_week(), 0);
        assert_eq!(
            Timestamp::from_micros(monday.as_micros() - 1).hour_of_week(),
            167
        );
        assert_eq!(Timestamp::from_micros(-1).hour_of_week(), 71);
    }
}
