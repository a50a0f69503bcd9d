//! Settings of the policy (section `policy`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::Recommendation;

/// Who is put before a reviewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySettings {
    /// What decides which accounts a person should review.
    pub mode: PolicyMode,
    /// Number of reviews that the reviewers can do on one day (UTC). Under `budget`, no day asks for more.
    #[schemars(range(min = 1, max = 10_000))]
    pub reviews_per_day: u32,
    /// Operating point of the bundle beyond which an account competes for a review under `budget`.
    pub review_from: ReviewFrom,
}

impl Default for PolicySettings {
    /// 20 reviews a day.
    fn default() -> Self {
        Self {
            mode: PolicyMode::Budget,
            reviews_per_day: 20,
            review_from: ReviewFrom::Review,
        }
    }
}

/// What decides which accounts are reviewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PolicyMode {
    /// The highest-ranked accounts, as many as can be reviewed.
    #[default]
    Budget,
    /// Every account beyond the bundle's operating points, however many.
    Thresholds,
}

/// Operating point from which an account competes for a review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReviewFrom {
    /// The review point.
    #[default]
    Review,
    /// The watch point: more accounts compete, for bundles whose review point hardly any account passes.
    Watch,
}

impl ReviewFrom {
    /// Returns the mildest advice of the bundle with which an account competes.
    pub(super) const fn advice(self) -> Recommendation {
        match self {
            Self::Review => Recommendation::Review,
            Self::Watch => Recommendation::Watch,
        }
    }
}
