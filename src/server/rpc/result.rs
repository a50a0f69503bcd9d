//! One result of a batch or a stream, in the contract's form.

use crate::server::queue::dispatcher::Scored;
use crate::wire::assessment_to_contract;
use crate::wire::contract::ScoreResult;
use crate::wire::contract::score_result::Result as Outcome;

/// Converts an assessment, or the error that took its place.
pub(super) fn result(scored: Scored) -> ScoreResult {
    let outcome = match scored {
        Ok(assessment) => Outcome::from(assessment_to_contract(assessment)),
        Err(error) => Outcome::from(error.to_contract()),
    };
    ScoreResult {
        result: Some(outcome),
    }
}
