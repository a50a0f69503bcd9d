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
    /// Forgetting accounts, changing bundles.
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
    /// `stillwatch.v1.ScoringService` and `/v1/score`.
    Scoring,
    /// Health, reflection, metrics, documentation: whoever reaches the port may ask.
    Open,
}

impl Surface {
    /// Every surface.
    pub const ALL: [Self; 2] = [Self::Scoring, Self::Open];

    /// The stable name: the `surface` label of metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scoring => "scoring",
            Self::Open => "open",
        }
    }

    /// What a key must be good for; `None` where no key is asked for.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Scoring => Some(Scope::Score),
            Self::Open => None,
        }
    }

    /// Its calls: the `method` label of metrics. A call is known by the last part of its path; one that is not here
    /// counts as `other`, so that no caller can make a series.
    pub const fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Scoring => &["ScoreConversation", "ScoreBatch", "score"],
            Self::Open => &[
                "livez",
                "readyz",
                "healthz",
                "health",
                "ping",
                "live",
                "ready",
                "metrics",
                "Check",
                "Watch",
                "ServerReflectionInfo",
            ],
        }
    }
}
