//! Tests with the real LiteLLM proxy and the example configurations.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};
use stillwatch::internals::domain::{Recommendation, Role};
use stillwatch::internals::gateway::Party;
use stillwatch::internals::server::{BlockFrom, HookSettings, Limits};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::fixture::{Answer, Running, post, pseudonymizer, quiet_after};
use crate::programs::{PATIENCE, PIECES, Program, example, free_port, model, programs, up};

/// Master key of the proxy, which refuses well-known keys.
const MASTER: &str = "sk-stillwatch-tests-7d1f0a6b25";

/// A running proxy.
struct Proxy {
    address: SocketAddr,
    _program: Program,
}

impl Proxy {
    async fn start(folder: &std::path::Path, config: &str, stillwatch: SocketAddr) -> Self {
        let port = free_port();
        let llm = model().await;
        let url = format!("http://{stillwatch}");
        let mut command = Command::new(folder.join("litellm/bin/litellm"));
        command
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .arg("--config")
            .arg(example(config))
            .env("LITELLM_MASTER_KEY", MASTER)
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .env("LLM_URL", format!("http://{llm}/v1"))
            .env("LLM_KEY", "none")
            .env("STILLWATCH_URL", &url)
            .env("STILLWATCH_LOG_URL", format!("{url}/v1/ingest/litellm"))
            .env("STILLWATCH_KEY", "none")
            .env("OTEL_EXPORTER", "otlp_http")
            .env("OTEL_ENDPOINT", format!("{url}/v1/traces"))
            .env(
                "OTEL_SEMCONV_STABILITY_OPT_IN",
                "gen_ai_latest_experimental",
            );
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let program = Program::start(&mut command);
        up(address, "/health/liveliness").await;
        Self {
            address,
            _program: program,
        }
    }

    async fn ask(&self, text: &str, more: Value) -> Answer {
        let mut body = json!({
            "model": "house-model",
            "messages": [{"role": "system", "content": "Answer in verse."},
                         {"role": "user", "content": text}],
        });
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let bearer = format!("Bearer {MASTER}");
        let headers = [("authorization", bearer.as_str())];
        let answer = post(
            self.address,
            "/v1/chat/completions",
            &headers,
            body.to_string(),
        );
        timeout(PATIENCE, answer).await.expect("an answer in time")
    }
}

