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

/// A group of routes that are admitted, counted and guarded alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// `stillwatch.v1.ScoringService`, `/v1/score` and `/v1/score:batch`.
    Scoring,
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
    /// The stable name: the `surface` label of metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scoring => "scoring",
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
            Self::Scoring => Some(Scope::Score),
            Self::Accounts | Self::Models => Some(Scope::Read),
            Self::Labels => Some(Scope::Review),
            Self::Administration => Some(Scope::Admin),
            Self::Open => None,
        }
    }
}
