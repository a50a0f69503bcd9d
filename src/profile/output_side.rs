//! Sizes, settings and outcomes: what is bought and how.
//!
//! Harvests tend to one turn, fixed settings and long answers, and so do batch jobs: covariates. Whatever the caller
//! did not say is counted as absent and never as evidence; each mean comes with the count of known values behind it.

use super::elementary::ln;
use super::moments::{Moments, ratio};
use crate::domain::{Observation, Outcome, RequestShape};

/// A range of sampling temperatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temperature {
    /// The caller did not say.
    Absent,
    /// 0.
    Zero,
    /// Above 0, up to 0.5.
    Low,
    /// Above 0.5, up to 0.9.
    Medium,
    /// Above 0.9, up to 1.1.
    One,
    /// Above 1.1.
    High,
}

impl Temperature {
    fn of(temperature: Option<f32>) -> Self {
        match temperature {
            Some(value) if value <= 0.0 => Self::Zero,
            Some(value) if value <= 0.5 => Self::Low,
            Some(value) if value <= 0.9 => Self::Medium,
            Some(value) if value <= 1.1 => Self::One,
            Some(value) if value > 1.1 => Self::High,
            _ => Self::Absent,
        }
    }
}

/// Counts and moments, all integers: merges exactly in every order. Update cost: three logarithms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSide {
    pub(super) exchanges: u64,
    pub(super) input_tokens: u64,
    pub(super) input_known: u64,
    pub(super) output_tokens: u64,
    pub(super) log_output: Moments,
    pub(super) log_bytes: Moments,
    pub(super) log_turns: Moments,
    pub(super) outcomes: [u64; 5],
    pub(super) temperatures: [u64; 6],
    pub(super) single_turn: u64,
    pub(super) with_tools: u64,
    pub(super) tools: u64,
    pub(super) several_answers: u64,
    pub(super) structured: u64,
    pub(super) logprobs: u64,
    pub(super) max_tokens_known: u64,
}

impl OutputSide {
    pub(super) const fn empty() -> Self {
        Self {
            exchanges: 0,
            input_tokens: 0,
            input_known: 0,
            output_tokens: 0,
            log_output: Moments::empty(),
            log_bytes: Moments::empty(),
            log_turns: Moments::empty(),
            outcomes: [0; 5],
            temperatures: [0; 6],
            single_turn: 0,
            with_tools: 0,
            tools: 0,
            several_answers: 0,
            structured: 0,
            logprobs: 0,
            max_tokens_known: 0,
        }
    }

    pub(super) fn absorb(&mut self, observation: &Observation) {
        let shape = &observation.shape;
        if let Some(tokens) = shape.input_tokens {
            self.input_tokens = self.input_tokens.saturating_add(tokens);
            self.input_known = self.input_known.saturating_add(1);
        }
        if let Some(tokens) = shape.output_tokens {
            self.output_tokens = self.output_tokens.saturating_add(tokens);
            self.log_output.absorb(ln(1.0 + tokens as f64));
        }
        self.log_bytes
            .absorb(ln(1.0 + f64::from(shape.total_bytes)));
        self.log_turns.absorb(ln(1.0 + f64::from(shape.turns)));
        count(&mut self.outcomes[outcome_index(observation.outcome)], true);
        count(
            &mut self.temperatures[Temperature::of(shape.temperature) as usize],
            true,
        );
        self.tools = self.tools.saturating_add(u64::from(shape.tools));
        self.count_settings(shape);
    }

    fn count_settings(&mut self, shape: &RequestShape) {
        count(&mut self.exchanges, true);
        count(&mut self.single_turn, shape.turns <= 1);
        count(&mut self.with_tools, shape.tools > 0);
        count(&mut self.several_answers, shape.n > 1);
        count(&mut self.structured, shape.structured);
        count(&mut self.logprobs, shape.logprobs);
        count(&mut self.max_tokens_known, shape.max_tokens.is_some());
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (own, other) in [
            (&mut self.exchanges, other.exchanges),
            (&mut self.input_tokens, other.input_tokens),
            (&mut self.input_known, other.input_known),
            (&mut self.output_tokens, other.output_tokens),
            (&mut self.single_turn, other.single_turn),
            (&mut self.with_tools, other.with_tools),
            (&mut self.tools, other.tools),
            (&mut self.several_answers, other.several_answers),
            (&mut self.structured, other.structured),
            (&mut self.logprobs, other.logprobs),
            (&mut self.max_tokens_known, other.max_tokens_known),
        ] {
            *own = own.saturating_add(other);
        }
        let own_counts = self.outcomes.iter_mut().chain(&mut self.temperatures);
        for (own, other) in own_counts.zip(other.outcomes.iter().chain(&other.temperatures)) {
            *own = own.saturating_add(*other);
        }
        self.log_output.merge(&other.log_output);
        self.log_bytes.merge(&other.log_bytes);
        self.log_turns.merge(&other.log_turns);
    }

