//! The policy: which of the accounts that a bundle calls suspicious a person is asked to review.
//!
//! A bundle's operating points say how unusual a score is; reviewers can look at so many accounts a day. Under a review
//! *budget*, which is the default, the accounts beyond the bundle's review point compete, and the highest-ranked are in
//! the queue: as many as there are reviews left on the day. A reviewer's *mark* takes an account, or all accounts of a
//! template, out of the queue for a time, while they go on being scored. Risk and band are the bundle's; the policy
//! changes the recommendation alone, and never above what the bundle's own evidence supports.
//!
//! At any moment, the accounts in the queue and the reviews done on the day are together at most the budget. An account
//! that a higher one displaces waits and competes again. Time is that of the exchanges (UTC days).
//!
//! No I/O and no clock; knows pseudonyms and digests, never names or text.

mod clock;
mod decision;
mod marks;
mod review_queue;
mod settings;
mod templates;
#[cfg(test)]
mod tests;
mod watched;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{AccountKey, Mark, MarkChange, MarkSubject, Recommendation, Timestamp};

pub use decision::{Decision, PolicyError, QueueState, Queued, Standing};
pub use review_queue::Rank;
pub use settings::{PolicyMode, PolicySettings, ReviewFrom};
pub use templates::Templates;

use watched::WatchedAccounts;

/// The policy of a deployment, shared by all engines that its bundles have.
///
/// One short lock and a few look-ups in small tables for each exchange: no profile is read.
#[derive(Debug)]
pub struct Policy(Mutex<WatchedAccounts>);

impl Policy {
    /// Creates a policy without accounts and marks.
    pub fn new(settings: PolicySettings) -> Self {
        Self(Mutex::new(WatchedAccounts::new(settings)))
    }

    /// Takes an account's state after a counted exchange. Calls must be in the order of the exchanges.
    pub fn update(&self, standing: &Standing) -> Decision {
        self.locked().update(standing)
    }

    /// Returns what the policy makes of the bundle's advice on an account. Changes nothing.
    pub fn decide(
        &self,
        account: AccountKey,
        advice: Recommendation,
        templates: Templates,
    ) -> Decision {
        self.locked().decide(account, advice, templates)
    }

    /// Forgets an account; marks on it stay.
    pub fn forget(&self, account: AccountKey) {
        self.locked().forget(account);
    }

    /// Forgets all accounts, because their scores are not comparable with those to come. Marks and the reviews done
    /// today stay.
    pub fn forget_scores(&self) {
        self.locked().forget_scores();
    }

    /// Returns the event time at which a mark on this subject would take one of the day's reviews; `None` if nobody
    /// whom it covers is in the queue. A mark on a template takes one review, however many accounts it covers.
    pub fn review_at(&self, subject: MarkSubject) -> Option<Timestamp> {
        self.locked().review_at(subject)
    }

    /// Applies a change of the marks. Returns whether it replaced or removed a mark.
    ///
    /// # Errors
    /// If the maximum number of marks is in force; then nothing changes.
    pub fn apply(&self, change: MarkChange) -> Result<bool, PolicyError> {
        let mut watched = self.locked();
        match change {
            MarkChange::Made(mark) => watched.mark(mark),
            MarkChange::Removed { subject, .. } => Ok(watched.unmark(subject)),
        }
    }

    /// Returns whether a mark on this subject is in force.
    pub fn is_marked(&self, subject: MarkSubject) -> bool {
        self.locked().marks().has(subject)
    }

    /// Returns the number of marks in force.
    pub fn marks(&self) -> usize {
        self.locked().marks().len()
    }

    /// Returns at most `limit` marks in force after `after`, in the order of their subjects.
    pub fn marks_after(&self, after: Option<MarkSubject>, limit: usize) -> Vec<Mark> {
        let watched = self.locked();
        let later = watched.marks().after(after);
        later.take(limit).cloned().collect()
    }

    /// Returns at most `limit` accounts of the queue after `after`, highest rank first.
    pub fn queued(&self, after: Option<Rank>, limit: usize) -> Vec<Queued> {
        self.locked().queued(after, limit)
    }

    /// Returns the state of the queue.
    pub fn state(&self) -> QueueState {
        self.locked().state()
    }

    fn locked(&self) -> MutexGuard<'_, WatchedAccounts> {
        // A panic under the lock leaves at most one account in one table and not in another.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
