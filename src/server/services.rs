//! The services behind the port: the scorer, and interfaces to accounts, models, labels and reviews.

use std::sync::Arc;

use super::reviews::Reviews;
use super::scorer::Scorer;
use crate::bundle::FileHash;
use crate::domain::{AccountKey, AccountRef, Label, LabelSubject, LabeledAccount, Technique};
use crate::engine::AccountState;
use crate::privacy::Pseudonymizer;
use crate::wire::WireError;

/// The services behind the port.
#[derive(Clone)]
pub struct Services {
    /// Maps account names to pseudonyms, under the same key as the scorer.
    pub pseudonymizer: Pseudonymizer,
    /// Scores exchanges.
    pub scorer: Arc<dyn Scorer>,
    /// Reads and deletes account states.
    pub accounts: Arc<dyn Accounts>,
    /// The available bundles.
    pub models: Arc<dyn Models>,
    /// Reviewers' labels.
    pub labels: Arc<dyn Labels>,
    /// The review queue and its marks.
    pub reviews: Arc<dyn Reviews>,
}

/// Access to account states. Called from many worker threads concurrently.
pub trait Accounts: Send + Sync + 'static {
    /// Returns the number of accounts in memory. Cheap.
    fn count(&self) -> usize;

    /// Returns the state of an account; `None` if it is unknown.
    fn account(&self, account: AccountKey) -> Option<AccountState>;

    /// Returns a page of accounts: the states of those after `after`, in a fixed order, examining at most `at_most`.
    /// Also returns the account after which to continue; `None` at the end.
    fn accounts_after(
        &self,
        after: Option<AccountKey>,
        at_most: usize,
    ) -> (Vec<AccountState>, Option<AccountKey>);

    /// Returns how many accounts have enough history for a band. Walks all of them.
    fn histories(&self) -> Histories;

    /// Returns measures of an account that weigh nothing in its risk, as plain sentences, each with the technique that
    /// it is context for; empty for an unknown account.
    fn context(&self, account: AccountKey) -> Vec<(Technique, String)>;

    /// Deletes the state of an account. Returns whether it was known.
    fn delete_account(&self, account: AccountKey) -> bool;
}

/// How many accounts have enough history for a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histories {
    /// Exchanges that an account needs for a band.
    pub needed: u64,
    /// Accounts that have them.
    pub enough: usize,
}

/// Access to model bundles. Called from worker threads; all methods but [`Models::active`] may read files.
pub trait Models: Send + Sync + 'static {
    /// Returns the active bundle. Cheap.
    fn active(&self) -> ActiveBundle;

    /// Returns all available bundles, in a fixed order; at most 256.
    fn list(&self) -> Vec<ModelEntry>;

    /// Verifies the files of a bundle.
    ///
    /// # Errors
    /// [`ModelError::Unknown`] if there is no such bundle.
    fn verify(&self, bundle: &str) -> Result<Verification, ModelError>;

    /// Activates another bundle. Returns whether the account histories were kept.
    ///
    /// # Errors
    /// If the bundle is unknown or unfit, if it has another text model and `forget_histories` is not set, or if another
    /// activation is in progress. Nothing has changed then.
    fn activate(&self, bundle: &str, forget_histories: bool) -> Result<bool, ModelError>;
}

/// The active bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveBundle {
    /// `name@version`.
    pub name: String,
    /// BLAKE3 hash of its manifest, in hexadecimal digits.
    pub digest: String,
}

/// One available bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEntry {
    /// `name@version`.
    pub bundle: String,
    /// Whether it is compiled into the program.
    pub built_in: bool,
    /// Whether it is the active bundle.
    pub active: bool,
    /// Whether its text model is that of the active bundle.
    pub keeps_histories: bool,
    /// Identifier of its text model; `None` if the manifest cannot be read.
    pub text_model: Option<String>,
}

/// Result of verifying a bundle's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The problem found, in fixed words; `None` if the bundle fits this program.
    pub problem: Option<&'static str>,
    /// The hashes of all files except the manifest; empty if files are missing.
    pub files: Vec<FileHash>,
}

/// Error of verifying or activating a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// There is no such bundle.
    #[error("no such bundle")]
    Unknown,
    /// Its files are invalid.
    #[error("unfit: {problem}")]
    Unfit {
        /// The problem found, in fixed words.
        problem: &'static str,
    },
    /// Its text model differs from that of the account histories.
    #[error("another text model")]
    OtherTextModel,
    /// Another activation is in progress.
    #[error("another activation is under way")]
    Busy,
}

/// Access to reviewers' labels of accounts. Called from worker threads; may read and write files.
pub trait Labels: Send + Sync + 'static {
    /// Stores a label durably before returning. It replaces an earlier label of the same account and conversation, even
    /// if one of the two names the account by pseudonym.
    ///
    /// # Errors
    /// If the label is not stored.
    fn submit(&self, label: Label<AccountRef>) -> Result<Submitted, LabelError>;

    /// Returns at most `at_most` labels after `after`, in the order of [`LabelSubject`].
    fn labels_after(
        &self,
        after: Option<&LabelSubject>,
        at_most: usize,
    ) -> Vec<Label<LabeledAccount>>;
}

/// Result of submitting a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Number of current labels.
    pub labels: usize,
    /// Whether it replaced an earlier one.
    pub replaced: bool,
}

/// Error of submitting a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// The maximum number of labels is stored.
    #[error("{bound} labels are kept")]
    Full {
        /// The maximum.
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
