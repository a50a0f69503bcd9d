//! A risk model's judgement of one account: risk, band, recommendation, techniques and reasons.

use std::sync::LazyLock;

use super::risk_model::HistoryCalibration;
use super::{Calibrated, RiskModel, Term};
use crate::detect::{MeasureIndex, MeasureValues};
use crate::domain::{
    Band, BaselineOf, Mitigation, Reason, Recommendation, Technique, TechniqueRisk,
};

/// Reasons that are written out; the remaining terms are summed up in one more.
pub const REASONS_MAX: usize = 8;
/// Log-odds below which a term is not worth a sentence.
const WORTH_SAYING: f64 = 0.05;

/// What a risk model says of one account.
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
    /// Techniques that a term speaks for and that could be measured.
    pub techniques: Vec<TechniqueRisk>,
    /// The additive terms, largest first; with `base` they sum to `score`.
    pub reasons: Vec<Reason>,
    /// Log-odds before any evidence.
    pub base: f64,
    /// Log-odds of everything seen.
    pub score: f64,
}

/// One term with what it says of the account at hand.
struct Weighed<'a> {
    measure: MeasureIndex,
    term: &'a Term,
    /// `None` where the measure could not be taken.
    observed: Option<f64>,
    /// Log-odds.
    contribution: f64,
}

impl RiskModel {
    /// Judges an account by its measures after `seen` exchanges.
    pub fn judge(&self, values: &MeasureValues, seen: u64) -> Judgement {
        let evaluation = self.fusion.evaluate(values, seen);
        let calibration = self.calibration_at(seen);
        let calibrated = calibration.apply(evaluation.score);
        let (band, recommendation) = if seen < self.exchanges_needed {
            (Band::Insufficient, Recommendation::Allow)
        } else {
            self.operating_points.decide(evaluation.score)
        };
        let terms = self.fusion.terms().zip(&evaluation.contributions);
        let weighed: Vec<Weighed<'_>> = terms
            .map(|((measure, term), contribution)| Weighed {
                measure,
                term,
                observed: values.get(measure),
                contribution: *contribution,
            })
            .collect();
        let shares = intent_shares(values);
        let techniques = self.techniques(&weighed, shares, calibration, calibrated);
        Judgement {
            calibrated,
            band,
            recommendation,
            mitigations: mitigations(recommendation, &techniques),
            reasons: reasons(&weighed, shares),
            techniques,
            base: evaluation.base,
            score: evaluation.score,
        }
    }

    /// How far the risk is explained by each technique: the calibrated score of its own terms, never above the
    /// account's. A technique without a term is left out: context is not a risk.
    fn techniques(
        &self,
        weighed: &[Weighed<'_>],
        shares: IntentShares,
        calibration: &HistoryCalibration,
        account: Calibrated,
    ) -> Vec<TechniqueRisk> {
        let of = |technique: Technique| {
            let share = shares.iter().find(|(intent, _)| *intent == technique);
            let own = weighed
                .iter()
                .filter(|own| own.observed.is_some())
                .filter_map(|own| match share {
                    Some((_, share)) if own.measure.measure().any_intent => {
                        Some(own.contribution * share)
                    }
                    _ => (own.measure.card().technique == technique).then_some(own.contribution),
                });
            let (sum, terms) = own.fold((0.0, 0), |(sum, terms), value| (sum + value, terms + 1));
            (terms > 0).then(|| {
                let alone = calibration.apply(self.fusion.base() + sum).risk;
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
}

/// The terms in words, largest first; those not worth a sentence together in one.
fn reasons(weighed: &[Weighed<'_>], shares: IntentShares) -> Vec<Reason> {
    let mut order: Vec<&Weighed<'_>> = weighed.iter().collect();
    // Stable, so equal terms keep the order of the measures.
    order.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    let spoken = order
        .iter()
        .take(REASONS_MAX)
        .filter(|own| own.contribution.abs() >= WORTH_SAYING)
        .count();
    let strongest = strongest_intent(shares);
    let (spoken, quiet) = order.split_at(spoken);
    let mut reasons: Vec<Reason> = spoken
        .iter()
        .filter_map(|own| reason(own, strongest))
        .collect();
    let quiet = quiet.iter().filter(|own| own.contribution != 0.0);
    let count = quiet.clone().count();
    let rest: f64 = quiet.map(|own| own.contribution).sum();
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

/// A term in words; `None` where its measure could not be taken, and then it contributes nothing.
fn reason(own: &Weighed<'_>, strongest: Option<Technique>) -> Option<Reason> {
    let (measure, technique) = (own.measure.measure(), own.measure.card().technique);
    let observed = own.observed?;
    Some(Reason {
        code: measure.code,
        technique: Some(if measure.any_intent {
            strongest.unwrap_or(technique)
        } else {
            technique
        }),
        observed,
        expected: own.term.typical.unwrap_or(0.0),
        baseline_of: BaselineOf::Population,
        contribution: own.contribution,
        text: (measure.sentence)(observed, own.term.typical),
    })
}

/// The measures that say how much of each intent was seen.
static INTENTS: LazyLock<[(Technique, Option<MeasureIndex>); 4]> = LazyLock::new(|| {
    [
        (Technique::ReasoningHarvest, "reasoning_intent_mean"),
        (Technique::RewardModelHarvest, "reward_intent_mean"),
        (Technique::TrajectoryHarvest, "trajectory_intent_mean"),
        (Technique::DatasetSynthesis, "synthesis_intent_mean"),
    ]
    .map(|(technique, code)| (technique, MeasureIndex::of_code(code)))
});

/// How much of each intent was seen, the strongest at 1.
type IntentShares = [(Technique, f64); 4];

fn intent_shares(values: &MeasureValues) -> IntentShares {
    let mut shares = INTENTS.map(|(technique, measure)| {
        let seen = measure.and_then(|measure| values.get(measure));
        (technique, seen.map_or(0.0, |seen| seen.max(0.0)))
    });
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

fn mitigations(recommendation: Recommendation, techniques: &[TechniqueRisk]) -> Vec<Mitigation> {
    if recommendation < Recommendation::Review {
        return Vec::new();
    }
    let strongest = TechniqueRisk::strongest(techniques);
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
