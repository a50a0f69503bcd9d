//! Fixture: a server on a free port whose scorer records the exchanges that the engine counts, and a plain HTTP client.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::HeaderMap;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use stillwatch::internals::bundle::Bundle;
use stillwatch::internals::domain::{
    AccountKey, Assessment, Band, CallKind, Exchange, FinishReason, Recommendation, Risk, Role,
};
use stillwatch::internals::engine::Engine;
use stillwatch::internals::privacy::{PseudonymKey, Pseudonymizer};
use stillwatch::internals::server::{
    self, AccountStatus, HookSettings, Limits, NotReady, ScoreError, Scorer, Services,
};
use tokio::net::{TcpListener, TcpStream};

use crate::nothing::EmptyServices;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Canary text that must not appear in any response.
pub(crate) const CANARY: &str = "canary-9e21";

/// Returns the pseudonymizer shared by all servers of these tests.
pub(crate) fn pseudonymizer() -> Pseudonymizer {
    Pseudonymizer::new(PseudonymKey::offline())
}

/// The recorded fields of one counted exchange.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Counted {
    pub(crate) id: Option<String>,
    pub(crate) account: String,
    pub(crate) conversation: Option<String>,
    pub(crate) model: String,
    pub(crate) messages: Vec<(Role, String)>,
    pub(crate) tools: Vec<String>,
    pub(crate) temperature: Option<f32>,
    pub(crate) answer: Option<String>,
    pub(crate) finish_reason: Option<FinishReason>,
    pub(crate) status: Option<u16>,
    pub(crate) tokens: (Option<u64>, Option<u64>),
    pub(crate) refusal: (Option<bool>, Option<String>),
    pub(crate) kind: Option<CallKind>,
    pub(crate) session: Option<String>,
    pub(crate) end_user: Option<String>,
    pub(crate) truncated: bool,
    pub(crate) micros: i64,
}

/// The engine shared by all servers of this test binary. Account names are prefixed, so that each server sees only its
/// own accounts.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let bundle = Bundle::embedded().expect("the shipped bundle loads");
    Engine::new(bundle.into_engine_parts(PseudonymKey::offline()), 100_000)
});
static SERVERS: AtomicU64 = AtomicU64::new(0);

/// Scorer that records the exchanges that the engine counts; accounts in `statuses` have the recommendation set there.
pub(crate) struct Recorder {
    server: u64,
    counted: Mutex<Vec<Counted>>,
    statuses: Mutex<HashMap<AccountKey, Recommendation>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            server: SERVERS.fetch_add(1, Ordering::Relaxed),
            counted: Mutex::default(),
            statuses: Mutex::default(),
        }
    }
}

impl Recorder {
    pub(crate) fn counted(&self) -> Vec<Counted> {
        self.counted
            .lock()
            .expect("no test panics under the lock")
            .clone()
    }

    /// Sets the recommendation of `account`.
    pub(crate) fn set_recommendation(&self, account: &str, recommendation: Recommendation) {
        let mut statuses = self.statuses.lock().expect("no test panics under the lock");
        statuses.insert(pseudonymizer().account(account), recommendation);
    }

