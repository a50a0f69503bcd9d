//! Empty services for tests that only use the scorer: no accounts, no bundles, no labels, no queue.

use stillwatch::internals::domain::{
    AccountKey, AccountRef, Label, LabelSubject, LabeledAccount, Mark, MarkSubject, Technique,
    Timestamp,
};
use stillwatch::internals::engine::AccountState;
use stillwatch::internals::policy::{Policy, PolicySettings, QueueState, Rank};
use stillwatch::internals::server::{
    Accounts, ActiveBundle, Histories, LabelError, Labels, ModelEntry, ModelError, Models,
    QueuedAccount, ReviewError, Reviews, Submitted, SubmittedMark, Verification,
};

/// Services without accounts, bundles or labels.
pub(crate) struct EmptyServices;

impl Accounts for EmptyServices {
    fn count(&self) -> usize {
        0
    }

    fn account(&self, _: AccountKey) -> Option<AccountState> {
        None
    }

    fn accounts_after(
        &self,
        _: Option<AccountKey>,
        _: usize,
    ) -> (Vec<AccountState>, Option<AccountKey>) {
        (Vec::new(), None)
    }

    fn histories(&self) -> Histories {
        Histories {
            needed: 10,
            enough: 0,
        }
    }

    fn context(&self, _: AccountKey) -> Vec<(Technique, String)> {
        Vec::new()
    }

    fn delete_account(&self, _: AccountKey) -> bool {
        false
    }
}

impl Models for EmptyServices {
    fn active(&self) -> ActiveBundle {
        ActiveBundle {
            name: "fake@1".to_owned(),
            digest: "digest".to_owned(),
        }
    }

    fn list(&self) -> Vec<ModelEntry> {
        Vec::new()
    }

    fn verify(&self, _: &str) -> Result<Verification, ModelError> {
        Err(ModelError::Unknown)
    }

    fn activate(&self, _: &str, _: bool) -> Result<bool, ModelError> {
        Err(ModelError::Unknown)
    }
}

impl Reviews for EmptyServices {
    fn state(&self) -> QueueState {
        Policy::new(PolicySettings::default()).state()
    }

    fn queue_after(&self, _: Option<Rank>, _: usize) -> Vec<QueuedAccount> {
        Vec::new()
    }

    fn submit(&self, _: Mark) -> Result<SubmittedMark, ReviewError> {
        Err(ReviewError::Full { bound: 0 })
    }

    fn remove(&self, _: MarkSubject, _: String, _: Timestamp) -> Result<bool, ReviewError> {
        Ok(false)
    }

    fn marks_after(&self, _: Option<MarkSubject>, _: usize) -> Vec<Mark> {
        Vec::new()
    }
}

impl Labels for EmptyServices {
    fn submit(&self, _: Label<AccountRef>) -> Result<Submitted, LabelError> {
        Err(LabelError::Full { bound: 0 })
    }

    fn labels_after(&self, _: Option<&LabelSubject>, _: usize) -> Vec<Label<LabeledAccount>> {
        Vec::new()
    }
}
