//! The active engine. An activation replaces it as a whole.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::self_test::self_test;
use super::setup::{ServiceSetup, Sink, SinkError};
use crate::bundle::{Bundle, BundleCatalogue, BundleError, BundleFiles};
use crate::domain::{AccountKey, Assessment, Exchange, Risk, Technique};
use crate::engine::{AccountState, Engine, EngineParts};
use crate::policy::Policy;
use crate::privacy::PseudonymKey;
use crate::server::{AccountStatus, Accounts, Histories, NotReady, ScoreError, Scorer};

/// The active engine, and the state needed to build its successor.
pub(super) struct ActiveModel {
    active: RwLock<Active>,
    /// Locked during an activation, so that there is at most one at a time.
    pub(super) activating: Mutex<()>,
    pub(super) catalogue: BundleCatalogue,
    pub(super) key: PseudonymKey,
    accounts_max: usize,
    data: PathBuf,
    sink: Sink,
    /// Shared by all engines.
    policy: Arc<Policy>,
}

/// The active engine with the digest of its bundle. A request takes it once and keeps it to the end, so that no request
/// sees two bundles.
#[derive(Clone)]
pub(super) struct Active {
    pub(super) engine: Arc<Engine<Sink>>,
    /// Digest of the bundle, from [`BundleFiles::digest`].
    pub(super) digest: Arc<str>,
}

impl Active {
    pub(super) fn new(engine: Engine<Sink>, files: &BundleFiles) -> Self {
        Self {
            engine: Arc::new(engine),
            digest: files.digest().into(),
        }
    }
}

impl ActiveModel {
    /// Loads the initial bundle of the setup.
    ///
    /// # Errors
    /// If the bundle is unfit.
    pub(super) fn new(setup: ServiceSetup) -> Result<Self, BundleError> {
        let parts = Bundle::from_files(&setup.bundle)?.into_engine_parts(setup.key.clone());
        let policy = Arc::new(Policy::new(setup.policy));
        let engine = Engine::new(parts, setup.accounts_max)
            .with_policy(Arc::clone(&policy))
            .with_sink(setup.sink.clone());
        Ok(Self {
            active: RwLock::new(Active::new(engine, &setup.bundle)),
            activating: Mutex::new(()),
            catalogue: setup.catalogue,
            key: setup.key,
            accounts_max: setup.accounts_max,
            data: setup.data,
            sink: setup.sink,
            policy,
        })
    }

    /// Builds an engine without account histories.
    pub(super) fn fresh(&self, parts: EngineParts) -> Engine<Sink> {
        Engine::new(parts, self.accounts_max)
            .with_policy(Arc::clone(&self.policy))
            .with_sink(self.sink.clone())
    }

    /// Returns the active engine.
    pub(super) fn current(&self) -> Active {
        // Nothing that could panic runs under the lock.
        let active = self.active.read().unwrap_or_else(PoisonError::into_inner);
        active.clone()
    }

    /// Makes `next` the active engine. The queue starts anew, because scores of two bundles cannot be ranked together;
    /// marks and the reviews done today stay.
    pub(super) fn replace(&self, next: Active) {
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = next;
        self.policy.forget_scores();
    }

    /// Returns the policy.
    pub(super) const fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    fn engine(&self) -> Arc<Engine<Sink>> {
        self.current().engine
    }
}

impl From<SinkError> for ScoreError {
    fn from(error: SinkError) -> Self {
        Self::Fault { cause: error.cause }
    }
}

impl Scorer for ActiveModel {
    fn score(&self, exchange: Exchange) -> Result<Assessment, ScoreError> {
        Ok(self.engine().try_score(&exchange)?)
    }

    fn score_batch(&self, exchanges: Vec<Exchange>) -> Vec<Result<Assessment, ScoreError>> {
        let engine = self.engine();
        let scored = exchanges.iter();
        scored
            .map(|exchange| Ok(engine.try_score(exchange)?))
            .collect()
    }

    fn conversation_risk(&self, exchange: &Exchange) -> Result<Risk, ScoreError> {
        Ok(self
            .engine()
            .conversation_risk(exchange)
            .unwrap_or(Risk::ZERO))
    }

    fn account_status(&self, account: AccountKey) -> Option<AccountStatus> {
        let account = self.engine().account(account)?;
        Some(AccountStatus {
            seen: account.seen,
            risk: account.judgement.calibrated.risk,
            band: account.judgement.band,
            recommendation: account.judgement.recommendation,
        })
    }

    fn readiness(&self) -> Result<(), NotReady> {
        self_test(&self.engine(), &self.data)
    }
}

impl Accounts for ActiveModel {
    fn count(&self) -> usize {
        self.engine().accounts()
    }

    fn account(&self, account: AccountKey) -> Option<AccountState> {
        self.engine().account(account)
    }

    fn accounts_after(
        &self,
        after: Option<AccountKey>,
        at_most: usize,
    ) -> (Vec<AccountState>, Option<AccountKey>) {
        self.engine().accounts_after(after, at_most)
    }

    fn histories(&self) -> Histories {
        let engine = self.engine();
        let needed = engine.exchanges_needed();
        Histories {
            needed,
            enough: engine.accounts_with(needed),
        }
    }

    fn context(&self, account: AccountKey) -> Vec<(Technique, String)> {
        self.engine().context_of(account)
    }

    fn delete_account(&self, account: AccountKey) -> bool {
        self.engine().delete_account(account)
    }
}
