//! The assessment of an account: calibrated risk with an interval, reasons that sum to it, and a recommendation.

use std::sync::Arc;

use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{Technique, Timestamp};

/// A probability. Never NaN and never outside [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Risk(f64);

impl Risk {
    /// No risk.
    pub(crate) const ZERO: Self = Self(0.0);

    /// Returns a risk, or `None` if `value` is outside [0, 1].
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// Converts a log-odds score to a risk.
    pub fn from_logit(logit: f64) -> Self {
        Self(1.0 / (1.0 + (-logit.clamp(-700.0, 700.0)).exp()))
    }

    /// Returns the probability.
    pub const fn value(self) -> f64 {
        self.0
    }
}

/// The risk band of an account.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Band {
    /// The history is too short to judge.
    Insufficient,
    /// Typical of benign accounts.
    Low,
    /// Unusual, but occurs occasionally in benign accounts.
    Elevated,
    /// Rare among benign accounts.
    High,
    /// Above nearly every benign account seen.
    Severe,
}

impl Band {
    /// All bands, lowest risk first.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the band with this [`Band::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// Returns the stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The action recommended to the gateway. Stillwatch recommends; the gateway enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Recommendation {
    /// No action.
    Allow,
    /// Keep monitoring the account.
    Watch,
    /// A person should review the account.
    Review,
    /// Restrict the account until a person has reviewed it.
    Restrict,
}

impl Recommendation {
    /// All recommendations, mildest first.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A mitigation milder than refusing requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Mitigation {
    /// Return a summary instead of the reasoning itself.
    SummarizeReasoning,
    /// Verify who the customer is and what they are building.
    VerifyAccount,
    /// Rate-limit the account.
    RateLimit,
}

impl Mitigation {
    /// Returns the stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The reference group that a reason compares the account with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BaselineOf {
    /// All benign accounts.
    Population,
}

impl BaselineOf {
    /// Returns the stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Population => "population",
        }
    }
}

/// One additive term of the score, as numbers and as a sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Stable code of the term.
    pub code: &'static str,
    /// The technique that the term is evidence of.
    pub technique: Option<Technique>,
    /// The observed value.
    pub observed: f64,
    /// The typical value in the reference group.
    pub expected: f64,
    /// The reference group of `expected`.
    pub baseline_of: BaselineOf,
    /// Contribution to the score, in log-odds.
    pub contribution: f64,
    /// One plain sentence for people.
    pub text: String,
}

impl Reason {
    /// Returns the strongest of the terms that accuse: the main reason.
    pub fn main(reasons: &[Self]) -> Option<&Self> {
        reasons
            .iter()
            .find(|reason| reason.technique.is_some() && reason.contribution > 0.0)
    }

    /// Returns the strongest of the terms that clear.
    pub fn clearing(reasons: &[Self]) -> Option<&Self> {
        reasons
            .iter()
            .find(|reason| reason.technique.is_some() && reason.contribution < 0.0)
    }
}

/// The risk attributed to one technique.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TechniqueRisk {
    /// The technique.
    pub technique: Technique,
    /// The part of the account's risk that the technique explains; never above the account's risk.
    pub risk: Risk,
}

impl TechniqueRisk {
    /// Returns the technique with the highest risk, the last one on ties; `None` if `techniques` is empty.
    pub fn strongest(techniques: &[Self]) -> Option<&Self> {
        let by_risk = |a: &&Self, b: &&Self| a.risk.value().total_cmp(&b.risk.value());
        techniques.iter().max_by(by_risk)
    }
}

/// The assessment of an account after one exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The exchange's id, as sent by the caller.
    pub exchange: Option<String>,
    /// The account, as sent by the caller.
    pub account: String,
    /// Event time of the exchange.
    pub time: Timestamp,
    /// Number of the account's exchanges so far, including this one.
    pub seen: u64,
    /// Calibrated probability that the account is extracting, given its whole history.
    pub risk: Risk,
    /// Lower end of the interval around `risk`.
    pub risk_low: Risk,
    /// Upper end of the interval around `risk`.
    pub risk_high: Risk,
    /// The band of `risk`.
    pub band: Band,
    /// The action recommended to the gateway.
    pub recommendation: Recommendation,
    /// Milder mitigations that fit the techniques found.
    pub mitigations: Vec<Mitigation>,
    /// Techniques for which the bundle has a term and the history is long enough, in the order of [`Technique::ALL`].
    pub techniques: Vec<TechniqueRisk>,
    /// Risk of this conversation alone, judged by its text; `None` for a call without text.
    pub conversation_risk: Option<Risk>,
    /// The additive terms, largest first. `base` plus their contributions is `score`.
    pub reasons: Vec<Reason>,
    /// Score before any evidence, in log-odds.
    pub base: f64,
    /// Sum of `base` and all contributions, in log-odds, before calibration.
    pub score: f64,
    /// Whether part of the request was left unread because it was too long.
    pub truncated: bool,
    /// Whether the account had already sent this exchange, with the same id and messages. If so, nothing was counted,
    /// and the other fields describe the account's unchanged state.
    pub duplicate: bool,
    /// The bundle that produced the assessment, such as `default@4`.
    pub bundle: Arc<str>,
}
