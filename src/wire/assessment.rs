//! `domain::Assessment` to the contract's.

use super::{contract, format_time};
use crate::domain::{Assessment, Reason, Technique};

/// The assessment as the contract has it, under the name of the `bundle` that made it.
pub(crate) fn assessment_to_contract(
    assessment: Assessment,
    bundle: String,
) -> contract::Assessment {
    contract::Assessment {
        exchange: assessment.exchange.unwrap_or_default(),
        account: assessment.account,
        time: format_time(assessment.time),
        seen: Some(u32::try_from(assessment.seen).unwrap_or(u32::MAX)),
        risk: Some(assessment.risk.value()),
        risk_low: Some(assessment.risk_low.value()),
        risk_high: Some(assessment.risk_high.value()),
        band: assessment.band.name().to_owned(),
        recommendation: assessment.recommendation.name().to_owned(),
        mitigations: assessment
            .mitigations
            .into_iter()
            .map(|mitigation| mitigation.name().to_owned())
            .collect(),
        techniques: assessment
            .techniques
            .into_iter()
            .map(|found| {
                let risk = contract::TechniqueRisk {
                    risk: Some(found.risk.value()),
                };
                (found.technique.name().to_owned(), risk)
            })
            .collect(),
        conversation_risk: Some(assessment.conversation_risk.value()),
        reasons: assessment
            .reasons
            .into_iter()
            .map(reason_to_contract)
            .collect(),
        base: Some(assessment.base),
        score: Some(assessment.score),
        truncated: Some(assessment.truncated),
        bundle,
    }
}

fn reason_to_contract(reason: Reason) -> contract::Reason {
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
