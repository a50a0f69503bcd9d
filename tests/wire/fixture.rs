//! Fixture: a server on a free port with a scorer whose answers are predictable.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};
use stillwatch::internals::bundle::FileHash;
use stillwatch::internals::domain::{
    AccountKey, AccountRef, Assessment, Band, BaselineOf, Exchange, Label, LabelSubject,
    LabeledAccount, Mitigation, Reason, Recommendation, Risk, Technique, TechniqueRisk, Timestamp,
};
use stillwatch::internals::engine::AccountState;
use stillwatch::internals::privacy::{PseudonymKey, Pseudonymizer};
use stillwatch::internals::risk::{Calibrated, Judgement};
use stillwatch::internals::server::{
    self, AccountStatus, Accounts, ActiveBundle, Histories, LabelError, Labels, Limits, ModelEntry,
    ModelError, Models, NotReady, ScoreError, Scorer, Services, Setup, Submitted, Verification,
};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::reviews::Desk;

/// Canary text that must not appear in any error.
pub(crate) const CANARY: &str = "canary-7f3a";

/// Returns the pseudonymizer shared by all servers of these tests.
pub(crate) fn pseudonymizer() -> Pseudonymizer {
    Pseudonymizer::new(PseudonymKey::offline())
}

/// An account's name and its exchanges: of those with an id, the id and the text.
type History = (String, Vec<Option<(String, String)>>);

/// Fake services that act on the account's name: `slow` waits for [`Fake::release`], `fault` fails, `panic` panics.
/// Accounts whose name starts with `counted` report how many of their exchanges were counted, without repeats.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) unready: AtomicBool,
    /// Whether the self-test panics.
    pub(crate) broken: AtomicBool,
    pub(crate) scored: AtomicU64,
    /// Number of exchanges in the largest batch.
    pub(crate) largest: AtomicU64,
    /// Counted exchanges of each account, by pseudonym.
    histories: Mutex<BTreeMap<AccountKey, History>>,
    labels: Mutex<BTreeMap<LabelSubject, Label<LabeledAccount>>>,
    counted: Mutex<Vec<Exchange>>,
    started: AtomicU64,
    released: Mutex<bool>,
    changed: Condvar,
}

impl Fake {
    /// Releases all waiting and future slow scores.
    pub(crate) fn release(&self) {
        *self.released.lock().expect("no test panics under the lock") = true;
        self.changed.notify_all();
    }

    /// Waits until `count` scores have begun.
    pub(crate) async fn begun(&self, count: u64) {
        while self.started.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }

    /// Counts an exchange unless it is a repeat. Returns the number of counted exchanges and whether it is a repeat.
    fn count(&self, exchange: &Exchange) -> (u64, bool) {
        let mut histories = self
            .histories
            .lock()
            .expect("no test panics under the lock");
        let key = pseudonymizer().account(&exchange.account);
        let history = histories
            .entry(key)
            .or_insert_with(|| (exchange.account.clone(), Vec::new()));
        let messages = exchange.messages.iter();
        let text: String = messages
            .map(|message| &**message.content.expose())
            .collect();
        let sent = exchange.id.clone().map(|id| (id, text));
        let duplicate = sent.is_some() && history.1.contains(&sent);
        if !duplicate {
            history.1.push(sent);
        }
        (history.1.len() as u64, duplicate)
    }

    /// Waits until at least `count` exchanges are scored and returns them: for APIs whose callers get no assessment.
    pub(crate) async fn counted(&self, count: usize) -> Vec<Exchange> {
        loop {
            let counted = self
                .counted
                .lock()
                .expect("no test panics under the lock")
                .clone();
            if counted.len() >= count {
                return counted;
            }
            tokio::task::yield_now().await;
        }
    }

    fn wait(&self) {
        let released = self.released.lock().expect("no test panics under the lock");
        let waited = self.changed.wait_while(released, |released| !*released);
        drop(waited.expect("no test panics under the lock"));
    }
}

impl Scorer for Fake {
    fn score(&self, exchange: Exchange) -> Result<Assessment, ScoreError> {
        self.started.fetch_add(1, Ordering::SeqCst);
        match exchange.account.as_str() {
            "slow" => self.wait(),
            "fault" => {
                return Err(ScoreError::Fault {
                    cause: "the test provokes it",
                });
            }
            "panic" => panic!("the test provokes it"),
            _ => {}
        }
        self.scored.fetch_add(1, Ordering::SeqCst);
        self.counted
            .lock()
            .expect("no test panics under the lock")
            .push(exchange.clone());
        let counts = exchange.account.starts_with("counted");
        let (seen, duplicate) = self.count(&exchange);
        let mut assessment = assessment(exchange);
        if counts {
            (assessment.seen, assessment.duplicate) = (seen, duplicate);
        }
        Ok(assessment)
    }

