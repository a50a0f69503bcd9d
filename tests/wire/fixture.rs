//! A server on a free port with a scorer whose answers a test can foresee.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};
use stillwatch::domain::{
    Assessment, Band, BaselineOf, Exchange, Mitigation, Reason, Recommendation, Risk, Technique,
    TechniqueRisk,
};
use stillwatch::server::{self, Limits, NotReady, ScoreError, Scorer, Standing};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Text that may come back in no error.
pub(crate) const CANARY: &str = "canary-7f3a";

/// Scores by the account's name: `slow` waits for [`Fake::release`], `fault` fails, `panic` panics.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) unready: AtomicBool,
    pub(crate) scored: AtomicU64,
    counted: Mutex<Vec<Exchange>>,
    started: AtomicU64,
    released: Mutex<bool>,
    changed: Condvar,
}

impl Fake {
    /// Lets every slow score end, now and later.
    pub(crate) fn release(&self) {
        *self.released.lock().expect("no test panics inside") = true;
        self.changed.notify_all();
    }

    /// Returns once `count` scores have begun.
    pub(crate) async fn begun(&self, count: u64) {
        while self.started.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }

    /// What was scored, once it is `count` exchanges or more: for surfaces whose callers get no assessment.
    pub(crate) async fn counted(&self, count: usize) -> Vec<Exchange> {
        loop {
            let counted = self.counted.lock().expect("no test panics inside").clone();
            if counted.len() >= count {
                return counted;
            }
            tokio::task::yield_now().await;
        }
    }

    fn wait(&self) {
        let released = self.released.lock().expect("no test panics inside");
        let waited = self.changed.wait_while(released, |released| !*released);
        drop(waited.expect("no test panics inside"));
    }
}

impl Scorer for Fake {
    fn score(&self, exchange: Exchange) -> Result<Assessment, ScoreError> {
        self.started.fetch_add(1, Ordering::SeqCst);
        match exchange.account.as_str() {
            "slow" => self.wait(),
            "fault" => {
                return Err(ScoreError::Fault {
                    cause: "the test wants it",
                });
            }
            "panic" => panic!("the test wants it"),
            _ => {}
        }
        self.scored.fetch_add(1, Ordering::SeqCst);
        self.counted
            .lock()
            .expect("no test panics inside")
            .push(exchange.clone());
        Ok(assessment(exchange))
    }

    /// By the account's name: `restricted` is, `nobody` is not remembered, all others are as they should be.
    fn standing(&self, account: &str) -> Option<Standing> {
        let (band, recommendation) = match account {
            "nobody" => return None,
            "restricted" => (Band::Severe, Recommendation::Restrict),
            _ => (Band::Low, Recommendation::Allow),
        };
        Some(Standing {
            seen: 40,
            risk: Risk::new(0.5).expect("a probability"),
            band,
            recommendation,
        })
    }

    fn case(&self, account: &str) -> String {
        format!("case-{account}")
    }

    fn credential(&self, secret: &[u8]) -> String {
        format!("credential-{}", secret.len())
    }

    fn bundle(&self) -> String {
        "fake@1".to_owned()
    }

    fn ready(&self) -> Result<(), NotReady> {
        if self.unready.load(Ordering::SeqCst) {
            return Err(NotReady {
                waiting_for: "the test",
            });
        }
        Ok(())
    }
}

/// Shows what arrived: `observed` is the number of bytes of all text, `expected` that of messages.
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
        conversation_risk: risk(0.5),
        reasons: vec![Reason {
            code: "text_bytes",
            technique: None,
            observed: text as f64,
            expected: exchange.messages.len() as f64,
            baseline_of: BaselineOf::Own,
            contribution: 0.0,
            text: format!("{} tools", exchange.tools.len()),
        }],
        base: -1.5,
        score: -1.5,
        truncated: false,
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
    /// With the limits that the documentation states.
    pub(crate) async fn start() -> Self {
        Self::with(Limits::standard()).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let fake = Arc::new(Fake::default());
        let scorer: Arc<dyn Scorer> = fake.clone();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let shutdown = async { stopped.await.unwrap_or_default() };
            server::run(listener, scorer, limits, shutdown).await;
        });
        Self {
            address,
            fake,
            stop: Some(stop),
            task,
        }
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&mut self) {
        let stop = self.stop.take().expect("stopped once");
        stop.send(()).expect("the server runs");
    }

    /// Returns when the server has stopped.
    pub(crate) async fn stopped(self) {
        self.task.await.expect("the server does not panic");
    }
}

/// The smallest exchange of `account`.
pub(crate) fn exchange(account: &str) -> Value {
    json!({
        "id": "ex-1",
        "time": "2026-05-01T12:00:00.123Z",
        "account": account,
        "model": "opus-4.6",
        "messages": [{"role": "user", "content": "hello"}],
    })
}
