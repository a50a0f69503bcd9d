//! What the server needs of the engine.

use crate::domain::{Assessment, Band, Exchange, Recommendation, Risk};
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
    fn score_all(&self, exchanges: Vec<Exchange>) -> Vec<Result<Assessment, ScoreError>>;

    /// Risk of an exchange by its text alone. Nothing is counted or remembered.
    ///
    /// # Errors
    /// When there is no answer.
    fn conversation_risk(&self, exchange: &Exchange) -> Result<Risk, ScoreError>;

    /// What an account's holder may be told as a reference: a stable keyed digest that says nothing else.
    fn case(&self, account: &str) -> String;

    /// The active bundle, such as `default@3`.
    fn bundle(&self) -> String;

    /// How an account stands after the last exchange that was counted, without a new one; `None` for an account that
    /// is not remembered. Cheap: asked before a request goes through.
    fn standing(&self, account: &str) -> Option<AccountStatus>;

    /// The account that stands for a secret, such as an API key, where nobody names the account: a stable keyed digest.
    fn credential(&self, secret: &[u8]) -> String;

    /// BLAKE3 digest of the active bundle's manifest, in hexadecimal digits.
    fn bundle_digest(&self) -> String;

    /// Accounts remembered now.
    fn accounts(&self) -> usize;

    /// Scores an exchange of its own by the whole path without counting it, and tries what must be written. Asked at
    /// the start and every few seconds, on a worker.
    ///
    /// # Errors
    /// What does not work.
    fn probe(&self) -> Result<(), NotReady>;

    /// Whether a call to [`Scorer::score`] would be answered now. Cheap: asked by every probe.
    ///
    /// # Errors
    /// What is awaited.
    fn ready(&self) -> Result<(), NotReady>;
}

/// How an account stands.
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
    /// Not now; the same exchange may be sent again.
    #[error(transparent)]
    NotReady(#[from] NotReady),
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
            ScoreError::NotReady(reason) => reason.into(),
            ScoreError::Fault { cause } => {
                tracing::error!(cause, "the scorer failed");
                Self::Internal
            }
        }
    }
}
