//! What the policy is told of an account and what it answers: plain data, without rules.

use thiserror::Error;

use super::review_queue::Rank;
use super::settings::PolicySettings;
use super::templates::Templates;
use crate::domain::{AccountKey, Digest, Mark, Recommendation, Timestamp};

/// Why a mark was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// The maximum number of marks is in force.
    #[error("expected at most {bound} marks in force")]
    MarksFull {
        /// The maximum.
        bound: usize,
    },
}

/// An account after a counted exchange, as its bundle sees it.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The account.
    pub account: AccountKey,
    /// Time of the exchange.
    pub time: Timestamp,
    /// Raw score, in log-odds.
    pub score: f64,
    /// What the bundle's operating points alone recommend.
    pub advice: Recommendation,
    /// The templates of most of its requests.
    pub templates: Templates,
}

/// What the policy makes of the bundle's advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The recommendation to give.
    pub recommendation: Recommendation,
    /// The mark that covers the account, if one does.
    pub mark: Option<Mark>,
}

/// One account of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its rank, with the account.
    pub rank: Rank,
    /// Time of the first answer since which it has stood at `watch` or above.
    pub since: Timestamp,
    /// Time of its latest exchange.
    pub last_active: Timestamp,
    /// The template of most of its requests, if there is one.
    pub template: Option<Digest>,
}

/// The state of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueState {
    /// The policy's settings.
    pub settings: PolicySettings,
    /// Event time of the latest exchange counted; `None` before the first.
    pub as_of: Option<Timestamp>,
    /// Accounts in the queue.
    pub queued: usize,
    /// Accounts that compete and have no place.
    pub waiting: usize,
    /// Reviews done on the day of `as_of`.
    pub reviewed_today: usize,
}
