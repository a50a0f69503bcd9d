//! `stillwatch.v1.ScoringService`: convert, ask the scorer on a worker, convert back.

use std::sync::Arc;

use connectrpc::{Encodable, RequestContext, Response, ServiceRequest, ServiceResult};

use super::clock;
use super::desk::Desk;
use crate::domain::Assessment;
use crate::wire::contract::score_result::Result as Outcome;
use crate::wire::contract::{self, ScoreBatchRequest, ScoreBatchResponse, ScoreResult};
use crate::wire::{WireError, assessment_to_contract, exchange_from_contract};

/// The service behind every protocol.
pub(super) struct Scoring(pub(super) Arc<Desk>);

impl contract::ScoringService for Scoring {
    async fn score_conversation<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, contract::Exchange>,
    ) -> ServiceResult<impl Encodable<contract::Assessment> + Send + use<'a>> {
        let exchange = exchange_from_contract(&request, clock::now(), self.0.bounds())
            .map_err(|error| error.to_connect())?;
        let assessment = self.0.score(exchange).await;
        let assessment = assessment.map_err(|error| error.to_connect())?;
        Response::ok(assessment_to_contract(assessment, self.0.bundle()))
    }

    async fn score_batch<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ScoreBatchRequest>,
    ) -> ServiceResult<impl Encodable<ScoreBatchResponse> + Send + use<'a>> {
        let (came, bounds) = (request.exchanges.len(), self.0.bounds());
        if came > bounds.batch_max {
            let error = WireError::OverBound {
                field: "exchanges".to_owned(),
                came,
                bound: bounds.batch_max,
                unit: "exchanges",
            };
            return Err(error.to_connect());
        }
        let received = clock::now();
        let exchanges = request
            .exchanges
            .iter()
            .map(|exchange| exchange_from_contract(exchange, received, bounds))
            .collect();
        let results = self.0.score_all(exchanges).await;
        let results = results.map_err(|error| error.to_connect())?;
        let bundle = self.0.bundle();
        let results = results
            .into_iter()
            .map(|scored| result(scored, &bundle))
            .collect();
        Response::ok(ScoreBatchResponse { results })
    }
}

fn result(scored: Result<Assessment, WireError>, bundle: &str) -> ScoreResult {
    let outcome = match scored {
        Ok(assessment) => Outcome::from(assessment_to_contract(assessment, bundle.to_owned())),
        Err(error) => Outcome::from(error.to_contract()),
    };
    ScoreResult {
        result: Some(outcome),
    }
}
