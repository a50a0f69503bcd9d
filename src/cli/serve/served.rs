//! The engine as the server sees it: one engine at a time, which an activation replaces whole.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::Context;

use super::label_file::LabelFile;
use super::probe::probe;
use super::shelf::Shelf;
use crate::bundle::{Bundle, BundleFiles};
use crate::cli::model::{ModelFlags, deployment_key};
use crate::domain::{AccountKey, Assessment, Exchange, Risk};
use crate::engine::{AccountState, Engine};
use crate::privacy::PseudonymKey;
use crate::server::{AccountStatus, Accounts, NotReady, ScoreError, Scorer, Services};
use crate::settings::Settings;

/// Everything behind the port, on the bundle, the key and the folders that the settings name.
pub(super) fn services(settings: &Settings) -> anyhow::Result<Services> {
    let (model, data) = (&settings.model, &settings.data.folder);
    let key = deployment_key(settings)?;
    let files = ModelFlags::new(model.bundle.clone(), model.accounts_max).files()?;
    let served = Arc::new(Served::new(
        &files,
        Shelf::new(model.bundle.clone(), model.folder.clone()),
        key.clone(),
        model.accounts_max,
        data.clone(),
    )?);
    Ok(Services {
        scorer: served.clone(),
        accounts: served.clone(),
        models: served,
        labels: Arc::new(LabelFile::open(data, key)?),
    })
}

/// The active engine, and what is needed to make the next.
pub(super) struct Served {
    /// A call takes it once and ends with it, so that no call sees two bundles. With it, the digest of its manifest.
    active: RwLock<(Arc<Engine>, String)>,
    /// Held by the one activation that may be under way.
    pub(super) activating: Mutex<()>,
    pub(super) shelf: Shelf,
    pub(super) key: PseudonymKey,
    pub(super) accounts_max: usize,
    data: PathBuf,
}

impl Served {
    /// Starts with the bundle of these files, under `key`.
    pub(super) fn new(
        files: &BundleFiles,
        shelf: Shelf,
        key: PseudonymKey,
        accounts_max: usize,
        data: PathBuf,
    ) -> anyhow::Result<Self> {
        let bundle = Bundle::from_files(files).context("model bundle")?;
        let engine = Engine::new(bundle.into_engine_parts(key.clone()), accounts_max);
        Ok(Self {
            active: RwLock::new((Arc::new(engine), digest(files))),
            activating: Mutex::new(()),
            shelf,
            key,
            accounts_max,
            data,
        })
    }

    /// The engine that scores now.
    pub(super) fn engine(&self) -> Arc<Engine> {
        // Nothing that could panic runs under the lock.
        let active = self.active.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&active.0)
    }

    /// From now on `engine` scores, which was made of the bundle of these files.
    pub(super) fn replace(&self, engine: Engine, files: &BundleFiles) {
        let next = (Arc::new(engine), digest(files));
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

fn digest(files: &BundleFiles) -> String {
    blake3::hash(files.manifest.as_bytes()).to_hex().to_string()
}

impl Scorer for Served {
    fn score(&self, exchange: Exchange) -> Result<Assessment, ScoreError> {
        Ok(self.engine().score(&exchange))
    }

    fn score_all(&self, exchanges: Vec<Exchange>) -> Vec<Result<Assessment, ScoreError>> {
        let engine = self.engine();
        let scored = exchanges.iter();
        scored.map(|exchange| Ok(engine.score(exchange))).collect()
    }

    fn standing(&self, account: &str) -> Option<AccountStatus> {
        let engine = self.engine();
        let remembered = engine.remembered(engine.key(account))?;
        Some(AccountStatus {
            seen: remembered.seen,
            risk: remembered.judgement.calibrated.risk,
            band: remembered.judgement.band,
            recommendation: remembered.judgement.recommendation,
        })
    }

    fn conversation_risk(&self, exchange: &Exchange) -> Result<Risk, ScoreError> {
        Ok(self.engine().conversation_risk(exchange))
    }

    fn case(&self, account: &str) -> String {
        self.engine().case(account)
    }

    fn credential(&self, secret: &[u8]) -> String {
        self.engine().credential(secret)
    }

    fn bundle(&self) -> String {
        self.engine().bundle().to_owned()
    }

    fn bundle_digest(&self) -> String {
        let active = self.active.read().unwrap_or_else(PoisonError::into_inner);
        active.1.clone()
    }

    fn accounts(&self) -> usize {
        self.engine().accounts()
    }

    fn probe(&self) -> Result<(), NotReady> {
        probe(&self.engine(), &self.data)
    }

    fn ready(&self) -> Result<(), NotReady> {
        Ok(())
    }
}

impl Accounts for Served {
    fn key(&self, account: &str) -> AccountKey {
        self.key.account(account)
    }

    fn account(&self, account: AccountKey) -> Option<AccountState> {
        self.engine().remembered(account)
    }

    fn accounts_after(
        &self,
        after: Option<AccountKey>,
        at_most: usize,
    ) -> (Vec<AccountState>, Option<AccountKey>) {
        self.engine().accounts_after(after, at_most)
    }

    fn forget(&self, account: AccountKey) -> bool {
        self.engine().forget(account)
    }
}
