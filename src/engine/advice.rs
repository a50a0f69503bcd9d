//! Writes a policy's decision into an assessment or a judgement.

use crate::domain::{
    Assessment, BaselineOf, Mark, MarkSubject, Mitigation, Reason, Recommendation, TechniqueRisk,
    Timestamp,
};
use crate::policy::Decision;
use crate::risk::{Judgement, mitigations};

/// The parts of an answer that a policy decides. Risk, band and score are not among them.
pub(super) struct Advised<'a> {
    recommendation: &'a mut Recommendation,
    mitigations: &'a mut Vec<Mitigation>,
    reasons: &'a mut Vec<Reason>,
    techniques: &'a [TechniqueRisk],
}

impl<'a> From<&'a mut Assessment> for Advised<'a> {
    fn from(assessment: &'a mut Assessment) -> Self {
        Self {
            recommendation: &mut assessment.recommendation,
            mitigations: &mut assessment.mitigations,
            reasons: &mut assessment.reasons,
            techniques: &assessment.techniques,
        }
    }
}

impl<'a> From<&'a mut Judgement> for Advised<'a> {
    fn from(judgement: &'a mut Judgement) -> Self {
        Self {
            recommendation: &mut judgement.recommendation,
            mitigations: &mut judgement.mitigations,
            reasons: &mut judgement.reasons,
            techniques: &judgement.techniques,
        }
    }
}

impl Advised<'_> {
    /// Puts the decision in place of the bundle's advice, and adds a mark to the reasons.
    pub(super) fn follow(self, decision: &Decision) {
        if decision.recommendation != *self.recommendation {
            *self.recommendation = decision.recommendation;
            *self.mitigations = mitigations(decision.recommendation, self.techniques);
        }
        self.reasons.extend(decision.mark.as_ref().map(reason));
    }
}

/// Writes a mark as a reason. It adds nothing to the score, and its own reason, which is for reviewers, stays out of
/// what gateways receive.
fn reason(mark: &Mark) -> Reason {
    let (code, on) = match mark.subject {
        MarkSubject::Account(_) => ("marked_account", "the account"),
        MarkSubject::Template(_) => ("marked_template", "the template of most requests"),
    };
    Reason {
        code,
        technique: None,
        observed: 0.0,
        expected: 0.0,
        baseline_of: BaselineOf::Population,
        contribution: 0.0,
        text: format!(
            "a reviewer marked {on} {}, until {}: scored, not put up for review",
            mark.disposition.name(),
            date(mark.expires_at)
        ),
    }
}

/// Returns the day of a time in UTC, such as `2026-05-01`.
fn date(time: Timestamp) -> String {
    let instant =
        jiff::Timestamp::from_microsecond(time.as_micros()).unwrap_or(jiff::Timestamp::MAX);
    instant.strftime("%Y-%m-%d").to_string()
}
