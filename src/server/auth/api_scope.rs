//! The groups of routes on the port, and the key scope that each asks for.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// What an API key may be used for.
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
    /// Sending exchanges: scoring calls, gateway hooks, telemetry.
    Score,
    /// Reading account histories and model bundles.
    Read,
    /// Submitting and exporting labels.
    Review,
    /// Deleting account histories, activating bundles.
    Admin,
}

impl KeyScope {
    /// Every scope.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the stable name, as the keys file has it.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the scope of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// A group of routes that are admitted, counted and guarded alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ApiScope {
    /// `stillwatch.v1.ScoringService`, `/v1/score` and `/v1/score:batch`.
    Scoring,
    /// What gateways call before and after a model, and `/v1/moderations`.
    Hooks,
    /// Logs and traces that gateways export.
    Telemetry,
    /// The reading calls of `stillwatch.v1.AccountService`.
    Accounts,
    /// The reading calls of `stillwatch.v1.ModelService`.
    Models,
    /// `stillwatch.v1.LabelService`.
    Labels,
    /// The calls of those services that cannot be undone: deleting an account's history, activating a bundle.
    Administration,
    /// Health, reflection, metrics, documentation. Asks for no key.
    Open,
}

impl ApiScope {
    /// Every group.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the stable name: the `surface` label of metrics.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Returns the scope that a key needs; `None` where no key is asked for.
    pub const fn key_scope(self) -> Option<KeyScope> {
        match self {
            Self::Scoring | Self::Hooks | Self::Telemetry => Some(KeyScope::Score),
            Self::Accounts | Self::Models => Some(KeyScope::Read),
            Self::Labels => Some(KeyScope::Review),
            Self::Administration => Some(KeyScope::Admin),
            Self::Open => None,
        }
    }

    /// Whether gateways call it. They let a request through when a hook answers 503, and fail it at 429.
    pub const fn is_called_by_gateways(self) -> bool {
        matches!(self, Self::Hooks | Self::Telemetry)
    }
}
