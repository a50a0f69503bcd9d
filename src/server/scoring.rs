//! `stillwatch.v1.ScoringService`: convert, ask the scorer on a worker, convert back.

use std::sync::Arc;

use connectrpc::{Encodable, RequestContext, Response, ServiceRequest, ServiceResult};

use super::admission::Admission;
use super::{Limits, ScoreError, Scorer, clock};
use crate::domain::{Assessment, Exchange};
use crate::wire::contract::score_result::Result as Outcome;
use crate::wire::contract::{self, ScoreBatchRequest, ScoreBatchResponse, ScoreResult};
use crate::wire::{Bounds, WireError, assessment_to_contract, exchange_from_contract};

/// The service behind every protocol.
pub(super) struct Scoring {
    scorer: Arc<dyn Scorer>,
    admission: Admission,
    bounds: Bounds,
}

impl Scoring {
    /// The service of `scorer` within `limits`.
    pub(super) fn new(scorer: Arc<dyn Scorer>, limits: &Limits) -> Self {
        Self {
            scorer,
            admission: Admission::new(limits),
            bounds: limits.bounds,
        }
    }

    async fn score(&self, exchange: Exchange) -> Result<contract::Assessment, WireError> {
        let scorer = Arc::clone(&self.scorer);
        self.admission
            .run(move || answer(&*scorer, exchange))
            .await?
    }

    async fn score_all(
        &self,
        exchanges: Vec<Result<Exchange, WireError>>,
    ) -> Result<Vec<ScoreResult>, WireError> {
        let scorer = Arc::clone(&self.scorer);
        self.admission
            .run(move || {
                exchanges
                    .into_iter()
                    .map(|exchange| {
                        result(exchange.and_then(|exchange| answer(&*scorer, exchange)))
                    })
                    .collect()
            })
            .await
    }
}

impl contract::ScoringService for Scoring {
    async fn score_conversation<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, contract::Exchange>,
    ) -> ServiceResult<impl Encodable<contract::Assessment> + Send + use<'a>> {
        let exchange = exchange_from_contract(&request, clock::now(), &self.bounds)
            .map_err(|error| error.to_connect())?;
        let assessment = self
            .score(exchange)
            .await
            .map_err(|error| error.to_connect())?;
        Response::ok(assessment)
    }

    async fn score_batch<'a>(
        &'a self,
        _context: RequestContext,
        request: ServiceRequest<'_, ScoreBatchRequest>,
    ) -> ServiceResult<impl Encodable<ScoreBatchResponse> + Send + use<'a>> {
        let came = request.exchanges.len();
        if came > self.bounds.batch_max {
            let error = WireError::OverBound {
                field: "exchanges".to_owned(),
                came,
                bound: self.bounds.batch_max,
                unit: "exchanges",
            };
            return Err(error.to_connect());
        }
        let received = clock::now();
        let exchanges = request
            .exchanges
            .iter()
            .map(|exchange| exchange_from_contract(exchange, received, &self.bounds))
            .collect();
        let results = self
            .score_all(exchanges)
            .await
            .map_err(|error| error.to_connect())?;
        Response::ok(ScoreBatchResponse { results })
    }
}

fn answer(scorer: &dyn Scorer, exchange: Exchange) -> Result<contract::Assessment, WireError> {
    let assessed: Result<Assessment, ScoreError> = scorer.score(exchange);
    Ok(assessment_to_contract(assessed?, scorer.bundle()))
}

fn result(answer: Result<contract::Assessment, WireError>) -> ScoreResult {
    let outcome = match answer {
        Ok(assessment) => Outcome::from(assessment),
        Err(error) => Outcome::from(error.to_contract()),
    };
    ScoreResult {
        result: Some(outcome),
    }
}
