//! A risk model's result for one account: risk, band, recommendation, techniques and reasons.

use std::sync::LazyLock;

use super::{Calibrated, RiskModel, Term};
use crate::detect::{MeasureIndex, MeasureValues};
use crate::domain::{
    Band, BaselineOf, Mitigation, Reason, Recommendation, Risk, Technique, TechniqueRisk,
};

/// Maximum reasons written out; the remaining terms are summed into one more.
pub(crate) const REASONS_MAX: usize = 8;
/// Absolute contribution, in log-odds, below which a term gets no reason of its own.
const REASON_LOG_ODDS_MIN: f64 = 0.05;

/// A risk model's result for one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Calibrated risk with its interval.
    pub calibrated: Calibrated,
    /// Risk in words.
    pub band: Band,
    /// What the gateway is advised to do.
    pub recommendation: Recommendation,
    /// Suggested milder measures.
    pub mitigations: Vec<Mitigation>,
    /// Techniques that have a term whose measure could be taken.
    pub techniques: Vec<TechniqueRisk>,
    /// The additive terms, largest absolute contribution first; with `base` they sum to `score`. The strongest term
    /// that clears is always among them.
    pub reasons: Vec<Reason>,
    /// Log-odds without any evidence.
    pub base: f64,
    /// Log-odds of all evidence, before calibration.
    pub score: f64,
}

/// One term evaluated on the account.
struct EvaluatedTerm<'a> {
    measure: MeasureIndex,
    term: &'a Term,
    /// The measured value; `None` when the measure could not be taken.
    observed: Option<f64>,
    /// Log-odds.
    contribution: f64,
}

impl RiskModel {
    /// Computes the result for an account from its measures after `seen` exchanges.
    pub fn judge(&self, values: &MeasureValues, seen: u64) -> Judgement {
        let evaluation = self.fusion.evaluate(values, seen);
        let calibrated = self.calibration.apply(evaluation.score);
        let (band, recommendation) = if seen < self.exchanges_needed {
            (Band::Insufficient, Recommendation::Allow)
        } else {
            self.operating_points.decide(evaluation.score)
        };
        let terms = self.fusion.terms().zip(&evaluation.contributions);
        let evaluated: Vec<EvaluatedTerm<'_>> = terms
            .map(|((measure, term), contribution)| EvaluatedTerm {
                measure,
                term,
                observed: values.get(measure),
                contribution: *contribution,
            })
            .collect();
        let shares = intent_shares(values);
        let techniques = self.techniques(&evaluated, shares, calibrated);
        Judgement {
            calibrated,
            band,
            recommendation,
            mitigations: mitigations(recommendation, &techniques),
            reasons: reasons(&evaluated, shares),
            techniques,
            base: evaluation.base,
            score: evaluation.score,
        }
    }

