//! What an engine recommends for the accounts of a field set.

use rayon::prelude::*;

use super::case::{Case, Expected};
use super::error::FieldError;
use crate::domain::{Exchange, Recommendation};
use crate::engine::Engine;

/// Number of accounts that are rendered and scored together; bounds the memory of a run.
const TOGETHER: usize = 16;

/// What was recommended for one account.
pub struct Outcome<'a> {
    /// The account's case.
    pub case: &'a Case,
    /// Highest recommendation after any exchange.
    pub highest: Recommendation,
    /// Recommendation after the last exchange.
    pub last: Recommendation,
    /// Risk after the last exchange.
    pub risk: f64,
}

impl Outcome<'_> {
    /// Returns whether the recommendation was as expected.
    pub fn held(&self) -> bool {
        match self.case.expected {
            Expected::AtLeast(least) => self.last >= least,
            Expected::AtMost(most) => self.highest <= most,
        }
    }
}

/// Scores every case as `stillwatch score` does a log, and calls `done` with each number of exchanges scored.
///
/// # Errors
/// When a case cannot be rendered, or sends nothing.
pub fn outcomes<'a>(
    engine: &Engine,
    cases: &'a [Case],
    done: &dyn Fn(u64),
) -> Result<Vec<Outcome<'a>>, FieldError> {
    let mut all = Vec::with_capacity(cases.len());
    for cases in cases.chunks(TOGETHER) {
        let rendered: Vec<Vec<Exchange>> = cases
            .par_iter()
            .map(Case::exchanges)
            .collect::<Result<_, _>>()?;
        let counts: Vec<usize> = rendered.iter().map(Vec::len).collect();
        let exchanges: Vec<Exchange> = rendered.into_iter().flatten().collect();
        let assessments = engine.score_batch(&exchanges);
        let mut rest = assessments.as_slice();
        for (case, count) in cases.iter().zip(counts) {
            let (own, others) = rest.split_at(count);
            rest = others;
            let (Some(last), Some(highest)) =
                (own.last(), own.iter().map(|one| one.recommendation).max())
            else {
                return Err(FieldError::Lacking {
                    case: case.name(),
                    expected: "at least one exchange",
                });
            };
            all.push(Outcome {
                case,
                highest,
                last: last.recommendation,
                risk: last.risk.value(),
            });
        }
        done(assessments.len() as u64);
    }
    Ok(all)
}
