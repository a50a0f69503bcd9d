//! Measures to an explained risk: what a bundle knows of guilt, in one place.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{AdditiveModel, Calibrated, Calibration, Evaluation, OperatingPoints};
use crate::detect::{DetectorCard, MEASURE_COUNT, Measure, measures};
use crate::domain::{
    Band, BaselineOf, Cue, CueProbabilities, Mitigation, Reason, Recommendation, Risk, Technique,
    TechniqueRisk,
};

/// Reasons that are written out; the remaining terms are summed up in one more.
pub const REASONS_MAX: usize = 8;
/// Log-odds below which a term is not worth a sentence.
const WORTH_SAYING: f64 = 0.05;

/// Why a judge cannot be used with this program.
#[derive(Debug, Error)]
pub enum JudgeError {
    /// The fusion was fitted on other measures than this program takes, or on these in another order.
    #[error(
        "fusion term {index}: expected a measure of this program that comes after those of the terms before, came \
         {came}"
    )]
    Measure {
        /// Position among the terms.
        index: usize,
        /// The bundle's term.
        came: String,
    },
    /// Calibration must start at the first exchange and grow.
    #[error("calibration stages: expected one from exchange 1 and increasing starts")]
    Stages,
}

/// Calibration of accounts that have sent at least `from` exchanges.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stage {
    /// Exchanges from which the stage counts.
    pub from: u64,
    /// Score to probability, fitted on accounts of about that length.
    pub calibration: Calibration,
    /// The same on one account of each application and pipeline: its interval says how few of them there are, which
    /// the interval of thousands of accounts does not.
    pub by_unit: Calibration,
}

impl Stage {
    /// The headline of all accounts within the interval of distinct units.
    fn apply(&self, score: f64) -> Calibrated {
        let (all, units) = (self.calibration.apply(score), self.by_unit.apply(score));
        let least = |a: Risk, b: Risk| if a < b { a } else { b };
        let most = |a: Risk, b: Risk| if a > b { a } else { b };
        Calibrated {
            low: least(all.low, units.low),
            risk: all.risk,
            high: most(all.high, units.high),
        }
    }
}

/// Fusion, calibration and operating points of a bundle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judge {
    /// Log-odds as a sum of terms. Each is named after a measure and they stand in the order of the measures; a
    /// measure without a term is context, which weighs nothing.
    pub model: AdditiveModel,
    /// Calibration by exposure: the same score says more of a longer history.
    pub stages: Vec<Stage>,
    /// Thresholds on the score at stated false-positive rates.
    pub points: OperatingPoints,
    /// Strongest intent cue (log-odds) of one request to the probability that a pipeline sent it.
    pub conversation: Calibration,
    /// Exchanges below which the band is `insufficient` and nothing but `allow` is recommended.
    pub exchanges_needed: u64,
}

/// What a judge says of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Calibrated risk with its interval.
    pub calibrated: Calibrated,
    /// Risk in words.
    pub band: Band,
    /// What the gateway is advised to do.
    pub recommendation: Recommendation,
    /// Milder steps that fit.
    pub mitigations: Vec<Mitigation>,
    /// Techniques that could be measured.
    pub techniques: Vec<TechniqueRisk>,
    /// The additive terms, largest first; with `base` they sum to `score`.
    pub reasons: Vec<Reason>,
    /// Log-odds before any evidence.
    pub base: f64,
    /// Log-odds of everything seen.
    pub score: f64,
}

impl Judge {
    /// Checks that the judge belongs to this program's measures.
    ///
    /// # Errors
    /// When a term names no measure, or one twice or out of order, or when the stages are out of order.
    pub fn check(&self) -> Result<(), JudgeError> {
        let mut measures = live_measures();
        for (index, term) in self.model.terms().iter().enumerate() {
            if !measures.any(|(_, measure)| measure.code == term.name) {
                let came = term.name.clone();
                return Err(JudgeError::Measure { index, came });
            }
        }
        let starts = self.stages.iter().map(|stage| stage.from);
        if self.stages.first().is_some_and(|stage| stage.from == 1) && starts.is_sorted() {
            Ok(())
        } else {
            Err(JudgeError::Stages)
        }
    }

    /// The score alone: log-odds before calibration.
    ///
    /// # Panics
    /// When the judge does not pass [`Judge::check`].
    pub fn score(&self, observed: &[f64; MEASURE_COUNT], seen: u64) -> f64 {
        self.evaluate(observed, seen).score
    }

