//! Tests of the real program under `serve`: its outputs, signals, and configurations that it refuses to start with.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::client::{
    Answer, BATCH, GRPC, SCORE, encode, frame, get, grpc, http1, http2, post_chunked, post_json,
};
use crate::fixture::exchange;

/// Canaries: the text of a prompt, and names that may appear only where an answer echoes them.
const TEXT: &str = "canary-text-51c9";
const NAME: &str = "canary-name-88ab";

/// A running `stillwatch serve`.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    lines: Receiver<String>,
    /// Lines read from standard error so far.
    logged: Vec<String>,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stillwatch"));
    command
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .args(["serve", "--listen", "127.0.0.1:0", "--data", "data"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

impl Program {
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = serve(folder, arguments)
            .spawn()
            .expect("the program starts");
        let stderr = child.stderr.take().expect("it is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut program = Self {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            lines,
            logged: Vec::new(),
        };
        let line = program.wait_for_line(" listening on http://");
        let (_, address) = line.rsplit_once('/').expect("an address");
        program.address = address.parse().expect("an address");
        program
    }

    /// Waits for the next line that contains `part` and returns it.
    fn wait_for_line(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv();
            let line = line.unwrap_or_else(|_| panic!("no `{part}` in {:?}", self.logged));
            self.logged.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let killed = Command::new("sh").args(["-c", &kill]).status();
        assert!(killed.expect("a shell").success());
    }

    /// Waits for the program to exit. Returns the exit status and all of standard error.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("it is our child");
        self.logged.extend(self.lines.iter());
        (status.code(), self.logged.join("\n"))
    }
}

/// Returns an exchange with the canary in every field that may hold text.
fn marked() -> Value {
    json!({
        "id": NAME, "time": "2026-05-01T12:00:00Z", "account": NAME, "organization": TEXT, "conversation": TEXT,
        "model": TEXT, "system": TEXT,
        "messages": [{"role": "user", "content": TEXT.repeat(400)}, {"role": "assistant", "content": TEXT}],
        "tools": [TEXT],
        "parameters": {"temperature": 0.5, "max_tokens": 10, "reasoning_effort": TEXT},
        "response": {"text": TEXT, "finish_reason": "stop", "status": 200},
        "client": {"ip": TEXT, "user_agent": TEXT, "tls_fingerprint": TEXT, "api_key": TEXT, "payment": TEXT},
    })
}

/// Every route, and some unknown paths.
const ROUTES: &[&str] = &[
    "/v1/score",
    SCORE,
    BATCH,
    "/grpc.health.v1.Health/Check",
    "/readyz",
    "/livez",
    "/metrics",
    "/v2/health/ready",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/nothing",
    "/stillwatch.v1.ScoringService/Nothing",
    "/v1/score:batch",
    "/stillwatch.v1.ScoringService/ScoreStream",
    "/stillwatch.v1.AccountService/GetAccount",
    "/stillwatch.v1.AccountService/ListAccounts",
    "/stillwatch.v1.AccountService/ExplainAccount",
    "/stillwatch.v1.AccountService/DeleteAccount",
    "/stillwatch.v1.ModelService/ListModels",
    "/stillwatch.v1.ModelService/VerifyModel",
    "/stillwatch.v1.ModelService/ActivateModel",
    "/stillwatch.v1.LabelService/ExportLabels",
    "/stillwatch.v1.ReviewService/ListQueue",
    "/stillwatch.v1.ReviewService/SubmitMark",
    "/stillwatch.v1.ReviewService/RemoveMark",
    "/stillwatch.v1.ReviewService/ListMarks",
    "/envoy.service.ext_proc.v3.ExternalProcessor/Process",
    "/beta/litellm_basic_guardrail_api",
    "/portkey/webhook",
    "/agentgateway/request",
    "/agentgateway/response",
    "/v1/moderations",
    "/v1/ingest/litellm",
    "/v1/traces",
    "/v1/logs",
    "/api/public/otel/v1/traces",
    "/openapi.json",
    "/docs",
];