    /// Tokens read in all, where logged.
    pub const fn input_tokens(&self) -> u64 {
        self.input_tokens
    }

    /// Tokens written in all, where logged.
    pub const fn output_tokens(&self) -> u64 {
        self.output_tokens
    }

    /// Tokens read per exchange with a logged number; `None` without any.
    pub fn mean_input_tokens(&self) -> Option<f64> {
        ratio(self.input_tokens, self.input_known)
    }

    /// Tokens written per exchange with a logged number; `None` without any.
    pub fn mean_output_tokens(&self) -> Option<f64> {
        ratio(self.output_tokens, self.log_output.count())
    }

    /// Moments of `ln(1 + output tokens)`, where logged.
    pub const fn log_output(&self) -> &Moments {
        &self.log_output
    }

    /// Moments of `ln(1 + bytes of text)`.
    pub const fn log_bytes(&self) -> &Moments {
        &self.log_bytes
    }

    /// Moments of `ln(1 + messages)`.
    pub const fn log_turns(&self) -> &Moments {
        &self.log_turns
    }

    /// Exchanges with this outcome.
    pub const fn outcome_count(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome_index(outcome)]
    }

    /// Share of this outcome among exchanges whose outcome is known; `None` without any.
    pub fn outcome_share(&self, outcome: Outcome) -> Option<f64> {
        let unknown = self.outcome_count(Outcome::Unknown);
        ratio(
            self.outcome_count(outcome),
            self.exchanges.saturating_sub(unknown),
        )
    }

    /// Exchanges with a temperature in this range.
    pub const fn temperature_count(&self, range: Temperature) -> u64 {
        self.temperatures[range as usize]
    }

    /// Share of exchanges of one message; `None` before the first.
    pub fn single_turn_share(&self) -> Option<f64> {
        ratio(self.single_turn, self.exchanges)
    }

    /// Share of exchanges that offer tools; `None` before the first.
    pub fn tools_share(&self) -> Option<f64> {
        ratio(self.with_tools, self.exchanges)
    }

    /// Tools offered per exchange; `None` before the first.
    pub fn mean_tools(&self) -> Option<f64> {
        ratio(self.tools, self.exchanges)
    }

    /// Share of exchanges that ask for several answers at once; `None` before the first.
    pub fn several_answers_share(&self) -> Option<f64> {
        ratio(self.several_answers, self.exchanges)
    }

    /// Share of exchanges with a forced output format; `None` before the first.
    pub fn structured_share(&self) -> Option<f64> {
        ratio(self.structured, self.exchanges)
    }

    /// Share of exchanges that ask for token probabilities; `None` before the first.
    pub fn logprobs_share(&self) -> Option<f64> {
        ratio(self.logprobs, self.exchanges)
    }

    /// Share of exchanges that bound their output; `None` before the first.
    pub fn max_tokens_share(&self) -> Option<f64> {
        ratio(self.max_tokens_known, self.exchanges)
    }

    pub(super) fn is_sound(&self) -> bool {
        let parts = [
            self.input_known,
            self.log_output.count(),
            self.log_bytes.count(),
            self.log_turns.count(),
            self.single_turn,
            self.with_tools,
            self.several_answers,
            self.structured,
            self.logprobs,
            self.max_tokens_known,
        ];
        let sum = |counts: &[u64]| {
            counts
                .iter()
                .fold(0, |sum: u64, &count| sum.saturating_add(count))
        };
        parts.iter().all(|&part| part <= self.exchanges)
            && sum(&self.outcomes) == self.exchanges
            && sum(&self.temperatures) == self.exchanges
    }
}

const fn count(counter: &mut u64, applies: bool) {
    *counter = counter.saturating_add(applies as u64);
}

const fn outcome_index(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Unknown => 0,
        Outcome::Answered => 1,
        Outcome::Truncated => 2,
        Outcome::Refused => 3,
        Outcome::Failed => 4,
    }
}
