//! What the server needs beside the scorer: accounts, models, labels, each behind a trait of its own.

use std::sync::Arc;

use super::scorer::Scorer;
use crate::bundle::FileHash;
use crate::domain::{AccountKey, AccountRef, Label, LabelSubject, LabeledAccount};
use crate::engine::AccountState;
use crate::privacy::Pseudonymizer;
use crate::wire::WireError;

/// Everything that stands behind the port.
#[derive(Clone)]
pub struct Services {
    /// The names of accounts as pseudonyms, under the key that the scorer has too.
    pub pseudonymizer: Pseudonymizer,
    /// Scores exchanges.
    pub scorer: Arc<dyn Scorer>,
    /// What is remembered of accounts.
    pub accounts: Arc<dyn Accounts>,
    /// The bundles at hand.
    pub models: Arc<dyn Models>,
    /// Reviewers' labels.
    pub labels: Arc<dyn Labels>,
}

/// What is remembered of accounts. Called from many worker threads at once.
pub trait Accounts: Send + Sync + 'static {
    /// Accounts remembered now. Cheap.
    fn count(&self) -> usize;

    /// The state of an account; `None` for one that is not remembered.
    fn account(&self, account: AccountKey) -> Option<AccountState>;

    /// A page of accounts: the states of those after `after`, in a fixed order; at most `at_most` are looked at. With it,
    /// the account after which to go on; `None` at the end.
    fn accounts_after(
        &self,
        after: Option<AccountKey>,
        at_most: usize,
    ) -> (Vec<AccountState>, Option<AccountKey>);

    /// Deletes all that is remembered of an account; returns whether it was remembered.
    fn delete_account(&self, account: AccountKey) -> bool;
}

/// The model bundles at hand. Called from worker threads; all but [`Models::active`] may read files.
pub trait Models: Send + Sync + 'static {
    /// The bundle that scores now. Cheap.
    fn active(&self) -> ActiveBundle;

    /// All of them, in a fixed order; at most 256.
    fn list(&self) -> Vec<ModelEntry>;

    /// What a bundle's files are.
    ///
    /// # Errors
    /// [`ModelError::Unknown`].
    fn verify(&self, bundle: &str) -> Result<Verification, ModelError>;

    /// Scores with another bundle from now on; whether the histories were kept.
    ///
    /// # Errors
    /// When the bundle is unknown or unfit, has another text model and `forget_histories` is not set, or another
    /// activation is under way. Then nothing has changed.
    fn activate(&self, bundle: &str, forget_histories: bool) -> Result<bool, ModelError>;
}

/// The bundle that scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveBundle {
    /// `name@version`.
    pub name: String,
    /// BLAKE3 hash of its manifest, in hexadecimal digits.
    pub digest: String,
}

/// One bundle at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEntry {
    /// `name@version`.
    pub bundle: String,
    /// Whether it is compiled into the program.
    pub built_in: bool,
    /// Whether it scores now.
    pub active: bool,
    /// Whether its text model is that of the active bundle.
    pub keeps_histories: bool,
    /// Identifies its text model; `None` when the manifest cannot be read.
    pub text_model: Option<String>,
}

/// What a bundle's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// What is wrong with it, in our own words; `None` when it fits this program.
    pub problem: Option<&'static str>,
    /// The hashes of every file but the manifest; empty when files are missing.
    pub files: Vec<FileHash>,
}

/// Why a bundle is not verified or not activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// There is no such bundle.
    #[error("no such bundle")]
    Unknown,
    /// Its files are not what they should be.
    #[error("unfit: {problem}")]
    Unfit {
        /// What is wrong, in our own words.
        problem: &'static str,
    },
    /// Its text model is not that of the histories.
    #[error("another text model")]
    OtherTextModel,
    /// Another activation is under way.
    #[error("another activation is under way")]
    Busy,
}

/// Reviewers' labels of accounts. Called from worker threads; may read and write files.
pub trait Labels: Send + Sync + 'static {
    /// Stores a label durably before returning. It replaces an earlier label of the same account and conversation,
    /// whichever of the two names the account by pseudonym.
    ///
    /// # Errors
    /// When it is not stored.
    fn submit(&self, label: Label<AccountRef>) -> Result<Submitted, LabelError>;

    /// At most `at_most` labels after the one of `after`, in the order of [`LabelSubject`].
    fn labels_after(
        &self,
        after: Option<&LabelSubject>,
        at_most: usize,
    ) -> Vec<Label<LabeledAccount>>;
}

/// What became of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Labels kept now.
    pub labels: usize,
    /// Whether it took the place of an earlier one.
    pub replaced: bool,
}

/// Why a label is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// As many were submitted as may be.
    #[error("{bound} labels are kept")]
    Full {
        /// How many that is.
        bound: usize,
    },
    /// The file cannot be written.
    #[error("the labels cannot be written")]
    Unwritable,
}

impl From<ModelError> for WireError {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Unknown => Self::UnknownBundle,
            ModelError::Unfit { problem } => Self::UnfitBundle { problem },
            ModelError::OtherTextModel => Self::OtherTextModel,
            // Loading a bundle takes seconds.
            ModelError::Busy => Self::Overloaded {
                retry_after_seconds: 5,
            },
        }
    }
}

impl From<LabelError> for WireError {
    fn from(error: LabelError) -> Self {
        match error {
            LabelError::Full { bound } => Self::LabelsFull { bound },
            LabelError::Unwritable => {
                tracing::error!("a label could not be written");
                Self::Internal
            }
        }
    }
}
