//! Shares of accounts, with their intervals.

use super::outcome::Outcome;
use crate::domain::Recommendation;
use crate::eval::metrics::wilson;
use crate::eval::table::{Cell, Number, Style};

/// Counts over a group of accounts.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) accounts: u64,
    pub(super) exchanges: u64,
    /// Accounts whose last recommendation is at least `review`.
    reviewed: u64,
    /// Accounts that never stood above `watch`.
    watched: u64,
    /// Accounts for which the recommendation was as expected.
    held: u64,
}

impl Tally {
    pub(super) fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome<'a>>) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            tally.accounts += 1;
            tally.exchanges += outcome.case.len() as u64;
            tally.reviewed += u64::from(outcome.last >= Recommendation::Review);
            tally.watched += u64::from(outcome.highest <= Recommendation::Watch);
            tally.held += u64::from(outcome.held());
        }
        tally
    }

    pub(super) fn reviewed(&self) -> Cell {
        self.share(self.reviewed)
    }

    pub(super) fn watched(&self) -> Cell {
        self.share(self.watched)
    }

    pub(super) fn held(&self) -> Cell {
        self.share(self.held)
    }

    /// Returns the share as expected without its interval, for tables of many small cells.
    pub(super) fn held_alone(&self) -> Cell {
        if self.accounts == 0 {
            return Cell::Insufficient { n: 0 };
        }
        let share = self.held as f64 / self.accounts as f64;
        Cell::Number(Number::new(share, Style::Percent(0)))
    }

    fn share(&self, hits: u64) -> Cell {
        let Some(interval) = wilson(hits, self.accounts) else {
            return Cell::Insufficient { n: 0 };
        };
        let share = Number::new(hits as f64 / self.accounts as f64, Style::Percent(1));
        Cell::Number(share.within(interval).of(self.accounts))
    }
}
