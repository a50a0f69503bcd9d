//! The engine: the one path from an exchange to its assessment, shared by every command.
//!
//! Uses everything to its left. No I/O, no clock: the same exchanges give the same assessments on any machine and
//! with any number of threads, because an account's exchanges are folded in order of arrival.
//!
//! All interfaces follow one rule for repeated exchanges: one with the same account, id and messages as an earlier one
//! is answered and not counted; one without an id always counts (see [`exchange_digest`]). Each of the 256 partitions
//! of the accounts recognises the last 1,024 exchanges that had an id.
//!
//! A policy, if the engine has one, decides last: after the parallel fold, in the order of the exchanges, because
//! whom it asks to review depends on all accounts.
//!
//! [`exchange_digest`]: crate::observe::exchange_digest

mod accounts;
mod advice;
mod dedup_window;
mod partition;
mod repeat_filter;
mod sink;

use std::sync::Arc;

use rayon::prelude::*;

use crate::detect::{MeasureIndex, MeasureValues};
use crate::domain::{
    AccountKey, Assessment, Digest, Evidence, Exchange, Observation, Risk, Technique, Timestamp,
};
use crate::observe::{ObserveScratch, Observer};
use crate::policy::{Policy, Standing, Templates};
use crate::profile::{Profile, RandomFeatures};
use crate::risk::{Judgement, RiskModel};

use accounts::{Accounts, partition_of};
use advice::Advised;

pub use accounts::PARTITIONS;
pub use repeat_filter::RepeatFilter;
pub(crate) use sink::NoSink;
pub use sink::{CountedObservation, ObservationSink};

/// The parts of a bundle that scoring needs.
pub struct EngineParts {
    /// Converts exchanges to observations.
    pub observer: Observer,
    /// The projection of the profiles' mean embeddings.
    pub random_features: RandomFeatures,
    /// Converts measures to risk.
    pub risk_model: RiskModel,
    /// Name of the bundle, such as `default@1`.
    pub bundle: Arc<str>,
    /// Identifies the text model that profiles are built with. Histories built by another text model cannot be
    /// continued.
    pub text_model: String,
}

/// Scores exchanges and keeps the histories of accounts.
///
/// Before an observation changes a history, it is passed to the sink `S`. Without a sink nothing can fail, which is how
/// logs are scored: [`Engine::score`] and [`Engine::score_batch`] exist only for engines without one.
pub struct Engine<S = NoSink> {
    parts: EngineParts,
    accounts: Arc<Accounts>,
    /// `None`: the bundle's operating points alone decide.
    policy: Option<Arc<Policy>>,
    sink: S,
}

/// The risk model's judgement of an account's history.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountState {
    /// The account.
    pub account: AccountKey,
    /// Number of exchanges counted.
    pub seen: u64,
    /// Time of the latest exchange counted.
    pub last_seen: Timestamp,
    /// The risk model's judgement of them.
    pub judgement: Judgement,
    /// The bundle that made the judgement.
    pub bundle: Arc<str>,
}

/// An exchange's observation with its account and, if the exchange has an id, the digest that identifies repeats.
struct Observed {
    account: AccountKey,
    digest: Option<Digest>,
    observation: Observation,
}

/// The values taken from a profile while its partition is locked.
struct Measured {
    measures: MeasureValues,
    seen: u64,
    /// Number of exchanges that the measures rest on.
    judged: u64,
    templates: Templates,
}

/// An assessment with what the policy needs to know of its account.
struct Folded {
    account: AccountKey,
    templates: Templates,
    assessment: Assessment,
}

impl Measured {
    fn of(profile: &Profile) -> Self {
        Self {
            measures: MeasureValues::of(profile),
            seen: profile.seen(),
            judged: profile.judged(),
            templates: Templates::of(profile),
        }
    }
}

impl Engine {
    /// Builds an engine that keeps at most `accounts_max` accounts (rounded up to a multiple of the number of
    /// partitions). Beyond that, a partition evicts its least recently active account, counted in exchanges.
    pub fn new(parts: EngineParts, accounts_max: usize) -> Self {
        Self {
            parts,
            accounts: Arc::new(Accounts::new(accounts_max)),
            policy: None,
            sink: NoSink,
        }
    }

    /// Returns this engine with a policy that decides whom to review. Without one, the bundle's operating points do.
    #[must_use]
    pub fn with_policy(self, policy: Arc<Policy>) -> Self {
        Self {
            policy: Some(policy),
            ..self
        }
    }

    /// Returns this engine with a sink that receives every observation before it is counted.
    pub fn with_sink<S: ObservationSink>(self, sink: S) -> Engine<S> {
        Engine {
            parts: self.parts,
            accounts: self.accounts,
            policy: self.policy,
            sink,
        }
    }

    /// Adds one exchange to its account's history and returns the account's state after it. If the account sent the
    /// same exchange before, nothing is counted, and the answer, marked as `duplicate`, describes the unchanged state.
    ///
    /// Look-up and counting are one step under one lock, so that only one of two concurrent copies is counted.
    pub fn score(&self, exchange: &Exchange) -> Assessment {
        let Ok(assessment) = self.try_score(exchange);
        assessment
    }

