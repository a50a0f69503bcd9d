//! The surfaces of the port, and what a key must be good for to use each.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// What an API key may be good for.
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
pub enum Scope {
    /// Sending exchanges: scoring calls, gateway hooks, telemetry.
    Score,
    /// Reading what is remembered of accounts.
    Read,
    /// Submitting and exporting labels.
    Review,
    /// Forgetting accounts, changing bundles.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The stable name, as the keys file has it.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The scope of a name.
    pub fn of(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// A group of routes that are admitted, counted and guarded alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
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
    /// What those services change for good: forgetting an account, activating a bundle.
    Administration,
    /// Health, reflection, metrics, documentation: whoever reaches the port may ask.
    Open,
}

impl Surface {
    /// Every surface.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The stable name: the `surface` label of metrics.
    pub fn name(self) -> &'static str {
        self.into()
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
            Self::Accounts => &["Get", "List", "Explain"],
            Self::Models => &["List", "Verify"],
            Self::Labels => &["Submit", "Export"],
            Self::Administration => &["Forget", "Activate"],
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