    fn score_batch(&self, exchanges: Vec<Exchange>) -> Vec<Result<Assessment, ScoreError>> {
        self.largest
            .fetch_max(exchanges.len() as u64, Ordering::SeqCst);
        let exchanges = exchanges.into_iter();
        exchanges.map(|exchange| self.score(exchange)).collect()
    }

    /// Answers by the account's name: `restricted` is restricted, `nobody` is unknown, all others are unremarkable.
    fn account_status(&self, account: AccountKey) -> Option<AccountStatus> {
        let is = |name: &str| account == pseudonymizer().account(name);
        let (band, recommendation) = match (is("nobody"), is("restricted")) {
            (true, _) => return None,
            (_, true) => (Band::Severe, Recommendation::Restrict),
            _ => (Band::Low, Recommendation::Allow),
        };
        Some(AccountStatus {
            seen: 40,
            risk: Risk::new(0.5).expect("a probability"),
            band,
            recommendation,
        })
    }

    fn conversation_risk(&self, _: &Exchange) -> Result<Risk, ScoreError> {
        Ok(Risk::new(0.5).expect("a probability"))
    }

    fn readiness(&self) -> Result<(), NotReady> {
        assert!(!self.broken.load(Ordering::SeqCst), "the test provokes it");
        if self.unready.load(Ordering::SeqCst) {
            return Err(NotReady {
                waiting_for: "the test",
            });
        }
        Ok(())
    }
}

/// Risk and band depend on the account's name.
impl Accounts for Fake {
    fn count(&self) -> usize {
        7
    }

    fn account(&self, account: AccountKey) -> Option<AccountState> {
        let histories = self
            .histories
            .lock()
            .expect("no test panics under the lock");
        histories
            .get(&account)
            .map(|(name, ids)| state(account, name, ids.len()))
    }

    fn accounts_after(
        &self,
        after: Option<AccountKey>,
        at_most: usize,
    ) -> (Vec<AccountState>, Option<AccountKey>) {
        let histories = self
            .histories
            .lock()
            .expect("no test panics under the lock");
        let rest = histories
            .range(after.map_or(AccountKey(0), |key| AccountKey(key.0 + 1))..)
            .take(at_most);
        let rows: Vec<AccountState> = rest
            .map(|(key, (name, ids))| state(*key, name, ids.len()))
            .collect();
        let next = rows
            .last()
            .map(|row| row.account)
            .filter(|_| rows.len() == at_most);
        (rows, next)
    }

    fn histories(&self) -> Histories {
        Histories {
            needed: 10,
            enough: 3,
        }
    }

    fn context(&self, account: AccountKey) -> Vec<(Technique, String)> {
        self.account(account).map_or_else(Vec::new, |_| {
            vec![(
                Technique::RelayResale,
                "Requests came from 1.0 programs".to_owned(),
            )]
        })
    }

    fn delete_account(&self, account: AccountKey) -> bool {
        let mut histories = self
            .histories
            .lock()
            .expect("no test panics under the lock");
        histories.remove(&account).is_some()
    }
}

fn state(account: AccountKey, name: &str, seen: usize) -> AccountState {
    let risk = |value| Risk::new(value).expect("within [0, 1]");
    let severe = name.contains("severe");
    AccountState {
        account,
        seen: seen as u64,
        last_seen: Timestamp::from_micros(1_777_636_800_123_000),
        judgement: Judgement {
            calibrated: Calibrated {
                low: risk(0.0),
                risk: risk(0.25),
                high: risk(0.5),
            },
            band: if severe { Band::Severe } else { Band::Low },
            recommendation: Recommendation::Watch,
            mitigations: vec![Mitigation::VerifyAccount],
            techniques: vec![
                TechniqueRisk {
                    technique: Technique::ReasoningHarvest,
                    risk: risk(0.0),
                },
                TechniqueRisk {
                    technique: Technique::DatasetSynthesis,
                    risk: risk(0.2),
                },
            ],
            reasons: Vec::new(),
            base: -1.5,
            score: 0.0,
        },
        bundle: "fake@1".into(),
    }
}

/// Answers depend on the bundle's name.
impl Models for Fake {
    fn active(&self) -> ActiveBundle {
        ActiveBundle {
            name: "fake@1".to_owned(),
            digest: "00".repeat(32),
        }
    }

    fn list(&self) -> Vec<ModelEntry> {
        vec![ModelEntry {
            bundle: "fake@1".to_owned(),
            built_in: true,
            active: true,
            keeps_histories: true,
            text_model: None,
        }]
    }

    fn verify(&self, bundle: &str) -> Result<Verification, ModelError> {
        let problem = match bundle {
            "fake@1" => None,
            "unfit@1" => Some("a file is not of its form"),
            _ => return Err(ModelError::Unknown),
        };
        let files = vec![FileHash {
            file: "risk_model.json",
            expected: None,
            actual: "00".to_owned(),
        }];
        Ok(Verification { problem, files })
    }

