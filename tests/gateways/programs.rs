//! Helpers to find, start and stop real programs, and a model for them to call.
//!
//! `STILLWATCH_GATEWAYS` names the folder of programs; `examples/gateways/README.md` describes how to fill it. Without
//! it these tests print a note and pass; with it every program must be present. Nothing is installed here.

use std::net::{SocketAddr, TcpListener as Listener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Time limit for a program's first response; some take half a minute to load on a busy machine.
pub(crate) const START: Duration = Duration::from_mins(5);
/// Time limit for everything else: the first request to a program loads most of its code.
pub(crate) const PATIENCE: Duration = Duration::from_mins(4);

/// Returns the folder of programs; prints a note and returns `None` if it is not configured.
pub(crate) fn programs(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("STILLWATCH_GATEWAYS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: {test}: STILLWATCH_GATEWAYS is not set");
    }
    folder
}

/// Returns the path of an example file.
pub(crate) fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples/gateways")
        .join(path)
}

/// A program that is stopped at the end of the test.
pub(crate) struct Program(Child);

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        let shown = format!("{command:?}");
        let child = command.stdin(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{shown}: {error}")))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may have exited by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program to completion on a separate thread and returns its standard output.
pub(crate) async fn output(mut command: Command) -> String {
    let shown = format!("{command:?}");
    let ran = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output());
    let output = ran.await.expect("no panic").expect("the program is there");
    assert!(
        output.status.success(),
        "{shown}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns a port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = Listener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Waits until `address` answers a GET of `path` with 200.
pub(crate) async fn up(address: SocketAddr, path: &str) {
    let waited = tokio::time::timeout(START, async {
        loop {
            if tokio::net::TcpStream::connect(address).await.is_ok()
                && crate::fixture::get(address, path).await.status == 200
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    waited.await.expect("the program starts in time");
}

/// Starts a model that answers `Hail, hail.` to every request, streamed if requested.
pub(crate) async fn model() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let app = Router::new().route("/v1/chat/completions", post(completion));
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Number of chunks in a streamed response of the model.
pub(crate) const PIECES: usize = 24;

async fn completion(Json(asked): Json<Value>) -> Response {
    let common = json!({"id": "chatcmpl-1", "created": 1, "model": "house-model"});
    let with = |object: &str, choice: Value| {
        let mut answer = common.clone();
        answer["object"] = json!(object);
        answer["choices"] = json!([choice]);
        answer
    };
    if asked["stream"] != true {
        let message = json!({"role": "assistant", "content": "Hail, hail."});
        let choice = json!({"index": 0, "finish_reason": "stop", "message": message});
        let mut answer = with("chat.completion", choice);
        answer["usage"] = json!({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13});
        return Json(answer).into_response();
    }
    let mut events = Vec::new();
    for piece in 0..=PIECES {
        let choice = if piece == PIECES {
            json!({"index": 0, "delta": {}, "finish_reason": "stop"})
        } else {
            json!({"index": 0, "delta": {"role": "assistant", "content": "hail "}})
        };
        let chunk = with("chat.completion.chunk", choice);
        events.push(format!("data: {chunk}\n\n"));
    }
    events.push("data: [DONE]\n\n".to_owned());
    (
        [("content-type", "text/event-stream")],
        Body::from(events.concat()),
    )
        .into_response()
}
