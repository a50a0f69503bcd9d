//! Conversion of `domain::Assessment` to the contract's `Assessment`.

use std::collections::BTreeMap;

use super::{contract, format_time};
use crate::domain::{Assessment, Mitigation, Reason, Risk, Technique, TechniqueRisk};

/// Converts an assessment to the contract's form.
pub(crate) fn assessment_to_contract(assessment: Assessment) -> contract::Assessment {
    contract::Assessment {
        exchange: assessment.exchange.unwrap_or_default(),
        account: assessment.account,
        time: format_time(assessment.time),
        exchange_count: Some(count_to_contract(assessment.seen)),
        risk: Some(assessment.risk.value()),
        risk_low: Some(assessment.risk_low.value()),
        risk_high: Some(assessment.risk_high.value()),
        band: assessment.band.name().to_owned(),
        recommendation: assessment.recommendation.name().to_owned(),
        mitigations: mitigations_to_contract(&assessment.mitigations),
        techniques: techniques_to_contract(&assessment.techniques),
        conversation_risk: assessment.conversation_risk.map(Risk::value),
        reasons: reasons_to_contract(assessment.reasons),
        base: Some(assessment.base),
        score: Some(assessment.score),
        truncated: Some(assessment.truncated),
        bundle: assessment.bundle.to_string(),
        duplicate: Some(assessment.duplicate),
    }
}

/// Converts a count; [`u32::MAX`] means that many or more.
pub(crate) fn count_to_contract(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Returns the names of mitigations.
pub(crate) fn mitigations_to_contract(mitigations: &[Mitigation]) -> Vec<String> {
    let names = mitigations.iter().map(|mitigation| mitigation.name());
    names.map(str::to_owned).collect()
}

/// Converts technique risks to a map by technique name.
pub(crate) fn techniques_to_contract(
    techniques: &[TechniqueRisk],
) -> BTreeMap<String, contract::TechniqueRisk> {
    let named = techniques.iter().map(|found| {
        let risk = contract::TechniqueRisk {
            risk: Some(found.risk.value()),
        };
        (found.technique.name().to_owned(), risk)
    });
    named.collect()
}

/// Converts reasons, in the same order.
pub(crate) fn reasons_to_contract(reasons: Vec<Reason>) -> Vec<contract::Reason> {
    reasons.into_iter().map(reason_to_contract).collect()
}

/// Converts one reason.
pub(crate) fn reason_to_contract(reason: Reason) -> contract::Reason {
    contract::Reason {
        code: reason.code.to_owned(),
        technique: reason
            .technique
            .map_or_else(String::new, |technique: Technique| {
                technique.name().to_owned()
            }),
        observed: Some(reason.observed),
        expected: Some(reason.expected),
        baseline_of: reason.baseline_of.name().to_owned(),
        contribution: Some(reason.contribution),
        text: reason.text,
    }
}
