//! Where every surface brings its exchanges: one admission rule, one way to the scorer.

use std::sync::Arc;

use super::admission::Admission;
use super::{Limits, Scorer, Standing};
use crate::domain::{Assessment, Exchange};
use crate::wire::{Bounds, WireError};

/// The scorer behind its admission. One for the whole port.
pub(super) struct Desk {
    scorer: Arc<dyn Scorer>,
    admission: Admission,
    bounds: Bounds,
}

impl Desk {
    /// The desk of `scorer` within `limits`.
    pub(super) fn new(scorer: Arc<dyn Scorer>, limits: &Limits) -> Self {
        Self {
            scorer,
            admission: Admission::new(limits),
            bounds: limits.bounds,
        }
    }

    /// How large one exchange and one batch may be.
    pub(super) const fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The active bundle.
    pub(super) fn bundle(&self) -> String {
        self.scorer.bundle()
    }

    /// Scores one exchange on a worker.
    ///
    /// # Errors
    /// When it is not admitted or was not counted.
    pub(super) async fn score(&self, exchange: Exchange) -> Result<Assessment, WireError> {
        let scorer = Arc::clone(&self.scorer);
        let scored = self.admission.run(move || scorer.score(exchange)).await?;
        Ok(scored?)
    }

    /// Scores exchanges in their order, on one worker. What could not be read keeps its error and its place.
    ///
    /// # Errors
    /// When the call is not admitted.
    pub(super) async fn score_all(
        &self,
        exchanges: Vec<Result<Exchange, WireError>>,
    ) -> Result<Vec<Result<Assessment, WireError>>, WireError> {
        let scorer = Arc::clone(&self.scorer);
        let score = move |exchange| Ok(scorer.score(exchange)?);
        self.admission
            .run(move || {
                let scored = exchanges.into_iter();
                scored.map(|exchange| exchange.and_then(&score)).collect()
            })
            .await
    }

    /// How an account stands, without a new exchange; `None` for one that is not remembered. Takes no worker: it is a
    /// look-up, and a gateway waits for it before a request goes through.
    pub(super) fn standing(&self, account: &str) -> Option<Standing> {
        self.scorer.standing(account)
    }

    /// What the holder of an account may be told as a reference.
    pub(super) fn case(&self, account: &str) -> String {
        self.scorer.case(account)
    }

    /// The account that stands for a secret.
    pub(super) fn credential(&self, secret: &[u8]) -> String {
        self.scorer.credential(secret)
    }
}
