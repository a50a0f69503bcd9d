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
    /// `stillwatch.v1.ScoringService` and `/v1/score`.
    Scoring,
    /// What gateways call before and after a model, and `/v1/moderations`.
    Hooks,
    /// Logs and traces that gateways export.
    Telemetry,
    /// Health, reflection, metrics, documentation: whoever reaches the port may ask.
    Open,
}

impl Surface {
    /// The stable name: the `surface` label of metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scoring => "scoring",
            Self::Hooks => "hooks",
            Self::Telemetry => "telemetry",
            Self::Open => "open",
        }
    }

    /// What a key must be good for; `None` where no key is asked for.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Scoring | Self::Hooks | Self::Telemetry => Some(Scope::Score),
            Self::Open => None,
        }
    }
}
