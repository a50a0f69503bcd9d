//! `stillwatch.v1.ScoringService`: decodes exchanges, scores them on a worker, encodes the assessments.

use std::sync::Arc;

use connectrpc::{
    Encodable, InboundStream, RequestContext, Response, ServiceRequest, ServiceResult,
    ServiceStream,
};

use buffa::MessageView;

use super::received;
use super::result::result;
use super::streaming::Streams;
use crate::server::clock;
use crate::server::queue::admission::Priority;
use crate::server::queue::dispatcher::Dispatcher;
use crate::wire::contract::{self, ScoreBatchRequest, ScoreBatchResponse, ScoreResult};
use crate::wire::{WireError, assessment_to_contract};

/// The service implementation, shared by all protocols.
pub(in crate::server) struct Scoring {
    pub(in crate::server) dispatcher: Arc<Dispatcher>,
    pub(in crate::server) streams: Arc<Streams>,
}

impl contract::ScoringService for Scoring {
    async fn score_conversation<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, contract::Exchange>,
    ) -> ServiceResult<impl Encodable<contract::Assessment> + Send + use<'a>> {
        let exchange = received::read(request.to_owned_message(), clock::now(), &self.dispatcher)
            .map_err(|error| {
            self.dispatcher.count_refused();
            error.to_connect()
        })?;
        let assessment = self.dispatcher.score(Priority::Unary, exchange).await;
        let assessment = assessment.map_err(|error| error.to_connect())?;
        Response::ok(assessment_to_contract(assessment))
    }

    async fn score_batch<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ScoreBatchRequest>,
    ) -> ServiceResult<impl Encodable<ScoreBatchResponse> + Send + use<'a>> {
        let (count, bounds) = (request.exchanges.len(), self.dispatcher.bounds());
        if count > bounds.batch_max {
            let error = WireError::OverBound {
                field: "exchanges".to_owned(),
                got: count,
                bound: bounds.batch_max,
                unit: "exchanges",
            };
            return Err(error.to_connect());
        }
        let now = clock::now();
        let exchanges = request
            .exchanges
            .iter()
            .map(|exchange| {
                let exchange = exchange.to_owned_message();
                let exchange = exchange.map_err(|_| WireError::MalformedBody {
                    encoding: "protobuf",
                    position: None,
                })?;
                received::read(exchange, now, &self.dispatcher)
            })
            .collect();
        let results = self
            .dispatcher
            .score_batch(Priority::Unary, exchanges)
            .await;
        let results = results.map_err(|error| error.to_connect())?;
        let results = results.into_iter().map(result).collect();
        Response::ok(ScoreBatchResponse { results })
    }

    async fn score_stream(
        &self,
        context: RequestContext,
        requests: InboundStream<contract::Exchange>,
    ) -> ServiceResult<ServiceStream<impl Encodable<ScoreResult> + Send + use<>>> {
        let answers = self
            .streams
            .open(&self.dispatcher, requests, context.deadline());
        Response::stream_ok(answers.map_err(|error| error.to_connect())?)
    }
}
