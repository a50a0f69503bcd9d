//! Settings of the gateway hooks.

use crate::domain::Recommendation;
use crate::gateway::{AccountOrder, PendingLimits};

/// What gateway hooks answer and what they may hold.
#[derive(Clone, Debug)]
pub struct Hooks {
    /// From which recommendation on an account's requests are declined; `None` to let all pass.
    pub block_from: Option<Recommendation>,
    /// Which party of a call is the account.
    pub accounts: AccountOrder,
    /// Requests that wait for their responses.
    pub pending: PendingLimits,
    /// Text, in KiB, of exchanges that wait to be scored in the background; one more is dropped and counted.
    pub backlog_kib_max: u32,
}

impl Hooks {
    /// Returns the settings that the documentation states.
    pub fn standard() -> Self {
        Self {
            block_from: None,
            accounts: AccountOrder::default(),
            pending: PendingLimits::STANDARD,
            backlog_kib_max: 64 * 1024,
        }
    }
}