    /// Scores a batch as if each exchange were passed to [`Self::score`] in turn: the same answers, in the same order.
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
        let mut folded: Vec<Option<Folded>> = Vec::new();
        folded.resize_with(exchanges.len(), || None);
        let scored: Vec<Vec<(usize, Folded)>> = by_partition
            .par_iter()
            .map(|indices| {
                let fold = |index: &usize| {
                    let (observed, exchange) = (&observed[*index], &exchanges[*index]);
                    let Ok(folded) = self.fold(observed, exchange);
                    (*index, folded)
                };
                indices.iter().map(fold).collect()
            })
            .collect();
        for (index, one) in scored.into_iter().flatten() {
            folded[index] = Some(one);
        }
        let in_order = folded.into_iter().flatten();
        in_order.map(|one| self.advised(one)).collect()
    }
}

impl<S: ObservationSink> Engine<S> {
    /// Scores one exchange as [`Engine::score`] does, for an engine whose sink may fail.
    ///
    /// # Errors
    /// If the sink rejects the observation. Then nothing is counted, and the same exchange may be sent again.
    pub fn try_score(&self, exchange: &Exchange) -> Result<Assessment, S::Error> {
        let folded = self.fold(&self.observed(exchange), exchange)?;
        Ok(self.advised(folded))
    }

    fn fold(&self, observed: &Observed, exchange: &Exchange) -> Result<Folded, S::Error> {
        let Observed {
            account,
            digest,
            ref observation,
        } = *observed;
        let (measured, duplicate) = {
            let mut partition = self.accounts.partition(account);
            // A mirrored copy is counted where the call itself is.
            let duplicate = exchange.mirror
                || digest.is_some_and(|digest| partition.has_counted(account, digest));
            if !duplicate {
                self.sink.append(&CountedObservation {
                    partition: partition_of(account),
                    sequence: partition.next_sequence(),
                    account,
                    exchange: digest,
                    observation,
                })?;
                partition.count(account, digest);
            }
            let profile = partition.touch(account);
            if !duplicate {
                profile.update(observation, &self.parts.random_features);
            }
            (Measured::of(profile), duplicate)
        };
        Ok(Folded {
            account,
            templates: measured.templates,
            assessment: Assessment {
                duplicate,
                ..self.assess(&measured, observation, exchange)
            },
        })
    }
}

impl<S> Engine<S> {
    /// Builds an engine with the parts of another bundle that shares this engine's account histories and sink. This
    /// engine is unchanged, and each sees what the other counts. `None` if `parts` has another text model. The
    /// deployment's key must be the same. The policy is shared as well; see [`Policy::forget_scores`].
    pub fn with_bundle(&self, parts: EngineParts) -> Option<Self>
    where
        S: Clone,
    {
        (parts.text_model == self.parts.text_model).then(|| Self {
            parts,
            accounts: Arc::clone(&self.accounts),
            policy: self.policy.clone(),
            sink: self.sink.clone(),
        })
    }

    /// Returns the name of the bundle.
    pub fn bundle(&self) -> &str {
        &self.parts.bundle
    }

    /// Returns the identity of the text model; see [`EngineParts::text_model`].
    pub fn text_model(&self) -> &str {
        &self.parts.text_model
    }

    /// Scores an exchange as if it were its account's first, without storing or changing anything.
    pub fn dry_run(&self, exchange: &Exchange) -> Assessment {
        let observed = self.observe(exchange, &mut ObserveScratch::default());
        let mut profile = Profile::empty();
        profile.update(&observed.observation, &self.parts.random_features);
        let measured = Measured::of(&profile);
        self.assess(&measured, &observed.observation, exchange)
    }

    /// Returns the current number of accounts.
    pub fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Returns the number of exchanges that an account needs for a band.
    pub fn exchanges_needed(&self) -> u64 {
        self.parts.risk_model.exchanges_needed()
    }

    /// Returns the number of accounts with at least this many exchanges counted. Walks all of them.
    pub fn accounts_with(&self, exchanges: u64) -> usize {
        self.accounts.with(exchanges)
    }

    /// Returns the profile of an account, if there is one.
    pub fn profile(&self, account: AccountKey) -> Option<Profile> {
        self.accounts.partition(account).profile(account).cloned()
    }

    /// Returns the state of an account, without changing it; `None` for an unknown account.
    pub fn account(&self, account: AccountKey) -> Option<AccountState> {
        let (measured, last_seen) = {
            let partition = self.accounts.partition(account);
            let profile = partition.profile(account)?;
            (Measured::of(profile), profile.last_seen()?)
        };
        let model = &self.parts.risk_model;
        let mut judgement = model.judge(&measured.measures, measured.judged);
        if let Some(policy) = &self.policy {
            let advice = judgement.recommendation;
            let decision = policy.decide(account, advice, measured.templates);
            Advised::from(&mut judgement).follow(&decision);
        }
        Some(AccountState {
            account,
            seen: measured.seen,
            last_seen,
            judgement,
            bundle: Arc::clone(&self.parts.bundle),
        })
    }

