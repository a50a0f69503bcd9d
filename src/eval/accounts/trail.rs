//! The trail of one labeled account: the few moments that are kept of it while its stream is scored.

use crate::domain::{
    Assessment, DAY_MICROS, Exchange, Label, Recommendation, Risk, Technique, TechniqueRisk,
    Timestamp, Verdict,
};
use crate::eval::accounts::answers::AnswerCounts;
use crate::eval::conformal::alpha_spending::Highs;
use crate::train::risk_model::EXCHANGES_NEEDED;

/// Name of a slice for which the label gives no value.
pub(super) const NOT_STATED: &str = "(not said)";

/// Exchange counts at which an account's state is kept, besides its last.
pub(crate) const MARKS: [u64; 7] = [1, 5, 10, 25, 50, 100, 200];

/// Number of reasons of the last exchange that are kept.
const REASONS: usize = 3;

/// Input of an evaluation after one exchange of the stream.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The engine's assessment.
    pub assessment: &'a Assessment,
    /// The conversation that the exchange belongs to.
    pub conversation: Option<&'a str>,
    /// Output tokens; 0 where the log has no count.
    pub output_tokens: u64,
}

impl<'a> Step<'a> {
    /// Builds the step of `exchange` and its assessment.
    pub fn of(exchange: &'a Exchange, assessment: &'a Assessment) -> Self {
        Self {
            assessment,
            conversation: exchange.conversation.as_deref(),
            output_tokens: exchange.response.output_tokens.unwrap_or(0),
        }
    }
}

/// The state of an account after one of its exchanges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checkpoint {
    /// Exchanges of the account in the stream so far, this one included.
    pub seen: u64,
    /// Calibrated risk.
    pub risk: Risk,
    /// Log-odds before calibration: operating points are set on it, and accounts are ranked by it.
    pub score: f64,
    /// Recommendation to the gateway.
    pub recommendation: Recommendation,
}

