//! The reviews interface: the server's view of the review queue and of the marks on accounts and templates.

use crate::domain::{Mark, MarkSubject, Timestamp};
use crate::engine::AccountState;
use crate::policy::{QueueState, Queued, Rank};
use crate::wire::WireError;

/// Access to the review queue and its marks. Called from worker threads; may read and write files.
pub trait Reviews: Send + Sync + 'static {
    /// Returns the state of the queue.
    fn state(&self) -> QueueState;

    /// Returns at most `at_most` accounts of the queue after `after`, highest rank first. Those whose history was
    /// evicted have no state.
    fn queue_after(&self, after: Option<Rank>, at_most: usize) -> Vec<QueuedAccount>;

    /// Stores a mark durably before returning, and puts it in force. `review_at` of the mark is set here. It replaces
    /// an earlier mark on the same subject.
    ///
    /// # Errors
    /// If the mark is not stored.
    fn submit(&self, mark: Mark) -> Result<SubmittedMark, ReviewError>;

    /// Takes a mark back durably before returning. Returns whether there was one.
    ///
    /// # Errors
    /// If that is not stored; then the mark stays in force.
    fn remove(
        &self,
        subject: MarkSubject,
        reviewer: String,
        now: Timestamp,
    ) -> Result<bool, ReviewError>;

    /// Returns at most `at_most` marks in force after `after`, in the order of their subjects.
    fn marks_after(&self, after: Option<MarkSubject>, at_most: usize) -> Vec<Mark>;
}

/// An account of the queue with its state.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuedAccount {
    /// Its place in the queue.
    pub queued: Queued,
    /// The bundle's judgement; `None` if its history was evicted.
    pub state: Option<AccountState>,
}

/// Result of submitting a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubmittedMark {
    /// Number of marks in force.
    pub marks: usize,
    /// Whether it replaced an earlier one.
    pub replaced: bool,
    /// Whether it took one of the day's reviews.
    pub reviewed: bool,
}

/// Error of changing the marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// The maximum number of changes is stored.
    #[error("{bound} changes of marks are kept")]
    Full {
        /// The maximum.
        bound: usize,
    },
    /// The file cannot be written.
    #[error("the marks cannot be written")]
    Unwritable,
}

impl From<ReviewError> for WireError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Full { bound } => Self::MarksFull { bound },
            ReviewError::Unwritable => {
                tracing::error!("a mark could not be written");
                Self::Internal
            }
        }
    }
}