    /// Returns a page of account states: those of at most `limit` accounts after `after`, in a fixed order in which an
    /// account keeps its position as long as it is stored. Also returns the account to continue after; `None` at the
    /// end.
    pub fn accounts_after(
        &self,
        after: Option<AccountKey>,
        limit: usize,
    ) -> (Vec<AccountState>, Option<AccountKey>) {
        let keys = self.accounts.keys_after(after, limit);
        let next = keys.last().copied().filter(|_| keys.len() == limit);
        let accounts = keys.into_iter().filter_map(|key| self.account(key));
        (accounts.collect(), next)
    }

    /// Deletes an account's history and the record of its exchanges; returns whether the account was known.
    pub fn delete_account(&self, account: AccountKey) -> bool {
        if let Some(policy) = &self.policy {
            policy.forget(account);
        }
        self.accounts.partition(account).delete_account(account)
    }

    /// Lets the policy decide on an assessment. A repeat changes nothing.
    fn advised(&self, folded: Folded) -> Assessment {
        let Folded {
            account,
            templates,
            mut assessment,
        } = folded;
        if let Some(policy) = &self.policy {
            let advice = assessment.recommendation;
            let decision = if assessment.duplicate {
                policy.decide(account, advice, templates)
            } else {
                policy.update(&Standing {
                    account,
                    time: assessment.time,
                    score: assessment.score,
                    advice,
                    templates,
                })
            };
            Advised::from(&mut assessment).follow(&decision);
        }
        assessment
    }

    fn observed(&self, exchange: &Exchange) -> Observed {
        thread_local! {
            static SCRATCH: std::cell::RefCell<ObserveScratch> = std::cell::RefCell::default();
        }
        SCRATCH.with_borrow_mut(|scratch| self.observe(exchange, scratch))
    }

    /// Returns measures of an account that no term of this engine's bundle weighs, as plain sentences, each with the
    /// technique that it is context for; empty for an unknown account.
    pub fn context(&self, account: &str) -> Vec<(Technique, String)> {
        self.context_of(self.parts.observer.account(account))
    }

    /// Returns the [`Self::context`] of the account with this pseudonym.
    pub fn context_of(&self, account: AccountKey) -> Vec<(Technique, String)> {
        let Some(profile) = self.profile(account) else {
            return Vec::new();
        };
        let values = MeasureValues::of(&profile);
        let model = &self.parts.risk_model;
        let sentence = |measure: MeasureIndex| {
            let (value, typical) = (values.get(measure)?, model.typical_context(measure));
            let text = (measure.measure().sentence)(value, typical);
            Some((measure.card().technique, text))
        };
        MeasureIndex::all()
            .filter(|measure| model.fusion().term(*measure).is_none())
            .filter_map(sentence)
            .collect()
    }

    /// Returns the risk of an exchange judged by its text alone; `None` without text. Nothing is counted or stored.
    pub fn conversation_risk(&self, exchange: &Exchange) -> Option<Risk> {
        let observer = &self.parts.observer;
        let observation = observer.observe(exchange, &mut ObserveScratch::default());
        self.conversation(&observation)
    }

    /// Returns the risk of a call by all its text; `None` without text.
    fn conversation(&self, observation: &Observation) -> Option<Risk> {
        if observation.evidence == Evidence::Unread {
            return None;
        }
        let cues = observation.elsewhere.map_or(observation.cues, |elsewhere| {
            observation.cues.or_elsewhere(elsewhere.cues)
        });
        Some(self.parts.risk_model.conversation_risk(&cues))
    }

    fn observe(&self, exchange: &Exchange, scratch: &mut ObserveScratch) -> Observed {
        let observer = &self.parts.observer;
        let observation = observer.observe(exchange, scratch);
        Observed {
            account: observer.account(&exchange.account),
            digest: observer.exchange_digest(exchange, &observation),
            observation,
        }
    }

    fn assess(
        &self,
        measured: &Measured,
        observation: &Observation,
        exchange: &Exchange,
    ) -> Assessment {
        let judgement = self
            .parts
            .risk_model
            .judge(&measured.measures, measured.judged);
        Assessment {
            exchange: exchange.id.clone(),
            account: exchange.account.clone(),
            time: exchange.time,
            seen: measured.seen,
            risk: judgement.calibrated.risk,
            risk_low: judgement.calibrated.low,
            risk_high: judgement.calibrated.high,
            band: judgement.band,
            recommendation: judgement.recommendation,
            mitigations: judgement.mitigations,
            techniques: judgement.techniques,
            conversation_risk: self.conversation(observation),
            reasons: judgement.reasons,
            base: judgement.base,
            score: judgement.score,
            truncated: exchange.truncated
                || observation.shape.read_bytes < observation.shape.total_bytes,
            duplicate: false,
            bundle: Arc::clone(&self.parts.bundle),
        }
    }
}
