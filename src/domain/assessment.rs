//! The answer: calibrated risk with an interval, reasons that sum to it, and what is recommended.

use std::sync::Arc;

use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{Technique, Timestamp};

/// A probability that cannot be NaN or outside [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Risk(f64);

impl Risk {
    /// A risk, or `None` when `value` is not within [0, 1].
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// A risk from a log-odds score.
    pub fn from_logit(logit: f64) -> Self {
        Self(1.0 / (1.0 + (-logit.clamp(-700.0, 700.0)).exp()))
    }

    /// The probability.
    pub const fn value(self) -> f64 {
        self.0
    }
}

/// Risk in words.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Band {
    /// Not enough history to say.
    Insufficient,
    /// Like benign accounts.
    Low,
    /// Unusual; seen in benign accounts now and then.
    Elevated,
    /// Rare among benign accounts.
    High,
    /// Beyond nearly every benign account seen.
    Severe,
}

impl Band {
    /// Every band, least first.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The band with this [`Band::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// The stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// What the gateway is advised to do. Stillwatch recommends; the gateway enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Recommendation {
    /// Nothing.
    Allow,
    /// Keep looking.
    Watch,
    /// A person should look.
    Review,
    /// Limit until a person has looked.
    Restrict,
}

impl Recommendation {
    /// Every recommendation, least first.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A milder step than refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Mitigation {
    /// Return a summary instead of the reasoning itself.
    SummarizeReasoning,
    /// Ask the customer who they are and what they build.
    VerifyAccount,
    /// Slow the account down.
    RateLimit,
}

impl Mitigation {
    /// The stable name.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Whose usual behaviour a reason compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BaselineOf {
    /// All benign accounts.
    Population,
}

impl BaselineOf {
    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Population => "population",
        }
    }
}

/// One additive term of the score, in numbers and in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Stable code of the term.
    pub code: &'static str,
    /// The technique that it speaks for.
    pub technique: Option<Technique>,
    /// What was seen.
    pub observed: f64,
    /// What is usual.
    pub expected: f64,
    /// Whose usual it is.
    pub baseline_of: BaselineOf,
    /// Log-odds added to the score.
    pub contribution: f64,
    /// One plain sentence.
    pub text: String,
}

/// Risk of one technique.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TechniqueRisk {
    /// The technique.
    pub technique: Technique,
    /// How far the account's risk is explained by it; never above the account's risk.
    pub risk: Risk,
}

impl TechniqueRisk {
    /// Returns the technique of the highest risk, the last of equals; `None` of none.
    pub fn strongest(techniques: &[Self]) -> Option<&Self> {
        let by_risk = |a: &&Self, b: &&Self| a.risk.value().total_cmp(&b.risk.value());
        techniques.iter().max_by(by_risk)
    }
}

/// What Stillwatch says of an account after one exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The exchange's id, as the caller gave it.
    pub exchange: Option<String>,
    /// The account, as the caller gave it.
    pub account: String,
    /// The exchange's time.
    pub time: Timestamp,
    /// Exchanges of the account seen so far, this one included.
    pub seen: u64,
    /// Calibrated probability that the account is extracting, given everything seen so far.
    pub risk: Risk,
    /// Lower end of the interval on `risk`.
    pub risk_low: Risk,
    /// Upper end of the interval on `risk`.
    pub risk_high: Risk,
    /// Risk in words.
    pub band: Band,
    /// What the gateway is advised to do.
    pub recommendation: Recommendation,
    /// Milder steps that fit the techniques found.
    pub mitigations: Vec<Mitigation>,
    /// Techniques that the bundle has a term for and that had enough history, in the order of [`Technique::ALL`].
    pub techniques: Vec<TechniqueRisk>,
    /// Risk of this conversation alone, as far as its text tells.
    pub conversation_risk: Risk,
    /// The additive terms, largest first. With `base`, their contributions sum to `score`.
    pub reasons: Vec<Reason>,
    /// Log-odds before any evidence.
    pub base: f64,
    /// The sum of `base` and all contributions, in log-odds, before calibration.
    pub score: f64,
    /// Whether part of the request was not read because it was too long.
    pub truncated: bool,
    /// Whether the account had sent the same exchange before, with the same id and messages; then nothing was counted
    /// now, and the rest says how the account stands.
    pub duplicate: bool,
    /// The bundle that said so, such as `default@3`.
    pub bundle: Arc<str>,
}
