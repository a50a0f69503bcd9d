//! The surfaces of the port, and what a key must be good for to use each.

/// What an API key may be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Sending exchanges: scoring calls, gateway hooks, telemetry.
    Score,
    /// Reading what is remembered of accounts.
    Read,
    /// Submitting and exporting labels.
    Review,
    /// Deleting histories of accounts, changing bundles.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Score, Self::Read, Self::Review, Self::Admin];

    /// The stable name, as the keys file has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Read => "read",
            Self::Review => "review",
            Self::Admin => "admin",
        }
    }

    /// The scope of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A group of routes that are admitted, counted and guarded alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// `stillwatch.v1.ScoringService`, `/v1/score` and `/v1/score:batch`.
    Scoring,
    /// What gateways call before and after a model, and `/v1/moderations`.
    Hooks,
    /// Logs and traces that gateways export.
    Telemetry,
    /// What `stillwatch.v1.AccountService` reads.
    Accounts,
    /// What `stillwatch.v1.ModelService` reads.
    Models,
    /// `stillwatch.v1.LabelService`.
    Labels,
    /// What those services change for good: deleting an account's history, activating a bundle.
    Administration,
    /// Health, reflection, metrics, documentation: whoever reaches the port may ask.
    Open,
}

impl Surface {
    /// Every surface.
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

    /// The stable name: the `surface` label of metrics.
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

    /// What a key must be good for; `None` where no key is asked for.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Scoring | Self::Hooks | Self::Telemetry => Some(Scope::Score),
            Self::Accounts | Self::Models => Some(Scope::Read),
            Self::Labels => Some(Scope::Review),
            Self::Administration => Some(Scope::Admin),
            Self::Open => None,
        }
    }

    /// Whether gateways call it, which take 503 for a hook that is not to be reached, and 429 for an error.
    pub const fn is_called_by_gateways(self) -> bool {
        matches!(self, Self::Hooks | Self::Telemetry)
    }

    /// Its calls: the `method` label of metrics. A call is known by the last part of its path; one that is not here
    /// counts as `other`, so that no caller can make a series.
    pub const fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Scoring => &[
                "ScoreConversation",
                "ScoreBatch",
                "ScoreStream",
                "score",
                "score:batch",
            ],
            Self::Hooks => &[
                "litellm_basic_guardrail_api",
                "webhook",
                "request",
                "response",
                "moderations",
                "Process",
            ],
            Self::Telemetry => &["litellm", "traces", "logs"],
            Self::Accounts => &["GetAccount", "ListAccounts", "ExplainAccount"],
            Self::Models => &["ListModels", "VerifyModel"],
            Self::Labels => &["SubmitLabel", "ExportLabels"],
            Self::Administration => &["DeleteAccount", "ActivateModel"],
            Self::Open => &[
                "livez",
                "readyz",
                "healthz",
                "health",
                "ping",
                "live",
                "ready",
                "metrics",
                "openapi.json",
                "docs",
                "Check",
                "Watch",
                "ServerReflectionInfo",
            ],
        }
    }
}