    /// Returns the risk explained by each technique, never above the account's. A technique that is seen in what
    /// requests ask for has the account's risk times its share of that, relative to the strongest; one that has a
    /// term of its own has the calibrated score of its terms. A technique without either is omitted: context is not a
    /// risk.
    fn techniques(
        &self,
        evaluated: &[EvaluatedTerm<'_>],
        shares: IntentShares,
        account: Calibrated,
    ) -> Vec<TechniqueRisk> {
        let of = |technique: Technique| {
            let share = shares.iter().find(|(intent, _)| *intent == technique);
            let asked = share.and_then(|(_, share)| Risk::new(account.risk.value() * share));
            let own = evaluated
                .iter()
                .filter(|own| own.observed.is_some() && !own.measure.measure().any_intent)
                .filter(|own| own.measure.card().technique == technique)
                .map(|own| own.contribution);
            let (sum, terms) = own.fold((0.0, 0), |(sum, terms), value| (sum + value, terms + 1));
            let by_terms =
                (terms > 0).then(|| self.calibration.apply(self.fusion.base() + sum).risk);
            let risk = match (asked, by_terms) {
                (Some(asked), Some(by_terms)) if by_terms > asked => by_terms,
                (asked, by_terms) => asked.or(by_terms)?,
            };
            let risk = if risk > account.risk {
                account.risk
            } else {
                risk
            };
            Some(TechniqueRisk { technique, risk })
        };
        Technique::ALL.iter().copied().filter_map(of).collect()
    }
}

/// Writes the terms as reasons, largest first; small and remaining terms are summed into one reason.
fn reasons(evaluated: &[EvaluatedTerm<'_>], shares: IntentShares) -> Vec<Reason> {
    let mut order: Vec<&EvaluatedTerm<'_>> = evaluated.iter().collect();
    // Stable, so equal terms keep the order of the measures.
    order.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    let stated = order
        .iter()
        .take(REASONS_MAX)
        .filter(|own| own.contribution.abs() >= REASON_LOG_ODDS_MIN)
        .count();
    let stated = with_one_that_clears(&mut order, stated);
    let strongest = strongest_intent(shares);
    let (stated, others) = order.split_at(stated);
    let mut reasons: Vec<Reason> = stated
        .iter()
        .filter_map(|own| reason(own, strongest))
        .collect();
    let others = others.iter().filter(|own| own.contribution != 0.0);
    let count = others.clone().count();
    let rest: f64 = others.map(|own| own.contribution).sum();
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

/// Moves the strongest term that clears among the `stated` first, if none of them clears: reasons that accuse never
/// crowd out the only one that speaks for the account. Returns the number of terms to state.
fn with_one_that_clears(order: &mut [&EvaluatedTerm<'_>], stated: usize) -> usize {
    let clears = |own: &&EvaluatedTerm<'_>| own.contribution < 0.0 && own.observed.is_some();
    if order[..stated].iter().any(clears) {
        return stated;
    }
    // The others are in order too, so the first that clears is the strongest.
    let Some(at) = order[stated..].iter().position(clears) else {
        return stated;
    };
    let place = stated.min(REASONS_MAX - 1);
    order[place..=stated + at].rotate_right(1);
    place + 1
}

/// Writes a term as a reason; `None` when its measure could not be taken, in which case it contributes nothing.
fn reason(own: &EvaluatedTerm<'_>, strongest: Option<Technique>) -> Option<Reason> {
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

/// The measure of each intent's mean probability.
static INTENTS: LazyLock<[(Technique, Option<MeasureIndex>); 5]> = LazyLock::new(|| {
    [
        (Technique::ReasoningHarvest, "reasoning_intent_mean"),
        (Technique::RewardModelHarvest, "reward_intent_mean"),
        (Technique::TrajectoryHarvest, "trajectory_intent_mean"),
        (Technique::DatasetSynthesis, "synthesis_intent_mean"),
        (Technique::SafeRewrite, "rewrite_intent_mean"),
    ]
    .map(|(technique, code)| (technique, MeasureIndex::of_code(code)))
});

/// The odds of each intent, relative to the strongest at 1.
type IntentShares = [(Technique, f64); 5];

/// Returns the shares by odds: one part of the text model adds the same to all intents of a request, so that their
/// probabilities come close to each other where it is certain.
fn intent_shares(values: &MeasureValues) -> IntentShares {
    let mut shares = INTENTS.map(|(technique, measure)| {
        let mean = measure.and_then(|measure| values.get(measure));
        let mean = mean.unwrap_or(0.0).clamp(0.0, 1.0 - 1e-6);
        (technique, mean / (1.0 - mean))
    });
    let most = shares.iter().map(|(_, odds)| *odds).fold(0.0, f64::max);
    for (_, share) in &mut shares {
        *share = if most > 0.0 { *share / most } else { 0.0 };
    }
    shares
}

/// Returns the technique with the strongest intent, if there is any intent.
fn strongest_intent(shares: IntentShares) -> Option<Technique> {
    let strongest = shares.into_iter().find(|(_, share)| *share >= 1.0);
    strongest.map(|(technique, _)| technique)
}

/// Returns the milder measures that fit a recommendation.
pub(crate) fn mitigations(
    recommendation: Recommendation,
    techniques: &[TechniqueRisk],
) -> Vec<Mitigation> {
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

#[cfg(test)]
mod tests;