/// Sends good, broken and hostile requests to every route, all with the canary.
async fn everything(at: SocketAddr) -> Vec<Answer> {
    let good = marked();
    let mut bad_role = good.clone();
    bad_role["messages"][0]["role"] = json!(TEXT);
    let mut bad_time = good.clone();
    bad_time["time"] = json!(TEXT);
    let mut long_name = good.clone();
    long_name["account"] = json!(TEXT.repeat(100));
    let whole = good.to_string();
    let mut answers = Vec::new();
    let bodies = [
        whole.clone(),
        json!({"exchanges": [good, bad_role, bad_time]}).to_string(),
        bad_role.to_string(),
        bad_time.to_string(),
        long_name.to_string(),
        whole[..whole.len() / 2].to_owned(),
        format!("\"{TEXT}\""),
        format!("{TEXT} at line 1 column 2"),
        format!("{{\"account\": {{\"{TEXT}\": 1}}}}"),
    ];
    for route in ROUTES.iter().copied() {
        for body in &bodies {
            answers.push(post_json(at, route, body.clone()).await);
        }
        answers.push(post_chunked(at, route, whole.clone()).await);
        for kind in [
            "text/plain",
            TEXT,
            "application/proto",
            "application/connect+json",
        ] {
            let headers = [
                ("content-type", kind),
                ("x-api-key", TEXT),
                ("x-request-id", TEXT),
            ];
            answers.push(http1(at, Method::POST, route, &headers, whole.clone()).await);
        }
        for kind in [
            "application/connect+json",
            "application/grpc+json",
            "application/grpc-web+json",
        ] {
            let headers = [("content-type", kind), ("te", "trailers")];
            for body in [&whole, &bodies[6], &bodies[8]] {
                answers.push(http2(at, route, &headers, frame(body.as_bytes())).await);
            }
        }
        let packed = [
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
        ];
        answers.push(http1(at, Method::POST, route, &packed, whole.clone()).await);
        for message in [
            encode("stillwatch.v1.Exchange", &good),
            whole.clone().into_bytes(),
        ] {
            answers.push(grpc(at, route, &message).await);
            let web = [("content-type", "application/grpc-web+proto")];
            answers.push(http1(at, Method::POST, route, &web, frame(&message)).await);
            let unframed = message.clone();
            answers.push(http2(at, route, &GRPC, unframed).await);
            let with_text = [
                GRPC[0],
                GRPC[1],
                ("authorization", TEXT),
                ("grpc-timeout", TEXT),
            ];
            answers.push(http2(at, route, &with_text, frame(&message)).await);
        }
        answers.push(get(at, &format!("{route}?q={TEXT}")).await);
        answers.push(get(at, &format!("{route}/{TEXT}")).await);
        let method = Method::from_bytes(b"CANARY-TEXT-51C9").expect("a method");
        answers.push(http1(at, method, route, &[], whole.clone()).await);
    }
    // Bytes that are not HTTP at all.
    let mut raw = TcpStream::connect(at).await.expect("the server listens");
    raw.write_all(format!("{TEXT}\r\n\r\n").as_bytes())
        .await
        .expect("it is taken");
    answers
}

/// Returns the name and the contents, as text, of every file under `folder`.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            found.push(format!(
                "{} {}",
                path.display(),
                String::from_utf8_lossy(&bytes)
            ));
        }
    }
    found
}

