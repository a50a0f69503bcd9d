//! Lifetimes of a campaign's accounts and their replacement after a ban. Must not know what accounts send or why they
//! were banned.

use crate::domain::Timestamp;
use crate::simulate::rng::SeededRng;
use crate::simulate::scenario::{Bans, ExtractionSettings};

/// Hours from a ban to the first exchange of the successor: a banned pool is replaced at once.
const SUCCEEDS_AFTER_HOURS: (f64, f64) = (0.5, 48.0);

/// Minimum lifetime in days of an account that joins its pool shortly before a ban.
const LIFE_LEAST_DAYS: f64 = 0.25;

/// How a campaign's accounts end and are replaced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccountReplacement {
    bans: Option<Bans>,
    start: Timestamp,
    /// End of the campaign: the moment after its last exchange.
    end: Timestamp,
    /// Days from one ban of the whole pool to the next.
    together_days: f64,
}

impl AccountReplacement {
    /// Creates the replacement of a campaign that starts at `start`, in a stream that ends at `stream_end`.
    pub(crate) fn new(
        extraction: &ExtractionSettings,
        start: Timestamp,
        stream_end: Timestamp,
        rng: &mut SeededRng,
    ) -> Self {
        let end = extraction
            .window_days
            .map_or(stream_end, |days| later(start, days));
        let bans = extraction.bans;
        Self {
            bans,
            start,
            end: end.min(stream_end),
            together_days: bans.map_or(0.0, |bans| bans.after_days.draw(rng)),
        }
    }

    /// Returns how many times each account can be replaced.
    pub(crate) fn successors(&self) -> u32 {
        self.bans.map_or(0, |bans| bans.successors)
    }

    /// Returns the end of an account that starts at `start` and is the `generation`-th successor: the moment after its
    /// last exchange.
    pub(crate) fn end_of(
        &self,
        start: Timestamp,
        generation: u32,
        rng: &mut SeededRng,
    ) -> Timestamp {
        let Some(bans) = self.bans else {
            return self.end;
        };
        let banned = if bans.together {
            let pools = f64::from(generation + 1);
            later(self.start, self.together_days * pools).max(later(start, LIFE_LEAST_DAYS))
        } else {
            later(start, bans.after_days.draw(rng))
        };
        banned.min(self.end)
    }

    /// Returns the first exchange of the successor after a ban at `banned`; `None` if the campaign is over by then.
    pub(crate) fn successor(&self, banned: Timestamp, rng: &mut SeededRng) -> Option<Timestamp> {
        let (least, most) = SUCCEEDS_AFTER_HOURS;
        let start = later(banned, rng.log_between(least, most) / 24.0);
        (start < self.end).then_some(start)
    }
}

/// Returns the time `days` after `time`.
pub(crate) fn later(time: Timestamp, days: f64) -> Timestamp {
    Timestamp::from_micros(time.as_micros() + (days * 86_400.0 * 1e6) as i64)
}
