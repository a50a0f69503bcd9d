//! The engine as the server sees it: one engine at a time, which an activation replaces whole.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::shelf::Shelf;
use crate::domain::{AccountKey, Assessment, Exchange};
use crate::engine::{Engine, Remembered};
use crate::privacy::PseudonymKey;
use crate::server::{Accounts, NotReady, ScoreError, Scorer, Standing};

/// The active engine, and what is needed to make the next.
pub(super) struct Served {
    /// A call takes it once and ends with it, so that no call sees two bundles.
    active: RwLock<Arc<Engine>>,
    /// Held by the one activation that may be under way.
    pub(super) activating: Mutex<()>,
    pub(super) shelf: Shelf,
    pub(super) key: PseudonymKey,
    pub(super) accounts_max: usize,
}

impl Served {
    /// Starts with `engine`, which was made under `key`.
    pub(super) fn new(
        engine: Engine,
        shelf: Shelf,
        key: PseudonymKey,
        accounts_max: usize,
    ) -> Self {
        Self {
            active: RwLock::new(Arc::new(engine)),
            activating: Mutex::new(()),
            shelf,
            key,
            accounts_max,
        }
    }

    /// The engine that scores now.
    pub(super) fn engine(&self) -> Arc<Engine> {
        // Nothing that could panic runs under the lock.
        let active = self.active.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&active)
    }

    /// From now on `engine` scores.
    pub(super) fn replace(&self, engine: Engine) {
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(engine);
    }
}

impl Scorer for Served {
    fn score(&self, exchange: Exchange) -> Result<Assessment, ScoreError> {
        Ok(self.engine().score_once(&exchange))
    }

    fn score_all(&self, exchanges: Vec<Exchange>) -> Vec<Result<Assessment, ScoreError>> {
        let engine = self.engine();
        let scored = exchanges.iter();
        scored
            .map(|exchange| Ok(engine.score_once(exchange)))
            .collect()
    }

    fn standing(&self, account: &str) -> Option<Standing> {
        let engine = self.engine();
        let remembered = engine.remembered(engine.key(account))?;
        Some(Standing {
            seen: remembered.seen,
            risk: remembered.judgement.calibrated.risk,
            band: remembered.judgement.band,
            recommendation: remembered.judgement.recommendation,
        })
    }

    fn bundle(&self) -> String {
        self.engine().bundle().to_owned()
    }

    fn ready(&self) -> Result<(), NotReady> {
        Ok(())
    }
}

impl Accounts for Served {
    fn key(&self, account: &str) -> AccountKey {
        self.key.account(account)
    }

    fn account(&self, account: AccountKey) -> Option<Remembered> {
        self.engine().remembered(account)
    }

    fn accounts_after(
        &self,
        after: Option<AccountKey>,
        at_most: usize,
    ) -> (Vec<Remembered>, Option<AccountKey>) {
        self.engine().remembered_after(after, at_most)
    }

    fn forget(&self, account: AccountKey) -> bool {
        self.engine().forget(account)
    }
}
