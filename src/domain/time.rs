//! Event time. The engine's only notion of "now" is the time of the exchange.

/// Microseconds of a day, without leap seconds.
pub(crate) const DAY_MICROS: i64 = 86_400_000_000;

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Builds a timestamp from microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns the microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns the seconds since the Unix epoch, including the fraction.
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Returns the seconds from `earlier` to `self`; negative if `self` is the earlier one.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        (self.0 - earlier.0) as f64 / 1e6
    }

    /// Returns the number of the UTC day, from 1970-01-01 at 0.
    pub const fn day(self) -> i64 {
        self.0.div_euclid(DAY_MICROS)
    }

    /// Returns the time this many microseconds later, or the end of the range.
    #[must_use]
    pub(crate) const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
}
