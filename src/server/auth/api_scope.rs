//! The groups of routes on the port, and the key scope that each asks for.

/// What an API key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    pub const ALL: [Self; 4] = [Self::Score, Self::Read, Self::Review, Self::Admin];

    /// Returns the stable name, as the keys file has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Read => "read",
            Self::Review => "review",
            Self::Admin => "admin",
        }
    }

    /// Returns the scope of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A group of routes that are admitted, counted and guarded alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    pub const ALL: [Self; 8] = [
        Self::Scoring,
        Self::Hooks,
        Self::Telemetry,
        Self::Accounts,
        Self::Models,
        Self::Labels,
        Self::Administration,
        Self::Open,
    ];

    /// Returns the stable name: the `surface` label of metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scoring => "scoring",
            Self::Hooks => "hooks",
            Self::Telemetry => "telemetry",
            Self::Accounts => "accounts",
            Self::Models => "models",
            Self::Labels => "labels",
            Self::Administration => "administration",
            Self::Open => "open",
        }
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