/// The trail of one labeled account.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountTrail {
    /// Its label.
    pub label: Label,
    /// Its state at those of the [`MARKS`] that it reached, in order.
    pub checkpoints: Vec<Checkpoint>,
    /// Its state after its last exchange.
    pub last: Checkpoint,
    /// The likeliest of the four techniques that are visible in a conversation, after its last exchange.
    pub technique: Option<TechniqueRisk>,
    /// Number of the exchange at which the recommendation first reached `review`.
    pub first_review: Option<u64>,
    /// Number of the exchange at which the recommendation first reached `restrict`.
    pub first_restrict: Option<u64>,
    /// For an extracting account, the answers up to and including the first review of any account of its campaign (of
    /// itself, without one): those before anybody looked. All answers when there was no review; zero for benign
    /// accounts.
    pub unnoticed: Answered,
    /// All answers.
    pub answered: Answered,
    /// Its highest score on each of its days, in the order of the stream.
    pub days_high: Vec<DayHigh>,
    /// Its highest score by exposure, over the exchanges at which an account gets a recommendation.
    pub highs: Highs,
    /// The terms that moved its last score most, up or down, the largest first, in log-odds.
    pub reasons: [Option<(&'static str, f64)>; REASONS],
    /// Counts over its single exchanges, except those of conversations with a label of their own.
    pub answers: AnswerCounts,
    /// Time of its earliest exchange.
    pub from: Timestamp,
    /// Time of its latest exchange.
    pub to: Timestamp,
}

impl AccountTrail {
    pub(super) fn new(label: Label, assessment: &Assessment) -> Self {
        Self::blank(label, Checkpoint::of(assessment, 0), assessment.time)
    }

    /// Builds a trail with nothing but one known state.
    pub(in crate::eval) fn blank(label: Label, last: Checkpoint, at: Timestamp) -> Self {
        Self {
            label,
            checkpoints: Vec::with_capacity(MARKS.len()),
            last,
            technique: None,
            first_review: None,
            first_restrict: None,
            unnoticed: Answered::default(),
            answered: Answered::default(),
            days_high: Vec::new(),
            highs: Highs::default(),
            reasons: [None; REASONS],
            answers: AnswerCounts::default(),
            from: at,
            to: at,
        }
    }

    pub(super) fn add(&mut self, step: Step<'_>) {
        let assessment = step.assessment;
        // Counted here: an engine that had to evict the account starts again from one.
        self.last = Checkpoint::of(assessment, self.last.seen + 1);
        let Checkpoint {
            seen,
            recommendation,
            ..
        } = self.last;
        if MARKS.contains(&seen) {
            self.checkpoints.push(self.last);
        }
        if seen >= EXCHANGES_NEEDED {
            self.highs.add(seen, assessment.score);
        }
        if recommendation >= Recommendation::Review {
            self.first_review.get_or_insert(seen);
        }
        if recommendation >= Recommendation::Restrict {
            self.first_restrict.get_or_insert(seen);
        }
        self.technique = likeliest(&assessment.techniques);
        self.answered.add(step);
        self.add_day(assessment);
        let mut reasons = assessment.reasons.iter();
        self.reasons = std::array::from_fn(|_| {
            reasons
                .next()
                .map(|reason| (reason.code, reason.contribution))
        });
        self.from = self.from.min(assessment.time);
        self.to = self.to.max(assessment.time);
    }

    fn add_day(&mut self, assessment: &Assessment) {
        let day = assessment.time.as_micros().div_euclid(DAY_MICROS);
        let score = assessment.score;
        match self.days_high.last_mut() {
            Some(last) if last.day == day => last.score = last.score.max(score),
            _ => self.days_high.push(DayHigh { day, score }),
        }
    }

    /// Returns the number of exchanges in the stream; at least one.
    pub const fn exchanges(&self) -> u64 {
        self.last.seen
    }

    /// Returns its state after exactly `seen` exchanges, if that is one of the [`MARKS`] and it reached it.
    pub fn after(&self, seen: u64) -> Option<Checkpoint> {
        self.checkpoints
            .iter()
            .copied()
            .find(|checkpoint| checkpoint.seen == seen)
    }

    /// Whether it is labeled as extraction.
    pub fn extraction(&self) -> bool {
        self.label.verdict == Verdict::Extraction
    }

    /// Returns the application or pipeline of the account, or the account itself where the label names none: the unit
    /// of resampling.
    pub fn application(&self) -> &str {
        let Label {
            account,
            application,
            ..
        } = &self.label;
        application.as_deref().unwrap_or(account)
    }

    /// Returns its campaign, or the account itself where the label names none.
    pub fn campaign(&self) -> &str {
        let Label {
            account, campaign, ..
        } = &self.label;
        campaign.as_deref().unwrap_or(account)
    }

    /// Returns its cell of the grid of adaptive adversaries, or the population where the label names none.
    pub fn cell(&self) -> &str {
        let Label {
            cell, population, ..
        } = &self.label;
        cell.as_deref()
            .or(population.as_deref())
            .unwrap_or(NOT_STATED)
    }

    /// Returns the days from its first to its last exchange.
    pub fn days(&self) -> f64 {
        self.to.seconds_since(self.from) / 86_400.0
    }

    /// Returns its age class at the last exchange, as text that sorts by age.
    pub fn age(&self) -> &'static str {
        match self.days() {
            ..1.0 => "0 days",
            1.0..7.0 => "1 to 6 days",
            7.0..30.0 => "7 to 29 days",
            _ => "over 29 days",
        }
    }
}

/// Amount of output an account received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// Number of exchanges.
    pub exchanges: u64,
    /// Output tokens, where the log has counts.
    pub tokens: u64,
}

impl Answered {
    pub(super) const fn add(&mut self, step: Step<'_>) {
        self.exchanges += 1;
        self.tokens += step.output_tokens;
    }
}

/// An account's highest score on one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DayHigh {
    /// Days since the epoch, in UTC.
    pub day: i64,
    /// Log-odds before calibration.
    pub score: f64,
}

impl Checkpoint {
    const fn of(assessment: &Assessment, seen: u64) -> Self {
        Self {
            seen,
            risk: assessment.risk,
            score: assessment.score,
            recommendation: assessment.recommendation,
        }
    }
}

/// Techniques that are visible in the requests of a conversation; the others are about an account's behaviour.
pub(super) const CONVERSATION: [Technique; 4] = [
    Technique::ReasoningHarvest,
    Technique::RewardModelHarvest,
    Technique::TrajectoryHarvest,
    Technique::DatasetSynthesis,
];

/// Returns the largest risk among [`CONVERSATION`], the earlier technique on a tie.
pub(super) fn likeliest(techniques: &[TechniqueRisk]) -> Option<TechniqueRisk> {
    let mut best: Option<TechniqueRisk> = None;
    for &candidate in techniques {
        let better = best.is_none_or(|best| candidate.risk > best.risk);
        if better && CONVERSATION.contains(&candidate.technique) {
            best = Some(candidate);
        }
    }
    best
}