    /// Judges an account by its measures after `seen` exchanges.
    ///
    /// # Panics
    /// When the judge does not pass [`Judge::check`].
    pub fn judge(&self, observed: &[f64; MEASURE_COUNT], seen: u64) -> Judgement {
        let evaluation = self.evaluate(observed, seen);
        let stage = self.stage(seen);
        let calibrated = stage.apply(evaluation.score);
        let (band, recommendation) = if seen < self.exchanges_needed {
            (Band::Insufficient, Recommendation::Allow)
        } else {
            self.points.decide(evaluation.score)
        };
        let shares = intent_shares(observed);
        let techniques = self.techniques(
            observed,
            &evaluation.contributions,
            shares,
            stage,
            calibrated,
        );
        Judgement {
            calibrated,
            band,
            recommendation,
            mitigations: mitigations(recommendation, &techniques),
            reasons: self.reasons(observed, &evaluation.contributions, shares),
            techniques,
            base: evaluation.base,
            score: evaluation.score,
        }
    }

    /// The probability that a request with these cues was sent by an extraction pipeline, from its text alone.
    pub fn conversation_risk(&self, cues: &CueProbabilities) -> Risk {
        self.conversation.apply(intent_log_odds(cues)).risk
    }

    fn evaluate(&self, observed: &[f64; MEASURE_COUNT], seen: u64) -> Evaluation {
        let features: Vec<f64> = self.weighed().map(|found| observed[found.place]).collect();
        self.model.evaluate(&features, seen as f64)
    }

    /// The measure of each term, in the order of the terms.
    fn weighed(&self) -> impl Iterator<Item = Weighed> {
        let mut measures = live_measures().enumerate();
        self.model.terms().iter().map(move |term| {
            let found = measures.find(|(_, (_, measure))| measure.code == term.name);
            let (place, (card, measure)) =
                found.expect("a checked judge's terms are measures, in order");
            Weighed {
                place,
                card,
                measure,
                expected: term.typical.unwrap_or(0.0),
            }
        })
    }

    fn stage(&self, seen: u64) -> &Stage {
        let index = self.stages.partition_point(|stage| stage.from <= seen);
        &self.stages[index.max(1) - 1]
    }

    /// How far the risk is explained by each technique: the calibrated score of its own terms, never above the
    /// account's. A technique without a term is left out: context is not a risk.
    fn techniques(
        &self,
        observed: &[f64; MEASURE_COUNT],
        contributions: &[f64],
        shares: IntentShares,
        stage: &Stage,
        account: Calibrated,
    ) -> Vec<TechniqueRisk> {
        let of = |technique: Technique| {
            let share = shares.iter().find(|(intent, _)| *intent == technique);
            let own = self
                .weighed()
                .zip(contributions)
                .filter(|(found, _)| !observed[found.place].is_nan())
                .filter_map(|(found, contribution)| match share {
                    Some((_, share)) if found.measure.any_intent => Some(contribution * share),
                    _ => (found.card.technique == technique).then_some(*contribution),
                });
            let (sum, terms) = own.fold((0.0, 0), |(sum, terms), value| (sum + value, terms + 1));
            (terms > 0).then(|| {
                let alone = stage.apply(self.model.base() + sum).risk;
                let risk = if alone > account.risk {
                    account.risk
                } else {
                    alone
                };
                TechniqueRisk { technique, risk }
            })
        };
        Technique::ALL.iter().copied().filter_map(of).collect()
    }

