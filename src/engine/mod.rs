//! The one path from exchange to assessment, shared by every command.
//!
//! Uses everything to its left. No I/O, no clock: the same exchanges give the same assessments on any machine and
//! any number of threads, because an account's exchanges are folded in the order they came and nothing else matters.

mod partition;

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::detect::{MEASURE_COUNT, measure_into};
use crate::domain::{AccountKey, Assessment, Exchange, Observation};
use crate::observe::{ObserveScratch, Observer};
use crate::profile::{Profile, RandomFeatures};
use crate::risk::{Judge, Judgement};

use partition::Partition;

/// Virtual partitions of the accounts, by pseudonym.
const PARTITIONS: usize = 256;

/// Everything of a bundle that scoring needs.
pub struct EngineParts {
    /// Exchange to observation.
    pub observer: Observer,
    /// The projection of profiles' mean embeddings.
    pub random_features: RandomFeatures,
    /// Measures to risk.
    pub judge: Judge,
    /// Name of the bundle, such as `default@1`.
    pub bundle: String,
}

/// Scores exchanges and remembers accounts.
pub struct Engine {
    parts: EngineParts,
    partitions: Vec<Mutex<Partition>>,
}

/// An exchange's observation with the account that it belongs to.
struct Observed {
    account: AccountKey,
    observation: Observation,
}

impl Engine {
    /// An engine that remembers at most `accounts_max` accounts (rounded up to a multiple of the partitions); beyond
    /// that, the account of a partition that has been silent for the most exchanges is forgotten.
    pub fn new(parts: EngineParts, accounts_max: usize) -> Self {
        let bound = accounts_max.div_ceil(PARTITIONS).max(1);
        let partitions = (0..PARTITIONS)
            .map(|_| Mutex::new(Partition::new(bound)))
            .collect();
        Self { parts, partitions }
    }

    /// Name of the bundle.
    pub fn bundle(&self) -> &str {
        &self.parts.bundle
    }

    /// Adds one exchange to its account's history and says how the account stands after it.
    pub fn score(&self, exchange: &Exchange) -> Assessment {
        thread_local! {
            static SCRATCH: std::cell::RefCell<ObserveScratch> = std::cell::RefCell::default();
        }
        let observed = SCRATCH.with_borrow_mut(|scratch| self.observe(exchange, scratch));
        self.fold(partition_of(observed.account), &observed, exchange)
    }

    /// Scores a batch as if its exchanges came one by one: the same answers, in the same order.
    pub fn score_batch(&self, exchanges: &[Exchange]) -> Vec<Assessment> {
        let observed: Vec<Observed> = exchanges
            .par_iter()
            .map_init(ObserveScratch::default, |scratch, exchange| {
                self.observe(exchange, scratch)
            })
            .collect();
        let mut by_partition = vec![Vec::new(); PARTITIONS];
        for (index, observed) in observed.iter().enumerate() {
            by_partition[partition_of(observed.account)].push(index);
        }
        let mut answers: Vec<Option<Assessment>> = Vec::new();
        answers.resize_with(exchanges.len(), || None);
        let scored: Vec<Vec<(usize, Assessment)>> = by_partition
            .par_iter()
            .enumerate()
            .map(|(partition, indices)| {
                let fold = |index: &usize| {
                    (
                        *index,
                        self.fold(partition, &observed[*index], &exchanges[*index]),
                    )
                };
                indices.iter().map(fold).collect()
            })
            .collect();
        for (index, assessment) in scored.into_iter().flatten() {
            answers[index] = Some(assessment);
        }
        answers.into_iter().flatten().collect()
    }

    /// Accounts remembered now.
    pub fn accounts(&self) -> usize {
        self.partitions
            .iter()
            .map(|partition| locked(partition).len())
            .sum()
    }

    /// What is remembered of an account, if anything.
    pub fn profile(&self, account: AccountKey) -> Option<Profile> {
        locked(&self.partitions[partition_of(account)])
            .profile(account)
            .cloned()
    }

    /// How an account stands after the exchanges counted so far, and how many they are; `None` for one that is not
    /// remembered. Changes nothing.
    pub fn standing(&self, account: &str) -> Option<(u64, Judgement)> {
        let profile = self.profile(self.parts.observer.account_key(account))?;
        let mut measures = [f64::NAN; MEASURE_COUNT];
        measure_into(&profile, &mut measures);
        let seen = profile.seen();
        Some((seen, self.parts.judge.judge(&measures, seen)))
    }

    /// What an account's holder may be told as a reference, the same for as long as the deployment keeps its key.
    pub fn case(&self, account: &str) -> String {
        format!("case-{:016x}", self.parts.observer.case(account).0)
    }

    /// The account that stands for a secret, where nobody names the account.
    pub fn credential(&self, secret: &[u8]) -> String {
        format!(
            "credential-{:016x}",
            self.parts.observer.credential(secret).0
        )
    }

    fn observe(&self, exchange: &Exchange, scratch: &mut ObserveScratch) -> Observed {
        let observer = &self.parts.observer;
        Observed {
            account: observer.account(exchange),
            observation: observer.observe(exchange, scratch),
        }
    }

    fn fold(&self, partition: usize, observed: &Observed, exchange: &Exchange) -> Assessment {
        let mut measures = [f64::NAN; MEASURE_COUNT];
        let seen = {
            let mut partition = locked(&self.partitions[partition]);
            let profile = partition.touch(observed.account);
            profile.absorb(&observed.observation, &self.parts.random_features);
            measure_into(profile, &mut measures);
            profile.seen()
        };
        self.assess(&measures, seen, &observed.observation, exchange)
    }

    fn assess(
        &self,
        measures: &[f64; MEASURE_COUNT],
        seen: u64,
        observation: &Observation,
        exchange: &Exchange,
    ) -> Assessment {
        let judgement = self.parts.judge.judge(measures, seen);
        Assessment {
            exchange: exchange.id.clone(),
            account: exchange.account.clone(),
            time: exchange.time,
            seen,
            risk: judgement.calibrated.risk,
            risk_low: judgement.calibrated.low,
            risk_high: judgement.calibrated.high,
            band: judgement.band,
            recommendation: judgement.recommendation,
            mitigations: judgement.mitigations,
            techniques: judgement.techniques,
            conversation_risk: self.parts.judge.conversation_risk(&observation.cues),
            reasons: judgement.reasons,
            base: judgement.base,
            score: judgement.score,
            truncated: observation.shape.read_bytes < observation.shape.total_bytes,
        }
    }
}

fn partition_of(account: AccountKey) -> usize {
    (account.0 % PARTITIONS as u128) as usize
}

/// A panic while a partition was held can have left one profile half updated at worst; the others are whole, and an
/// account's half exchange is better than a server that answers nobody.
fn locked(partition: &Mutex<Partition>) -> std::sync::MutexGuard<'_, Partition> {
    partition.lock().unwrap_or_else(PoisonError::into_inner)
}