    /// Waits until at least `count` exchanges are counted and returns them. The test's own time limit ends a wait that
    /// never succeeds.
    pub(crate) async fn has_counted(&self, count: usize) -> Vec<Counted> {
        loop {
            let counted = self.counted();
            if counted.len() >= count {
                return counted;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

impl Scorer for Recorder {
    fn score(&self, exchange: Exchange) -> Result<Assessment, ScoreError> {
        let own = Exchange {
            account: format!("{} {}", self.server, exchange.account),
            ..exchange.clone()
        };
        if ENGINE.score(&own).duplicate {
            return Ok(assessment(exchange));
        }
        let text = |text: &stillwatch::internals::domain::Sensitive<String>| text.expose().clone();
        let messages = exchange.messages.iter();
        let counted = Counted {
            id: exchange.id.clone(),
            account: exchange.account.clone(),
            conversation: exchange.conversation.clone(),
            model: exchange.model.clone(),
            messages: messages.map(|m| (m.role, text(&m.content))).collect(),
            tools: exchange
                .tools
                .iter()
                .map(|tool| tool.name.clone())
                .collect(),
            temperature: exchange.parameters.temperature,
            answer: exchange.response.text.as_ref().map(text),
            finish_reason: exchange.response.finish_reason,
            status: exchange.response.status,
            tokens: (
                exchange.response.input_tokens,
                exchange.response.output_tokens,
            ),
            refusal: (
                exchange.response.refused,
                exchange.response.refusal_category.clone(),
            ),
            kind: exchange.kind,
            session: exchange.session.as_ref().map(text),
            end_user: exchange.end_user.as_ref().map(text),
            truncated: exchange.truncated,
            micros: exchange.time.as_micros(),
        };
        self.counted
            .lock()
            .expect("no test panics under the lock")
            .push(counted);
        Ok(assessment(exchange))
    }

    fn account_status(&self, account: AccountKey) -> Option<AccountStatus> {
        let statuses = self.statuses.lock().expect("no test panics under the lock");
        let recommendation = *statuses.get(&account)?;
        Some(AccountStatus {
            seen: 40,
            risk: probability(0.87),
            band: Band::Severe,
            recommendation,
        })
    }

    fn score_batch(&self, exchanges: Vec<Exchange>) -> Vec<Result<Assessment, ScoreError>> {
        let exchanges = exchanges.into_iter();
        exchanges.map(|exchange| self.score(exchange)).collect()
    }

    /// Returns a risk of 0.01 per byte of text.
    fn conversation_risk(&self, exchange: &Exchange) -> Result<Risk, ScoreError> {
        let bytes = exchange.messages[0].content.expose().len();
        Ok(probability(bytes.min(100) as f64 / 100.0))
    }

    fn readiness(&self) -> Result<(), NotReady> {
        Ok(())
    }
}

fn probability(value: f64) -> Risk {
    Risk::new(value).expect("within [0, 1]")
}

fn assessment(exchange: Exchange) -> Assessment {
    Assessment {
        exchange: exchange.id,
        account: exchange.account,
        time: exchange.time,
        seen: 1,
        risk: probability(0.0),
        risk_low: probability(0.0),
        risk_high: probability(1.0),
        band: Band::Insufficient,
        recommendation: Recommendation::Allow,
        mitigations: Vec::new(),
        techniques: Vec::new(),
        conversation_risk: Some(probability(0.0)),
        reasons: Vec::new(),
        base: 0.0,
        score: 0.0,
        truncated: false,
        bundle: Arc::from("fake@1"),
        duplicate: false,
    }
}

/// A running server.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) scorer: Arc<Recorder>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// Starts a server with `hooks` that does not wait for further parts of a response.
    pub(crate) async fn with(hooks: HookSettings) -> Self {
        Self::within(Limits {
            hooks,
            ..Limits::default()
        })
        .await
    }

    pub(crate) async fn within(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let scorer = Arc::new(Recorder::default());
        let (stop, stopped) = oneshot::channel();
        let empty = Arc::new(EmptyServices);
        let served = Services {
            pseudonymizer: pseudonymizer(),
            scorer: scorer.clone(),
            accounts: empty.clone(),
            models: empty.clone(),
            labels: empty.clone(),
            reviews: empty,
        };
        let task = tokio::spawn(async move {
            let shutdown = async { stopped.await.unwrap_or_default() };
            server::run(listener, served, limits, shutdown).await;
        });
        Self {
            address,
            scorer,
            stop,
            task,
        }
    }

    /// Stops the server. Exchanges it still held are counted when this returns.
    pub(crate) async fn stopped(self) -> Arc<Recorder> {
        self.stop.send(()).expect("the server runs");
        self.task.await.expect("the server does not panic");
        self.scorer
    }

    /// Sends a POST with a JSON body.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(path, &[], body.to_string()).await
    }

    /// Sends a POST with any body; the content type is JSON unless `headers` override it.
    pub(crate) async fn send(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        post(self.address, path, headers, body).await
    }
}

/// A response.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}: not JSON: {:?}", self.status, self.body))
    }
}

/// Sends one POST over a new connection.
pub(crate) async fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let stream = TcpStream::connect(address).await.expect("a listener");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .expect("a connection");
    tokio::spawn(connection);
    let mut request = Request::post(path).header("host", "test");
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).expect("a request");
    let (parts, body) = sender
        .send_request(request)
        .await
        .expect("an answer")
        .into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

/// Returns settings that treat a response as complete after `seconds` without another part.
pub(crate) fn quiet_after(seconds: f64) -> HookSettings {
    let mut hooks = HookSettings::default();
    hooks.pending.quiet_seconds = seconds;
    hooks
}

/// Sends one GET over a new connection.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    let stream = TcpStream::connect(address).await.expect("a listener");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .expect("a connection");
    tokio::spawn(connection);
    let request = Request::get(path)
        .header("host", "test")
        .body(Full::<Bytes>::default());
    let sent = sender.send_request(request.expect("a request")).await;
    collect(sent.expect("an answer")).await
}

async fn collect(answer: hyper::Response<hyper::body::Incoming>) -> Answer {
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}
