//! Implements the server's reviews interface on the active engine, its policy and the file of marks.

use std::path::Path;
use std::sync::Arc;

use super::active_model::ActiveModel;
use crate::domain::{Mark, MarkChange, MarkSubject, Timestamp};
use crate::policy::{Policy, QueueState, Rank};
use crate::privacy::PseudonymKey;
use crate::server::{Accounts, QueuedAccount, ReviewError, Reviews, SubmittedMark};
use crate::store::{AppendError, LineFileError, MarkFile};

/// The queue of the active engine, and the marks on disk.
pub(super) struct ReviewDesk {
    model: Arc<ActiveModel>,
    marks: MarkFile,
}

impl ReviewDesk {
    /// Opens the marks in `data` and puts them in force.
    ///
    /// # Errors
    /// If the marks cannot be read.
    pub(super) fn open(
        data: &Path,
        key: &PseudonymKey,
        model: Arc<ActiveModel>,
    ) -> Result<Self, LineFileError> {
        let policy = Arc::clone(model.policy());
        let marks = MarkFile::open(data, key, |change| {
            apply(&policy, change);
        })?;
        Ok(Self { model, marks })
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&Policy) -> MarkChange,
        apply: impl FnOnce(&Policy, MarkChange) -> T,
    ) -> Result<T, ReviewError> {
        let policy = self.model.policy();
        let applied = self
            .marks
            .append(|| change(policy), |change| apply(policy, change));
        Ok(applied?)
    }
}

/// Puts a stored change in force. The file is full before there are too many marks.
fn apply(policy: &Policy, change: MarkChange) -> bool {
    policy.apply(change).unwrap_or_else(|error| {
        tracing::error!(%error, "a stored mark is not in force");
        false
    })
}

impl Reviews for ReviewDesk {
    fn state(&self) -> QueueState {
        self.model.policy().state()
    }

    fn queue_after(&self, after: Option<Rank>, at_most: usize) -> Vec<QueuedAccount> {
        let queued = self.model.policy().queued(after, at_most).into_iter();
        queued
            .map(|queued| QueuedAccount {
                queued,
                state: self.model.account(queued.rank.account()),
            })
            .collect()
    }

    fn submit(&self, mark: Mark) -> Result<SubmittedMark, ReviewError> {
        let subject = mark.subject;
        let made = |policy: &Policy| {
            MarkChange::Made(Mark {
                review_at: policy.review_at(subject),
                ..mark
            })
        };
        self.change(made, |policy, change| {
            let reviewed = matches!(&change, MarkChange::Made(mark) if mark.review_at.is_some());
            let replaced = apply(policy, change);
            SubmittedMark {
                marks: policy.marks(),
                replaced,
                reviewed,
            }
        })
    }

    fn remove(
        &self,
        subject: MarkSubject,
        reviewer: String,
        now: Timestamp,
    ) -> Result<bool, ReviewError> {
        if !self.model.policy().is_marked(subject) {
            return Ok(false);
        }
        let removed = |_: &Policy| MarkChange::Removed {
            subject,
            reviewer,
            removed_at: now,
        };
        self.change(removed, apply)
    }

    fn marks_after(&self, after: Option<MarkSubject>, at_most: usize) -> Vec<Mark> {
        self.model.policy().marks_after(after, at_most)
    }
}

impl From<AppendError> for ReviewError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Full { lines_max } => Self::Full { bound: lines_max },
            AppendError::Write(error) => {
                tracing::error!(%error, "marks.jsonl");
                Self::Unwritable
            }
        }
    }
}
