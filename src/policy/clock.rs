//! The policy's time: that of the latest exchange counted, whoever sent it.

use crate::domain::{DAY_MICROS, Timestamp};

/// The latest event time, guarded against one wrong timestamp.
///
/// A time more than a day ahead moves the clock only once the next exchange is as far ahead too: otherwise one call
/// stamped years from now would end every mark and empty the queue.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    now: Option<Timestamp>,
    /// The time of the exchange before, if it was more than a day ahead.
    ahead: Option<Timestamp>,
}

impl Clock {
    /// Takes the time of the next exchange; returns the clock's time.
    pub(super) fn advance(&mut self, time: Timestamp) -> Timestamp {
        let Some(now) = self.now else {
            self.now = Some(time);
            return time;
        };
        let far = now.plus_micros(DAY_MICROS);
        let next = if time <= far {
            self.ahead = None;
            now.max(time)
        } else {
            match self.ahead.replace(time) {
                None => now,
                Some(before) => {
                    self.ahead = None;
                    before.min(time)
                }
            }
        };
        self.now = Some(next);
        next
    }

    /// Returns the time; `None` before the first exchange.
    pub(super) const fn now(self) -> Option<Timestamp> {
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_far_ahead_does_not_move_the_clock_and_two_do() {
        let day = |days: i64| Timestamp::from_micros(days * DAY_MICROS);
        let mut clock = Clock::default();
        assert_eq!(clock.now(), None);
        assert_eq!(clock.advance(day(10)), day(10));
        assert_eq!(clock.advance(day(11)), day(11), "a day ahead");
        assert_eq!(clock.advance(day(5)), day(11), "never back");
        assert_eq!(clock.advance(day(90_000)), day(11), "one wrong time");
        assert_eq!(clock.advance(day(11)), day(11));
        assert_eq!(clock.advance(day(90_000)), day(11), "not two in a row");
        assert_eq!(clock.advance(day(11)), day(11));
        assert_eq!(clock.advance(day(20)), day(11));
        assert_eq!(clock.advance(day(21)), day(20), "a quiet week");
        assert_eq!(clock.advance(day(21)), day(21));
    }
}
