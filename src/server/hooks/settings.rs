//! Settings of gateway hooks (section `hooks`), and what the hooks may hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::Recommendation;
use crate::gateway::{Party, PendingLimits};

/// Settings of gateway hooks. Fields that are skipped are not settings: their defaults always hold, except in tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HookSettings {
    /// Recommendation from which on gateway hooks block an account's requests.
    pub block_from: BlockFrom,
    /// Party that counts as the account of a gateway's request. Where it is not named, the key, then the end user.
    pub account: Party,
    /// Bounds of the requests that wait for their responses.
    #[serde(skip)]
    pub pending: PendingLimits,
    /// Text, in KiB, of exchanges that wait to be scored in the background; one more is dropped and counted.
    #[serde(skip)]
    pub backlog_kib_max: u32,
}

impl Default for HookSettings {
    fn default() -> Self {
        Self {
            block_from: BlockFrom::default(),
            account: Party::Key,
            pending: PendingLimits::STANDARD,
            backlog_kib_max: 64 * 1024,
        }
    }
}

/// Recommendation from which on an account's requests are blocked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BlockFrom {
    /// No request is blocked.
    #[default]
    Never,
    /// Requests of accounts at `restrict` are blocked.
    Restrict,
    /// Those of accounts at `review` too.
    Review,
}

impl BlockFrom {
    /// The mildest recommendation that blocks; `None` where none does.
    pub(super) const fn recommendation(self) -> Option<Recommendation> {
        match self {
            Self::Never => None,
            Self::Restrict => Some(Recommendation::Restrict),
            Self::Review => Some(Recommendation::Review),
        }
    }
}
