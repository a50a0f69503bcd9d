//! Tests of `examples/gateways/envoy` in a real Envoy, between a client and a minimal model.
//!
//! `STILLWATCH_ENVOY` names the binary. If it is not set, these tests print a note and pass.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use axum::response::IntoResponse;
use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::client::{Answer, http1};
use crate::fixture::{Running, pseudonymizer};

/// An Envoy running one of the example files.
struct Envoy {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Drop for Envoy {
    fn drop(&mut self) {
        self.child.kill().expect("it runs until now");
        self.child.wait().expect("it was killed");
    }
}

impl Envoy {
    /// Starts an Envoy; `None` if there is no binary.
    async fn start(file: &str, model: SocketAddr, stillwatch: SocketAddr) -> Option<Self> {
        let Some(binary) = std::env::var_os("STILLWATCH_ENVOY") else {
            eprintln!("SKIPPED: STILLWATCH_ENVOY names no Envoy");
            return None;
        };
        let folder = TempDir::new().expect("a folder");
        let address = free();
        let example = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples/gateways/envoy")
            .join(file);
        let mut config = std::fs::read_to_string(example).expect("an example");
        for (port, here) in [(10_000, address), (8_000, model), (7_700, stillwatch)] {
            let from = format!("port_value: {port}}}");
            assert_eq!(config.matches(&from).count(), 1, "{from}");
            config = config.replace(&from, &format!("port_value: {}}}", here.port()));
        }
        let path = folder.path().join("envoy.yaml");
        std::fs::write(&path, config).expect("a file");
        let child = Command::new(binary)
            .arg("-c")
            .arg(path)
            .args([
                "--concurrency",
                "1",
                "--use-dynamic-base-id",
                "--log-level",
                "error",
            ])
            .spawn()
            .expect("an Envoy");
        let mut envoy = Self {
            child,
            address,
            _folder: folder,
        };
        while TcpStream::connect(address).await.is_err() {
            let ended = envoy.child.try_wait().expect("a child");
            assert!(ended.is_none(), "Envoy refuses the file: {ended:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Some(envoy)
    }

    async fn ask(&self, account: &str, stream: bool) -> Answer {
        let call = json!({"model": "m-1", "stream": stream, "messages": [{"role": "user", "content": "hello"}]});
        let headers = [
            (CONTENT_TYPE.as_str(), "application/json"),
            ("authorization", "Bearer sk-secret"),
            ("x-account-id", account),
        ];
        let path = "/v1/chat/completions";
        http1(
            self.address,
            hyper::Method::POST,
            path,
            &headers,
            call.to_string(),
        )
        .await
    }
}

/// Returns an address that nothing listens on.
fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

const EVENT: &str = "data: {\"model\":\"m-1\",\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}\n\n";

/// Starts a model that answers `hi`, whole or streamed.
async fn model() -> SocketAddr {
    let answer = |body: String| async move {
        let asked: Value = serde_json::from_str(&body).expect("untouched by the way here");
        if asked["stream"] == true {
            return ([(CONTENT_TYPE, "text/event-stream")], EVENT).into_response();
        }
        let response = json!({"model": "m-1", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]});
        ([(CONTENT_TYPE, "application/json")], response.to_string()).into_response()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("an address");
    let app = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test]
async fn observed_traffic_is_scored_unnoticed() {
    let model = model().await;
    let mut server = Running::start().await;
    let Some(envoy) = Envoy::start("observe.yaml", model, server.address).await else {
        return;
    };
    for (number, stream) in [false, true].into_iter().enumerate() {
        // Restricted or not: a filter in observability mode declines nobody.
        let answer = envoy.ask("restricted", stream).await;
        assert_eq!(answer.status, StatusCode::OK);
        if stream {
            assert_eq!(answer.body, EVENT);
        }
        let exchange = server.fake.counted(number + 1).await.remove(number);
        assert_eq!(exchange.account, "restricted");
        assert_eq!(exchange.messages[0].content.expose(), "hello");
        let text = exchange
            .response
            .text
            .as_ref()
            .map(|text| text.expose().as_str());
        assert_eq!((text, exchange.response.status), (Some("hi"), Some(200)));
    }
    server.stop();
    server.stopped().await;
    assert_eq!(
        envoy.ask("acc-1", false).await.status,
        StatusCode::OK,
        "without a scorer"
    );
}

#[tokio::test]
async fn only_restricted_accounts_are_declined() {
    let model = model().await;
    let mut server = Running::start().await;
    let Some(envoy) = Envoy::start("block.yaml", model, server.address).await else {
        return;
    };
    for (number, stream) in [false, true].into_iter().enumerate() {
        let passed = envoy.ask("acc-1", stream).await;
        assert_eq!(passed.status, StatusCode::OK, "{}", passed.everything());
        let exchange = server.fake.counted(number + 1).await.remove(number);
        let text = exchange
            .response
            .text
            .as_ref()
            .map(|text| text.expose().as_str());
        assert_eq!((&*exchange.account, text), ("acc-1", Some("hi")));

        let declined = envoy.ask("restricted", stream).await;
        assert_eq!(declined.status, StatusCode::FORBIDDEN);
        assert_eq!(declined.header("content-type"), Some("application/json"));
        let error = &declined.json()["error"];
        let reference = pseudonymizer().reference("restricted");
        assert_eq!(
            error["message"],
            format!("This request was declined. Reference: {reference}")
        );
    }
    server.stop();
    server.stopped().await;
    let open = envoy.ask("restricted", false).await;
    assert_eq!(open.status, StatusCode::OK, "without a scorer all pass");
}
