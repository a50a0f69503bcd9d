//! The scorer interface: the server's view of the engine.

use crate::domain::{AccountKey, Assessment, Band, Exchange, Recommendation, Risk};
use crate::wire::WireError;

/// Scores exchanges. Implemented by the engine, called by the network server.
///
/// Called from many worker threads concurrently; may block for as long as a score takes.
pub trait Scorer: Send + Sync + 'static {
    /// Adds one exchange to its account's history and returns the assessment of the account after it. A repeat (same
    /// account, id and messages as an earlier exchange) is answered and not counted again; an exchange without an id
    /// always counts.
    ///
    /// # Errors
    /// If the exchange was not counted.
    fn score(&self, exchange: Exchange) -> Result<Assessment, ScoreError>;

    /// Scores exchanges in order, all with one bundle: a call finishes on the bundle that it began with, even if
    /// another is activated meanwhile. Returns one result per exchange.
    fn score_batch(&self, exchanges: Vec<Exchange>) -> Vec<Result<Assessment, ScoreError>>;

    /// Returns the risk of an exchange by its text alone. Nothing is counted or stored.
    ///
    /// # Errors
    /// If the exchange cannot be scored.
    fn conversation_risk(&self, exchange: &Exchange) -> Result<Risk, ScoreError>;

    /// Returns the status of an account after its last counted exchange, without scoring; `None` if the account is
    /// unknown. Must be cheap: it is called before a request passes, outside the workers.
    fn account_status(&self, account: AccountKey) -> Option<AccountStatus>;

    /// Runs the self-test: scores a built-in exchange through the whole path without counting it, and checks that files
    /// can be written. Called at startup and every few seconds, on a worker.
    ///
    /// # Errors
    /// If the self-test fails; the error says what does not work.
    fn readiness(&self) -> Result<(), NotReady>;
}

/// Status of an account, as a gateway needs it before a request passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccountStatus {
    /// Number of counted exchanges.
    pub seen: u64,
    /// Calibrated probability that the account extracts.
    pub risk: Risk,
    /// Risk in words.
    pub band: Band,
    /// What the gateway is advised to do.
    pub recommendation: Recommendation,
}

/// Error of a scorer that is not ready. Says what it is waiting for, in fixed words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("waiting for {waiting_for}")]
pub struct NotReady {
    /// For example `a model bundle`.
    pub waiting_for: &'static str,
}

/// Error of an exchange that was not scored. Holds only fixed words: text of a request does not fit the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// An internal error, for example an observation log that cannot be written.
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