    fn reasons(
        &self,
        observed: &[f64; MEASURE_COUNT],
        contributions: &[f64],
        shares: IntentShares,
    ) -> Vec<Reason> {
        let weighed: Vec<Weighed> = self.weighed().collect();
        let mut order: Vec<usize> = (0..weighed.len()).collect();
        // Stable, so equal terms keep the order of the measures.
        order.sort_by(|a, b| contributions[*b].abs().total_cmp(&contributions[*a].abs()));
        let spoken = order
            .iter()
            .take(REASONS_MAX)
            .filter(|index| contributions[**index].abs() >= WORTH_SAYING)
            .count();
        let strongest = strongest_intent(shares);
        let mut reasons: Vec<Reason> = order[..spoken]
            .iter()
            .map(|index| {
                let found = &weighed[*index];
                let seen = observed[found.place];
                Reason {
                    code: found.measure.code,
                    technique: Some(if found.measure.any_intent {
                        strongest.unwrap_or(found.card.technique)
                    } else {
                        found.card.technique
                    }),
                    observed: seen,
                    expected: found.expected,
                    baseline_of: BaselineOf::Population,
                    contribution: contributions[*index],
                    text: (found.measure.sentence)(seen, found.expected),
                }
            })
            .collect();
        let quiet: Vec<usize> = order[spoken..]
            .iter()
            .copied()
            .filter(|index| contributions[*index] != 0.0)
            .collect();
        let pairs = &contributions[weighed.len()..];
        let rest: f64 = quiet.iter().map(|index| contributions[*index]).sum();
        let rest = rest + pairs.iter().sum::<f64>();
        let count = quiet.len() + pairs.iter().filter(|value| **value != 0.0).count();
        if count > 0 {
            reasons.push(Reason {
                code: "other_terms",
                technique: None,
                observed: count as f64,
                expected: 0.0,
                baseline_of: BaselineOf::Population,
                contribution: rest,
                text: format!("{count} further measures, together {rest:+.2} log-odds"),
            });
        }
        reasons
    }
}

/// The measures that say how much of each intent was seen.
const INTENTS: [(Technique, &str); 4] = [
    (Technique::ReasoningHarvest, "reasoning_intent_mean"),
    (Technique::RewardModelHarvest, "reward_intent_mean"),
    (Technique::TrajectoryHarvest, "trajectory_intent_mean"),
    (Technique::DatasetSynthesis, "synthesis_intent_mean"),
];

/// Where they stand among the measures: looked up once, not for every exchange.
static INTENT_PLACES: LazyLock<[Option<usize>; 4]> = LazyLock::new(|| {
    INTENTS.map(|(_, code)| live_measures().position(|(_, measure)| measure.code == code))
});

/// How much of each intent was seen, the strongest at 1.
type IntentShares = [(Technique, f64); 4];

fn intent_shares(observed: &[f64; MEASURE_COUNT]) -> IntentShares {
    let mut shares = INTENTS.map(|(technique, _)| (technique, 0.0));
    for ((_, share), place) in shares.iter_mut().zip(*INTENT_PLACES) {
        *share = place.map_or(0.0, |place| observed[place].max(0.0));
    }
    let most = shares.iter().map(|(_, seen)| *seen).fold(0.0, f64::max);
    for (_, share) in &mut shares {
        *share = if most > 0.0 { *share / most } else { 0.0 };
    }
    shares
}

/// The technique whose intent was seen most, if any was.
fn strongest_intent(shares: IntentShares) -> Option<Technique> {
    let strongest = shares.into_iter().find(|(_, share)| *share >= 1.0);
    strongest.map(|(technique, _)| technique)
}

/// A measure that the fusion has a term for.
struct Weighed {
    /// Where it stands among all measures.
    place: usize,
    card: &'static DetectorCard,
    measure: &'static Measure,
    /// What is usual among honest accounts.
    expected: f64,
}

/// The measures with the cards of their detectors, in the order of the registry.
fn live_measures() -> impl Iterator<Item = (&'static DetectorCard, &'static Measure)> {
    measures().map(|(detector, measure)| (detector.card(), measure))
}

/// Log-odds of the strongest intent cue, within ±12.
pub fn intent_log_odds(cues: &CueProbabilities) -> f64 {
    let strongest = Cue::INTENT
        .into_iter()
        .map(|cue| f64::from(cues.get(cue)))
        .fold(0.0, f64::max);
    let bounded = strongest.clamp(6e-6, 1.0 - 6e-6);
    (bounded / (1.0 - bounded)).ln()
}

fn mitigations(recommendation: Recommendation, techniques: &[TechniqueRisk]) -> Vec<Mitigation> {
    if recommendation < Recommendation::Review {
        return Vec::new();
    }
    let strongest = techniques
        .iter()
        .max_by(|a, b| a.risk.value().total_cmp(&b.risk.value()));
    let mut mitigations = Vec::new();
    if strongest.is_some_and(|found| found.technique == Technique::ReasoningHarvest) {
        mitigations.push(Mitigation::SummarizeReasoning);
    }
    mitigations.push(Mitigation::VerifyAccount);
    if recommendation == Recommendation::Restrict {
        mitigations.push(Mitigation::RateLimit);
    }
    mitigations
}
