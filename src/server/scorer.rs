//! What the server needs of the engine.

use crate::domain::{AccountKey, Assessment, Band, Exchange, Recommendation, Risk};
use crate::wire::WireError;

/// Scores exchanges: the engine, seen from the network.
///
/// Called from many worker threads at once; may block as long as a score takes.
pub trait Scorer: Send + Sync + 'static {
    /// Adds one exchange to its account's history and says how the account stands after it. One of the same account, id
    /// and messages as an earlier one is answered and not counted again; one without an id always counts.
    ///
    /// # Errors
    /// When the exchange was not counted.
    fn score(&self, exchange: Exchange) -> Result<Assessment, ScoreError>;

    /// Scores exchanges in their order, all by one bundle: a call ends on the bundle that it began with, whatever is
    /// activated meanwhile. One answer for each.
    fn score_batch(&self, exchanges: Vec<Exchange>) -> Vec<Result<Assessment, ScoreError>>;

    /// Risk of an exchange by its text alone. Nothing is counted or remembered.
    ///
    /// # Errors
    /// When there is no answer.
    fn conversation_risk(&self, exchange: &Exchange) -> Result<Risk, ScoreError>;

    /// The status of an account after the last exchange that was counted, without a new one; `None` for an account that
    /// is not remembered. Cheap: asked before a request goes through, on no worker.
    fn account_status(&self, account: AccountKey) -> Option<AccountStatus>;

    /// Tests itself: scores an exchange of its own by the whole path without counting it, and tries what must be written.
    /// Asked at the start and every few seconds, on a worker.
    ///
    /// # Errors
    /// What does not work.
    fn readiness(&self) -> Result<(), NotReady>;
}

/// What a gateway must know of an account before a request goes through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccountStatus {
    /// Exchanges counted.
    pub seen: u64,
    /// Calibrated probability that the account extracts.
    pub risk: Risk,
    /// Risk in words.
    pub band: Band,
    /// What the gateway is advised to do.
    pub recommendation: Recommendation,
}

/// What a scorer that cannot score is waiting for, in our own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("waiting for {waiting_for}")]
pub struct NotReady {
    /// Such as `a model bundle`.
    pub waiting_for: &'static str,
}

/// Why an exchange has no assessment. Made of our own words alone: no text of a request fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// A fault, such as an observation log that cannot be written.
    #[error("the scorer failed: {cause}")]
    Fault {
        /// What failed.
        cause: &'static str,
    },
}

impl From<NotReady> for WireError {
    fn from(reason: NotReady) -> Self {
        Self::NotReady {
            waiting_for: reason.waiting_for,
        }
    }
}

impl From<ScoreError> for WireError {
    fn from(error: ScoreError) -> Self {
        match error {
            ScoreError::Fault { cause } => {
                tracing::error!(cause, "the scorer failed");
                Self::Internal
            }
        }
    }
}
