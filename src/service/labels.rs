//! Implements the server's label interface on the label file.

use crate::domain::{AccountRef, Label, LabelSubject, LabeledAccount};
use crate::server::{LabelError, Labels, Submitted};
use crate::store::{AppendError, LabelFile};

impl Labels for LabelFile {
    fn submit(&self, label: Label<AccountRef>) -> Result<Submitted, LabelError> {
        let stored = Self::submit(self, label)?;
        Ok(Submitted {
            labels: stored.labels,
            replaced: stored.replaced,
        })
    }

    fn labels_after(
        &self,
        after: Option<&LabelSubject>,
        at_most: usize,
    ) -> Vec<Label<LabeledAccount>> {
        Self::labels_after(self, after, at_most)
    }
}

impl From<AppendError> for LabelError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Full { lines_max } => Self::Full { bound: lines_max },
            AppendError::Write(error) => {
                tracing::error!(%error, "labels.jsonl");
                Self::Unwritable
            }
        }
    }
}
