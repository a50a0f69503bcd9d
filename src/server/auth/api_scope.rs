//! The groups of routes on the port, and the key scope that each requires.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// The scope of an API key: the operations it permits.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum KeyScope {
    /// Sending exchanges: scoring requests, gateway hooks, telemetry.
    Score,
    /// Reading account histories and model bundles.
    Read,
    /// Submitting and exporting labels, the review queue and its marks.
    Review,
    /// Deleting account histories, activating bundles.
    Admin,
}

impl KeyScope {
    /// Every scope.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the stable name, as in the keys file.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the scope with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// A group of routes that share admission, metrics and authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ApiScope {
    /// `stillwatch.v1.ScoringService`, `/v1/score` and `/v1/score:batch`.
    Scoring,
    /// Hooks that gateways call before and after a model, and `/v1/moderations`.
    Hooks,
    /// Logs and traces that gateways export.
    Telemetry,
    /// The read-only methods of `stillwatch.v1.AccountService`, and the status.
    Accounts,
    /// The read-only methods of `stillwatch.v1.ModelService`.
    Models,
    /// `stillwatch.v1.LabelService`.
    Labels,
    /// `stillwatch.v1.ReviewService`.
    Reviews,
    /// The irreversible methods of those services: deleting an account's history, activating a bundle.
    Administration,
    /// Health, reflection, metrics, documentation, the start page. Requires no key.
    Open,
}

impl ApiScope {
    /// Every group.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the stable name: the `surface` label of metrics.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the scope that a key needs; `None` if no key is required.
    pub const fn key_scope(self) -> Option<KeyScope> {
        match self {
            Self::Scoring | Self::Hooks | Self::Telemetry => Some(KeyScope::Score),
            Self::Accounts | Self::Models => Some(KeyScope::Read),
            Self::Labels | Self::Reviews => Some(KeyScope::Review),
            Self::Administration => Some(KeyScope::Admin),
            Self::Open => None,
        }
    }

    /// Returns whether gateways call this group. They let a request through when a hook answers 503, and fail it at
    /// 429.
    pub const fn is_called_by_gateways(self) -> bool {
        matches!(self, Self::Hooks | Self::Telemetry)
    }
}