fn shown(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn litellm_guardrail() {
    let Some(folder) = programs("litellm_guardrail") else {
        return;
    };
    // Here the account is the end user: this test uses the proxy's own key for all requests.
    let server = Running::with(HookSettings {
        block_from: BlockFrom::Restrict,
        account: Party::EndUser,
        ..quiet_after(1.0)
    })
    .await;
    server
        .scorer
        .set_recommendation("bad", Recommendation::Restrict);
    let proxy = Proxy::start(&folder, "litellm/guardrail.yaml", server.address).await;

    // Request and response are one exchange.
    let answer = proxy.ask("Sing of hail.", json!({"user": "good"})).await;
    assert_eq!(answer.status, 200, "{}", shown(&answer));
    let wait = server.scorer.has_counted(1);
    let counted = timeout(PATIENCE, wait).await.expect("counted")[0].clone();
    assert_eq!(counted.account, "good");
    assert_eq!(counted.model, "house-model");
    assert_eq!(
        counted.messages[1],
        (Role::User, "Sing of hail.".to_owned())
    );
    assert_eq!(counted.answer.as_deref(), Some("Hail, hail."));
    assert_eq!(counted.status, Some(200));

    // A streamed response is one exchange with all of its text.
    let answer = proxy
        .ask("Sing on.", json!({"user": "good", "stream": true}))
        .await;
    assert_eq!(
        shown(&answer).matches("\"hail ").count(),
        PIECES,
        "{}",
        shown(&answer)
    );
    let wait = server.scorer.has_counted(2);
    let counted = timeout(PATIENCE, wait).await.expect("counted");
    let text = counted[1].answer.clone().expect("an answer");
    assert_eq!(text.trim_end(), "hail ".repeat(PIECES).trim_end());

    // A declined request gets a 400 with only a reference.
    let answer = proxy.ask("Sing of hail.", json!({"user": "bad"})).await;
    assert_eq!(answer.status, 400, "{}", shown(&answer));
    assert!(
        shown(&answer).contains(&pseudonymizer().reference("bad")),
        "{}",
        shown(&answer)
    );
    for word in ["risk", "score", "0.87", "severe", "restrict", "reason\""] {
        assert!(!shown(&answer).contains(word), "{word}: {}", shown(&answer));
    }
    let wait = server.scorer.has_counted(3);
    let counted = timeout(PATIENCE, wait).await.expect("counted");
    assert_eq!(
        (counted[2].account.as_str(), counted[2].status),
        ("bad", Some(403))
    );
    assert_eq!(counted[2].answer, None);

    let mut times: Vec<f64> = Vec::new();
    for _ in 0..40 {
        let begun = Instant::now();
        assert_eq!(
            proxy.ask("Sing.", json!({"user": "good"})).await.status,
            200
        );
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    eprintln!(
        "LiteLLM with both legs: p50 {:.1} ms, p90 {:.1} ms",
        times[20], times[36]
    );

    // Without a server, requests pass.
    let scorer = server.stopped().await;
    assert_eq!(
        scorer.counted().len(),
        43,
        "waiting requests were counted at shutdown"
    );
    let begun = Instant::now();
    let answer = proxy.ask("Sing of hail.", json!({"user": "bad"})).await;
    assert_eq!(answer.status, 200, "{}", shown(&answer));
    eprintln!(
        "LiteLLM without a server: {:.1} ms",
        begun.elapsed().as_secs_f64() * 1e3
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn litellm_overload() {
    let Some(folder) = programs("litellm_overload") else {
        return;
    };
    let server = Running::within(Limits {
        max_concurrent_requests: 1,
        hooks: quiet_after(0.5),
        ..Limits::default()
    })
    .await;
    let proxy = Proxy::start(&folder, "litellm/guardrail.yaml", server.address).await;
    // A request whose body does not end takes the only slot.
    let mut held = tokio::net::TcpStream::connect(server.address)
        .await
        .expect("a listener");
    let head = "POST /v1/score HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n\
                content-length: 10\r\n\r\n{";
    held.write_all(head.as_bytes()).await.expect("a connection");
    let probe = async { while server.post("/portkey/webhook", &json!({})).await.status != 503 {} };
    timeout(PATIENCE, probe).await.expect("the slot is taken");
    let answer = proxy.ask("Sing of hail.", json!({})).await;
    assert_eq!(answer.status, 200, "{}", shown(&answer));
    assert!(
        server.scorer.counted().is_empty(),
        "no exchange was counted"
    );
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn litellm_log() {
    let Some(folder) = programs("litellm_log") else {
        return;
    };
    let server = Running::with(HookSettings::default()).await;
    let proxy = Proxy::start(&folder, "litellm/log.yaml", server.address).await;
    assert_eq!(
        proxy
            .ask("Sing of hail.", json!({"user": "u", "temperature": 0.5}))
            .await
            .status,
        200
    );
    assert_eq!(
        proxy.ask("Sing on.", json!({"stream": true})).await.status,
        200
    );
    let wait = server.scorer.has_counted(2);
    let counted = timeout(PATIENCE, wait).await.expect("counted");
    let first = counted
        .iter()
        .find(|c| c.messages[1].1 == "Sing of hail.")
        .expect("both were counted");
    assert_eq!(first.model, "house-model");
    assert_eq!(first.answer.as_deref(), Some("Hail, hail."));
    assert_eq!(
        (first.status, first.tokens),
        (Some(200), (Some(9), Some(4)))
    );
    assert_eq!(first.temperature, Some(0.5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn litellm_traces() {
    let Some(folder) = programs("litellm_traces") else {
        return;
    };
    let server = Running::with(HookSettings::default()).await;
    let proxy = Proxy::start(&folder, "litellm/otel.yaml", server.address).await;
    assert_eq!(
        proxy
            .ask("Sing of hail.", json!({"user": "u"}))
            .await
            .status,
        200
    );
    let wait = server.scorer.has_counted(1);
    let counted = timeout(PATIENCE, wait).await.expect("counted");
    assert_eq!(counted[0].model, "house-model");
    assert_eq!(
        counted[0].messages[1],
        (Role::User, "Sing of hail.".to_owned())
    );
    assert_eq!(counted[0].answer.as_deref(), Some("Hail, hail."));
    assert_eq!(counted[0].tokens, (Some(9), Some(4)));
}
