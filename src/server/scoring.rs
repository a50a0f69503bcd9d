//! `stillwatch.v1.ScoringService`: convert, ask the scorer on a worker, convert back.

use std::sync::Arc;

use connectrpc::{
    Encodable, InboundStream, RequestContext, Response, ServiceRequest, ServiceResult,
    ServiceStream,
};

use super::clock;
use super::desk::{Dispatcher, Scored};
use super::streaming::Streams;
use crate::wire::contract::score_result::Result as Outcome;
use crate::wire::contract::{self, ScoreBatchRequest, ScoreBatchResponse, ScoreResult};
use crate::wire::{WireError, assessment_to_contract, exchange_from_contract};

/// The service behind every protocol.
pub(super) struct Scoring {
    pub(super) desk: Arc<Dispatcher>,
    pub(super) streams: Arc<Streams>,
}

impl contract::ScoringService for Scoring {
    async fn score_conversation<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, contract::Exchange>,
    ) -> ServiceResult<impl Encodable<contract::Assessment> + Send + use<'a>> {
        let exchange = exchange_from_contract(&request, clock::now(), self.desk.bounds())
            .map_err(|error| error.to_connect())?;
        let assessment = self.desk.score(exchange).await;
        let assessment = assessment.map_err(|error| error.to_connect())?;
        Response::ok(assessment_to_contract(assessment))
    }

    async fn score_batch<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ScoreBatchRequest>,
    ) -> ServiceResult<impl Encodable<ScoreBatchResponse> + Send + use<'a>> {
        let (came, bounds) = (request.exchanges.len(), self.desk.bounds());
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
        let results = self.desk.score_batch(exchanges).await;
        let results = results.map_err(|error| error.to_connect())?;
        let results = results.into_iter().map(result).collect();
        Response::ok(ScoreBatchResponse { results })
    }

    async fn score_stream(
        &self,
        context: RequestContext,
        requests: InboundStream<contract::Exchange>,
    ) -> ServiceResult<ServiceStream<impl Encodable<ScoreResult> + Send + use<>>> {
        let answers = self.streams.open(&self.desk, requests, context.deadline());
        Response::stream_ok(answers.map_err(|error| error.to_connect())?)
    }
}

/// A result in its place.
pub(super) fn result(scored: Scored) -> ScoreResult {
    let outcome = match scored {
        Ok(assessment) => Outcome::from(assessment_to_contract(assessment)),
        Err(error) => Outcome::from(error.to_contract()),
    };
    ScoreResult {
        result: Some(outcome),
    }
}
