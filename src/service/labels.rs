//! The labels on disk behind the server's port.

use crate::domain::Label;
use crate::server::{LabelError, Labels, Submitted};
use crate::store::{LabelFile, LabelStoreError};

impl Labels for LabelFile {
    fn submit(&self, label: Label) -> Result<Submitted, LabelError> {
        let stored = Self::submit(self, label)?;
        Ok(Submitted {
            labels: stored.labels,
            replaced: stored.replaced,
        })
    }

    fn labels(&self, from: usize, at_most: usize) -> Vec<Label> {
        Self::labels(self, from, at_most)
    }
}

impl From<LabelStoreError> for LabelError {
    fn from(error: LabelStoreError) -> Self {
        match error {
            LabelStoreError::Full { lines_max } => Self::Full { bound: lines_max },
            LabelStoreError::Write(error) => {
                tracing::error!(%error, "labels.jsonl");
                Self::Unwritable
            }
        }
    }
}
