//! Every command of `README.md`, executed as written, and the answers that it prints beside them.
//!
//! Two things differ from a reader's terminal. `cargo run … --` starts the program that this test was built with, since
//! building it again would take minutes, and the server listens on a free port, which replaces 7700 in the calls.
//! `bash .ci/run` is what runs this test, so it is only parsed. Without `curl` the calls are skipped with a word.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const README: &str = include_str!("../README.md");
const PROGRAM: &str = env!("CARGO_BIN_EXE_stillwatch");

/// Address that the README's server listens on.
const ADDRESS: &str = "127.0.0.1:7700";

/// The fenced blocks of the README, in order.
fn blocks() -> Vec<&'static str> {
    README
        .split("\n```")
        .skip(1)
        .step_by(2)
        .map(|block| block.trim_start_matches('\n').trim_end())
        .collect()
}

/// The one block that holds `part`.
fn block_with(part: &str) -> &'static str {
    let found: Vec<_> = blocks()
        .into_iter()
        .filter(|block| block.contains(part))
        .collect();
    assert_eq!(
        found.len(),
        1,
        "expected one block with `{part}`, got {}",
        found.len()
    );
    found[0]
}

/// A folder with `stillwatch` in its `bin`, and a `cargo` there that runs it for `cargo run`.
fn terminal() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).expect("a working terminal");
    symlink(PROGRAM, bin.join("stillwatch")).expect("a working terminal");
    let cargo = bin.join("cargo");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = run ] || exit 9\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec {PROGRAM} \"$@\"\n"
    );
    fs::write(&cargo, script).expect("a working terminal");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("a working terminal");
    folder
}

/// `script` under `bash`, failing at its first failing command, with the folder's programs first in the path.
fn bash(folder: &Path, script: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command
        .args(["-e", "-o", "pipefail", "-c", script])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", folder.join("bin").display()))
        .stdin(Stdio::null());
    command
}

fn output(folder: &Path, script: &str) -> String {
    let output = bash(folder, script).output().expect("a working terminal");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{script}\n{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// The server that the README starts, stopped when this goes.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts `command` of the README on a free port.
    fn start(folder: &Path, command: &str) -> Self {
        let mut child = bash(folder, &format!("exec {command}"))
            .env("STILLWATCH_LISTEN", "127.0.0.1:0")
            .stderr(Stdio::piped())
            .spawn()
            .expect("a working terminal");
        let mut lines = BufReader::new(child.stderr.take().expect("a working terminal")).lines();
        let mut seen = Vec::new();
        let address = loop {
            let line = lines
                .next()
                .unwrap_or_else(|| panic!("no address in {seen:?}"))
                .expect("a working terminal");
            if let Some((_, address)) = line.split_once(" listening on http://") {
                break address.to_owned();
            }
            seen.push(line);
        };
        // Nobody reads on: the pipe must not fill up.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }
}

/// The `risk` that the README prints for an account in its list of two.
fn printed(list: &str, account: &str) -> f64 {
    let line = list
        .lines()
        .find(|line| line.starts_with(account))
        .expect("a working terminal");
    let risk = line.split_once("risk ").expect("a working terminal").1;
    risk.split_whitespace()
        .next()
        .expect("a working terminal")
        .parse()
        .expect("a working terminal")
}

fn rounded(value: &Value) -> f64 {
    (value.as_f64().expect("a number") * 1_000.0).round() / 1_000.0
}

#[test]
fn the_server_starts_and_answers_as_printed() {
    let folder = terminal();
    let start = block_with("cargo run");
    let [serve, check] = start.lines().collect::<Vec<_>>()[..] else {
        panic!("expected two commands of set-up, got\n{start}");
    };
    let ci = check.split('#').next().unwrap().trim();
    assert_eq!(ci, "bash .ci/run");
    let parsed = Command::new("bash")
        .args(["-n", ".ci/run"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(parsed.unwrap().success());
    let server = Server::start(folder.path(), serve.split('#').next().unwrap().trim());
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: no curl on this machine");
        return;
    }
    let call = |block: &str| {
        assert!(block.contains(ADDRESS), "{block}");
        output(folder.path(), &block.replace(ADDRESS, &server.address))
    };
    let answer = |text: &str| -> Value { serde_json::from_str(text.trim()).unwrap() };

    let printed_answer = block_with("\"exchange_count\":1");
    let first = answer(&call(block_with(
        "a tank holds 240 litres and drains at 8 litres a minute. When",
    )));
    for (name, digits) in [
        ("risk", 3),
        ("risk_low", 3),
        ("risk_high", 3),
        ("conversation_risk", 2),
    ] {
        let value = first[name].as_f64().unwrap();
        let shown = format!("\"{name}\":{value:.digits$}");
        assert!(
            printed_answer.contains(&shown),
            "{shown} is not in the README:\n{printed_answer}"
        );
    }
    for name in ["account", "band", "recommendation"] {
        let shown = format!("\"{name}\":{}", first[name]);
        assert!(
            printed_answer.contains(&shown),
            "{shown} is not in the README"
        );
    }
    let customer = answer(&call(block_with("The lamp I bought")));
    assert!(README.contains(&format!(
        "and {:.3}",
        customer["conversation_risk"].as_f64().unwrap()
    )));

    let last = call(block_with("say() {"));
    let list = block_with("acc-3  risk");
    let answers: Vec<Value> = last
        .lines()
        .filter(|line| !line.is_empty())
        .map(answer)
        .collect();
    assert_eq!(answers.len(), 2);
    for (answer, account) in answers.iter().zip(["acc-3", "acc-4"]) {
        assert_eq!(answer["account"], account);
        assert!(
            (rounded(&answer["risk"]) - printed(list, account)).abs() < 1e-9,
            "{answer}"
        );
    }
}

#[test]
fn the_command_line_runs_as_written() {
    let folder = terminal();
    let lines = block_with("stillwatch simulate --seed 1").lines();
    let mut commands = 0;
    for line in lines.filter(|line| line.starts_with("stillwatch ")) {
        // The one placeholder: whichever account the log has.
        let line = if line.contains("ACCOUNT") {
            let accounts = fs::read_to_string(folder.path().join("accounts.jsonl")).unwrap();
            let first: Value = serde_json::from_str(accounts.lines().next().unwrap()).unwrap();
            line.replace("ACCOUNT", first["account"].as_str().unwrap())
        } else {
            line.to_owned()
        };
        output(folder.path(), &line);
        commands += 1;
    }
    assert!(
        commands >= 5,
        "expected the README's commands, got {commands}"
    );
}

#[test]
fn no_command_of_the_readme_is_left_out() {
    let run = [
        "cargo run",
        "curl",
        "say() {",
        "stillwatch simulate --seed 1",
    ];
    let answers = ["{\"account\"", "acc-3  risk"];
    for block in blocks() {
        let known = run.iter().chain(&answers).any(|part| block.contains(part));
        assert!(known, "this block is executed by no test:\n{block}");
    }
}