#[tokio::test]
async fn text_of_a_prompt_is_in_no_log_file_metric_or_answer() {
    let folder = TempDir::new().expect("a folder");
    for format in ["text", "json"] {
        let format = format!("log.format={format}");
        let arguments = ["--set", "log.level=trace", "--set", &format];
        let mut program = Program::start(folder.path(), &arguments);
        let at = program.address;
        let answers = everything(at).await;
        let scored = answers
            .iter()
            .filter(|answer| answer.status == StatusCode::OK);
        assert!(scored.count() > 10, "some of the requests succeed");
        let shown = answers
            .iter()
            .map(|answer| answer.everything().to_lowercase());
        let quoting: BTreeSet<String> = shown.filter(|shown| shown.contains(TEXT)).collect();
        assert!(quoting.is_empty(), "{quoting:#?}");
        let metrics = get(at, "/metrics").await.everything();
        assert!(
            !metrics.contains(TEXT) && !metrics.contains(NAME),
            "{metrics}"
        );
        program.wait_for_line("answered");
        program.signal("TERM");
        let (status, stderr) = program.ended();
        assert_eq!(status, Some(0));
        assert!(
            stderr.matches("answered").count() > 100,
            "calls are logged at debug"
        );
        let stderr = stderr.to_lowercase();
        for canary in [TEXT, NAME] {
            let line = stderr.lines().find(|line| line.contains(canary));
            assert_eq!(line, None);
            let file = files(folder.path())
                .into_iter()
                .find(|file| file.contains(canary));
            assert_eq!(file, None);
        }
    }
    assert_eq!(files(folder.path()).len(), 3, "key, labels and marks");
}

#[tokio::test]
async fn keys_are_read_again_at_a_hang_up_and_stopping_ends_well() {
    let folder = TempDir::new().expect("a folder");
    let new_key = |name: &str, append: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_stillwatch"))
            .current_dir(folder.path())
            .args(["key", "new", "--scope", "score", "--name", name])
            .args(append)
            .output()
            .expect("the program runs");
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("text")
    };
    let first = new_key("first", &["--append", "keys"]);
    let mut program = Program::start(folder.path(), &["--keys-file", "keys"]);
    let at = program.address;
    let score = async |key: &str| {
        let headers = [
            ("content-type", "application/json"),
            ("x-api-key", key.trim()),
        ];
        let answer = http1(
            at,
            Method::POST,
            "/v1/score",
            &headers,
            exchange("a").to_string(),
        );
        answer.await.status.as_u16()
    };
    assert_eq!(score(&first).await, 200);
    let both = new_key("second", &[]);
    let (second, line) = both.split_once('\n').expect("a key and a line");
    assert_eq!(score(second).await, 401);
    fs::write(folder.path().join("keys"), line).expect("a file");
    program.signal("HUP");
    program.wait_for_line("keys reloaded");
    assert_eq!((score(&first).await, score(second).await), (401, 200));
    fs::write(folder.path().join("keys"), "nonsense").expect("a file");
    program.signal("HUP");
    let line = program.wait_for_line("keys not reloaded");
    assert!(line.contains("line 1"), "{line}");
    assert_eq!(score(second).await, 200);
    program.signal("TERM");
    let (status, stderr) = program.ended();
    assert_eq!(status, Some(0), "{stderr}");
    for key in [first.trim(), second] {
        assert!(
            !stderr.contains(key) && !files(folder.path()).iter().any(|file| file.contains(key))
        );
    }
}

#[tokio::test]
async fn a_second_signal_stops_immediately() {
    let folder = TempDir::new().expect("a folder");
    let mut program = Program::start(
        folder.path(),
        &["--set", "server.shutdown_grace_period_ms=600000"],
    );
    // A request whose body never arrives delays the drain.
    let mut unfinished = TcpStream::connect(program.address)
        .await
        .expect("the server listens");
    let head = "POST /v1/score HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    unfinished
        .write_all(head.as_bytes())
        .await
        .expect("it is taken");
    while get(program.address, "/readyz").await.status != StatusCode::OK {}
    program.signal("TERM");
    program.wait_for_line("shutting down");
    program.signal("TERM");
    let (status, stderr) = program.ended();
    assert_eq!(status, Some(2), "{stderr}");
    assert!(
        stderr.contains("before requests in flight had finished"),
        "{stderr}"
    );
}