    fn activate(&self, bundle: &str, forget_histories: bool) -> Result<bool, ModelError> {
        match bundle {
            "fake@1" => Ok(true),
            "other@1" if forget_histories => Ok(false),
            "other@1" => Err(ModelError::OtherTextModel),
            "unfit@1" => Err(ModelError::Unfit {
                problem: "a file is not of its form",
            }),
            "busy@1" => Err(ModelError::Busy),
            _ => Err(ModelError::Unknown),
        }
    }
}

/// Answers depend on the account's name: `full` and `unwritable` are refused.
impl Labels for Fake {
    fn submit(&self, label: Label<AccountRef>) -> Result<Submitted, LabelError> {
        let label = label.map_account(|account| match account {
            AccountRef::Name(name) => LabeledAccount {
                pseudonym: pseudonymizer().account(&name),
                name: Some(name),
            },
            AccountRef::Pseudonym(pseudonym) => LabeledAccount {
                pseudonym,
                name: None,
            },
        });
        match label.account.name.as_deref() {
            Some("full") => return Err(LabelError::Full { bound: 3 }),
            Some("unwritable") => return Err(LabelError::Unwritable),
            _ => {}
        }
        let mut labels = self.labels.lock().expect("no test panics under the lock");
        let replaced = labels.insert(LabelSubject::from(&label), label).is_some();
        Ok(Submitted {
            labels: labels.len(),
            replaced,
        })
    }

    fn labels_after(
        &self,
        after: Option<&LabelSubject>,
        at_most: usize,
    ) -> Vec<Label<LabeledAccount>> {
        let labels = self.labels.lock().expect("no test panics under the lock");
        let later = labels
            .iter()
            .filter(|(subject, _)| after.is_none_or(|after| *subject > after));
        let later = later.map(|(_, label)| label.clone());
        later.take(at_most).collect()
    }
}

/// Returns an assessment that reports the input: `observed` is the number of bytes of all text, `expected` the number
/// of messages.
fn assessment(exchange: Exchange) -> Assessment {
    let risk = |value| Risk::new(value).expect("within [0, 1]");
    let text: usize = exchange
        .messages
        .iter()
        .map(|message| message.content.expose().len())
        .sum();
    Assessment {
        exchange: exchange.id,
        account: exchange.account,
        time: exchange.time,
        seen: 5_000_000_000,
        risk: risk(0.0),
        risk_low: risk(0.0),
        risk_high: risk(0.25),
        band: Band::Low,
        recommendation: Recommendation::Watch,
        mitigations: vec![Mitigation::SummarizeReasoning, Mitigation::RateLimit],
        techniques: vec![
            TechniqueRisk {
                technique: Technique::ReasoningHarvest,
                risk: risk(0.0),
            },
            TechniqueRisk {
                technique: Technique::DatasetSynthesis,
                risk: risk(0.1),
            },
        ],
        conversation_risk: Some(risk(0.5)),
        reasons: vec![Reason {
            code: "text_bytes",
            technique: None,
            observed: text as f64,
            expected: exchange.messages.len() as f64,
            baseline_of: BaselineOf::Population,
            contribution: 0.0,
            text: format!("{} tools", exchange.tools.len()),
        }],
        base: -1.5,
        score: -1.5,
        truncated: false,
        duplicate: false,
        bundle: "fake@1".into(),
    }
}

/// A running server.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) fake: Arc<Fake>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    /// Starts a server with the default limits.
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub(crate) async fn with(setup: impl Into<Setup>) -> Self {
        Self::of(Fake::default(), setup).await
    }

    pub(crate) async fn of(fake: Fake, setup: impl Into<Setup>) -> Self {
        let setup = setup.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let fake = Arc::new(fake);
        let services = Services {
            pseudonymizer: pseudonymizer(),
            scorer: fake.clone(),
            accounts: fake.clone(),
            models: fake.clone(),
            labels: fake.clone(),
            reviews: Arc::new(Desk::new(fake.clone())),
        };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let shutdown = async { stopped.await.unwrap_or_default() };
            server::run(listener, services, setup, shutdown).await;
        });
        Self {
            address,
            fake,
            stop: Some(stop),
            task,
        }
    }

    /// Starts the shutdown of the server.
    pub(crate) fn stop(&mut self) {
        let stop = self.stop.take().expect("stopped once");
        stop.send(()).expect("the server runs");
    }

    /// Waits until the server has stopped.
    pub(crate) async fn stopped(self) {
        self.task.await.expect("the server does not panic");
    }
}

/// Returns a minimal exchange of `account`.
pub(crate) fn exchange(account: &str) -> Value {
    json!({
        "id": "ex-1",
        "time": "2026-05-01T12:00:00.123Z",
        "account": account,
        "model": "opus-4.6",
        "messages": [{"role": "user", "content": "hello"}],
    })
}
