//! When the account is active: hours, days, gaps and bursts.
//!
//! Honest API tenants run all day and all night at a steady rate, so nothing here separates by itself; it tells
//! exposure, and how alike the rhythm of several accounts is. Hours are UTC and never compared with a place.

use super::decay::DecayedCount;
use super::elementary::ln;
use super::moments::Moments;
use crate::domain::Timestamp;

/// Days over which active days are remembered, counted back from the latest.
pub const DAYS_REMEMBERED: u32 = 256;

const DAY_MICROS: i64 = 86_400_000_000;

/// Rhythm of an account. All but the gaps merge in every order: exactly, the two decayed counts up to float rounding.
/// A gap lies between two exchanges of one account in the order of arrival, so a merged profile has the gaps of its
/// members and not those between them. Update cost: one logarithm and two decay steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) hours: [u64; 3],
    pub(super) days: ActiveDays,
    pub(super) gaps: Moments,
    pub(super) busiest_minute: u32,
    pub(super) trailing_day: DecayedCount<1>,
    pub(super) trailing_month: DecayedCount<30>,
}

impl Timing {
    pub(super) const fn empty() -> Self {
        Self {
            first: i64::MAX,
            last: i64::MIN,
            hours: [0; 3],
            days: ActiveDays::NONE,
            gaps: Moments::empty(),
            busiest_minute: 0,
            trailing_day: DecayedCount::empty(),
            trailing_month: DecayedCount::empty(),
        }
    }

    pub(super) fn absorb(&mut self, time: Timestamp, within_minute: u32) {
        let micros = time.as_micros();
        if self.first <= self.last && micros >= self.last {
            self.gaps
                .absorb(ln(1.0 + micros.abs_diff(self.last) as f64 / 1e6));
        }
        self.first = self.first.min(micros);
        self.last = self.last.max(micros);
        let hour = time.hour_of_week();
        self.hours[usize::from(hour / 64)] |= 1 << (hour % 64);
        self.days.insert(micros.div_euclid(DAY_MICROS));
        self.busiest_minute = self.busiest_minute.max(within_minute);
        self.trailing_day.absorb(time);
        self.trailing_month.absorb(time);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        for (hours, other) in self.hours.iter_mut().zip(other.hours) {
            *hours |= other;
        }
        self.days.merge(other.days);
        self.gaps.merge(&other.gaps);
        self.busiest_minute = self.busiest_minute.max(other.busiest_minute);
        self.trailing_day.merge(&other.trailing_day);
        self.trailing_month.merge(&other.trailing_month);
    }

    /// Time of the earliest exchange; `None` before the first.
    pub fn first(&self) -> Option<Timestamp> {
        (self.first <= self.last).then(|| Timestamp::from_micros(self.first))
    }

    /// Time of the latest exchange; `None` before the first.
    pub fn last(&self) -> Option<Timestamp> {
        (self.first <= self.last).then(|| Timestamp::from_micros(self.last))
    }

    /// Days from the earliest to the latest exchange, with the fraction; 0 before the second.
    pub fn span_days(&self) -> f64 {
        if self.first > self.last {
            return 0.0;
        }
        self.last.abs_diff(self.first) as f64 / DAY_MICROS as f64
    }

    /// Hours of the UTC week with at least one exchange, 0 to 168.
    pub fn active_hours(&self) -> u32 {
        self.hours.iter().map(|hours| hours.count_ones()).sum()
    }

    /// Distinct UTC days with at least one exchange, among the latest 256 days.
    pub fn active_days(&self) -> u32 {
        self.days.bits.iter().map(|bits| bits.count_ones()).sum()
    }

    /// Moments of `ln(1 + seconds)` between consecutive exchanges.
    pub const fn log_gaps(&self) -> &Moments {
        &self.gaps
    }

    /// The most exchanges of one account seen within 60 seconds, counted up to 33.
    pub const fn busiest_minute(&self) -> u32 {
        self.busiest_minute
    }

    /// Exchanges with a half-life of a day, as of the latest one.
    pub fn trailing_day(&self) -> f64 {
        self.last()
            .map_or(0.0, |last| self.trailing_day.as_of(last))
    }

    /// Exchanges with a half-life of 30 days, as of the latest one.
    pub fn trailing_month(&self) -> f64 {
        self.last()
            .map_or(0.0, |last| self.trailing_month.as_of(last))
    }

    /// Jaccard similarity of the active hours of the week; `None` when neither was ever active.
    pub fn hour_overlap(&self, other: &Self) -> Option<f64> {
        let count = |join: fn(u64, u64) -> u64| -> u32 {
            self.hours
                .iter()
                .zip(other.hours)
                .map(|(&a, b)| join(a, b).count_ones())
                .sum()
        };
        let (both, either) = (count(|a, b| a & b), count(|a, b| a | b));
        (either > 0).then(|| f64::from(both) / f64::from(either))
    }

    pub(super) fn is_sound(&self) -> bool {
        let empty = self.first == i64::MAX && self.last == i64::MIN;
        let consistent = self.first <= self.last
            && self.days.latest == self.last.div_euclid(DAY_MICROS)
            && self.days.bits[0] & 1 == 1;
        self.hours[2] >> (168 - 128) == 0
            && self.trailing_day.is_sound()
            && self.trailing_month.is_sound()
            && (consistent || (empty && self.days == ActiveDays::NONE && self.hours == [0; 3]))
    }
}

/// A window of active days that ends at the latest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ActiveDays {
    /// Days since the epoch.
    pub(super) latest: i64,
    /// Bit `i` of word `w` is the day `64 w + i` before the latest.
    pub(super) bits: [u64; 4],
}

impl ActiveDays {
    const NONE: Self = Self {
        latest: i64::MIN,
        bits: [0; 4],
    };

    fn insert(&mut self, day: i64) {
        self.merge(Self {
            latest: day,
            bits: [1, 0, 0, 0],
        });
    }

    fn merge(&mut self, other: Self) {
        let latest = self.latest.max(other.latest);
        let (own, others) = (self.seen_from(latest), other.seen_from(latest));
        self.latest = latest;
        self.bits = std::array::from_fn(|word| own[word] | others[word]);
    }

    /// The bits counted back from a `latest` that is not earlier.
    fn seen_from(&self, latest: i64) -> [u64; 4] {
        let shift = latest.abs_diff(self.latest);
        if shift >= u64::from(DAYS_REMEMBERED) {
            return [0; 4];
        }
        let (words, bits) = ((shift / 64) as usize, shift % 64);
        std::array::from_fn(|word| {
            let at = |back: usize| word.checked_sub(back).map_or(0, |from| self.bits[from]);
            let low = at(words) << bits;
            if bits == 0 {
                low
            } else {
                low | (at(words + 1) >> (64 - bits))
            }
        })
    }
}
