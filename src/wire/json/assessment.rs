//! One line of an assessment file.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::time::TimeForm;
use super::{ToLine, append};
use crate::domain::{Assessment, Reason, Risk, Technique, TechniqueRisk};

/// An assessment in its written form. Non-finite numbers become null.
#[derive(Serialize)]
pub struct AssessmentLine<'a> {
    exchange: Option<&'a str>,
    account: &'a str,
    time: TimeForm,
    exchange_count: u64,
    risk: f64,
    risk_low: f64,
    risk_high: f64,
    band: &'static str,
    recommendation: &'static str,
    mitigations: Vec<&'static str>,
    #[serde(serialize_with = "write_techniques")]
    techniques: &'a [TechniqueRisk],
    conversation_risk: Option<f64>,
    /// Reserved: no version of the engine links accounts yet, but the format has had the field from the start.
    cluster: Option<()>,
    #[serde(serialize_with = "write_reasons")]
    reasons: &'a [Reason],
    base: f64,
    score: f64,
    truncated: bool,
    /// Whether the exchange is a repeat; written only when true.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    bundle: &'a str,
}

impl<'a> AssessmentLine<'a> {
    /// Creates the written form of `assessment`.
    pub fn new(assessment: &'a Assessment) -> Self {
        Self {
            exchange: assessment.exchange.as_deref(),
            account: &assessment.account,
            time: TimeForm(assessment.time),
            exchange_count: assessment.seen,
            risk: assessment.risk.value(),
            risk_low: assessment.risk_low.value(),
            risk_high: assessment.risk_high.value(),
            band: assessment.band.name(),
            recommendation: assessment.recommendation.name(),
            mitigations: assessment.mitigations.iter().map(|m| m.name()).collect(),
            techniques: &assessment.techniques,
            conversation_risk: assessment.conversation_risk.map(Risk::value),
            cluster: None,
            reasons: &assessment.reasons,
            base: assessment.base,
            score: assessment.score,
            truncated: assessment.truncated,
            duplicate: assessment.duplicate,
            bundle: &assessment.bundle,
        }
    }
}

impl ToLine for AssessmentLine<'_> {
    fn to_line(&self, line: &mut Vec<u8>) {
        append(self, line);
    }
}

/// Writes `{name: {"risk": ..}}`, in the order of the assessment.
fn write_techniques<S: Serializer>(
    techniques: &[TechniqueRisk],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Form {
        risk: f64,
    }
    let mut object = serializer.serialize_map(Some(techniques.len()))?;
    for found in techniques {
        let form = Form {
            risk: found.risk.value(),
        };
        object.serialize_entry(found.technique.name(), &form)?;
    }
    object.end()
}

fn write_reasons<S: Serializer>(reasons: &[Reason], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Form<'a> {
        code: &'static str,
        technique: Option<&'static str>,
        observed: f64,
        expected: f64,
        baseline_of: &'static str,
        contribution: f64,
        text: &'a str,
    }
    serializer.collect_seq(reasons.iter().map(|reason| Form {
        code: reason.code,
        technique: reason.technique.map(Technique::name),
        observed: reason.observed,
        expected: reason.expected,
        baseline_of: reason.baseline_of.name(),
        contribution: reason.contribution,
        text: &reason.text,
    }))
}