#[test]
fn invalid_configurations_are_refused_at_startup() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("noise.pem"), "noise").expect("a file");
    fs::write(folder.path().join("bad.toml"), "[server]\nworker = 3\n").expect("a file");
    for (arguments, expected) in [
        (&["--listen", "0.0.0.0:0"][..], "auth.keys_file is not set"),
        (&["--listen", "[::]:0"], "auth.keys_file is not set"),
        (
            &["--listen", "example.org:7700"],
            "`server.listen` expects ADDRESS:PORT",
        ),
        (
            &["--set", "server.workers=0"],
            "`server.workers` expects a whole number from 1",
        ),
        (
            &["--set", "server.max_concurrent_requests=3"],
            "max_concurrent_requests (3) is not more than",
        ),
        (
            &["--set", "server.deadline_default_ms=90000"],
            "longer than the longest",
        ),
        (&["--config", "bad.toml"], "is `server.workers` meant?"),
        (&["--config", "missing.toml"], "missing.toml"),
        (&["--keys-file", "missing"], "auth.keys_file missing"),
        (&["--keys-file", "bad.toml"], "line 1: expected"),
        (
            &[
                "--set",
                "tls.certificate_file=noise.pem",
                "--set",
                "tls.private_key_file=noise.pem",
            ],
            "the certificate holds no certificate in PEM",
        ),
        (
            &["--set", "privacy.pseudonym_key=00"],
            "STILLWATCH_PRIVACY__PSEUDONYM_KEY_FILE",
        ),
    ] {
        let arguments: Vec<&str> = arguments.to_vec();
        let mut command = serve(folder.path(), &[]);
        // --listen may not be given twice.
        if arguments.contains(&"--listen") {
            command = Command::new(env!("CARGO_BIN_EXE_stillwatch"));
            command.current_dir(folder.path()).arg("serve");
        }
        let output = command.args(&arguments).output().expect("the program runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
}

#[test]
fn settings_are_checked_and_printed_with_their_origins() {
    let folder = TempDir::new().expect("a folder");
    fs::write(
        folder.path().join("a.toml"),
        "[server]\nqueue_depth_max = 7\n",
    )
    .expect("a file");
    let secret = "5e".repeat(32);
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_stillwatch"))
            .current_dir(folder.path())
            .env("STILLWATCH_PRIVACY__PSEUDONYM_KEY", &secret)
            .env("STILLWATCH_LOG__LEVEL", "warn")
            .args(arguments)
            .output()
            .expect("the program runs");
        assert!(!String::from_utf8_lossy(&output.stderr).contains(&secret));
        (
            output.status.code(),
            String::from_utf8(output.stdout).expect("text"),
        )
    };
    let (status, printed) = run(&[
        "config",
        "print",
        "--config",
        "a.toml",
        "--set",
        "server.workers=3",
    ]);
    assert_eq!(status, Some(0));
    for line in [
        "queue_depth_max = 7 # a.toml",
        "workers = 3 # --set",
        "level = \"warn\" # STILLWATCH_LOG__LEVEL",
        "shutdown_grace_period_ms = 20000 # default",
        "# pseudonym_key = [redacted] # STILLWATCH_PRIVACY__PSEUDONYM_KEY",
    ] {
        assert!(
            printed.lines().any(|printed| printed == line),
            "{line} in\n{printed}"
        );
    }
    assert!(!printed.contains(&secret));
    let (_, file) = run(&["config", "print", "--default"]);
    fs::write(folder.path().join("default.toml"), file).expect("a file");
    assert_eq!(run(&["config", "check", "default.toml"]).0, Some(0));
    fs::write(
        folder.path().join("a.toml"),
        "[server]\nmax_concurrent_requests = 1\n",
    )
    .expect("a file");
    assert_eq!(run(&["config", "check", "a.toml"]).0, Some(2));
}
