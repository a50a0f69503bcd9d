//! The binary as its user meets it: exit codes, streams, hints.

use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

const LINE: &str = r#"{"time":"2026-05-01T12:00:00Z","account":"acc-1","model":"opus-4.6","messages":[{"role":"user","content":"hello"}]}"#;

fn stillwatch(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("stillwatch").expect("the binary");
    command.current_dir(folder);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn simulated_traffic_can_be_scored_explained_and_evaluated() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let output = stillwatch(folder.path()).args(arguments).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    };
    run(&[
        "simulate",
        "--seed",
        "2",
        "--traffic",
        "t.jsonl.gz",
        "--labels",
        "l.jsonl",
    ]);
    let accounts = run(&["score", "t.jsonl.gz", "--per", "account"]);
    let threaded = run(&["score", "t.jsonl.gz", "--per", "account", "--threads", "1"]);
    assert!(accounts == threaded);
    let first: serde_json::Value = serde_json::from_str(accounts.lines().next().unwrap()).unwrap();
    let account = first["account"].as_str().unwrap();
    let told = run(&["explain", "t.jsonl.gz", "--account", account]);
    assert!(
        told.contains("before any evidence")
            && told.contains("To contest:")
            && told.contains("which weighs nothing"),
        "{told}"
    );
    let tables = run(&[
        "eval",
        "--traffic",
        "t.jsonl.gz",
        "--labels",
        "l.jsonl",
        "-o",
        "json",
    ]);
    let tables: serde_json::Value = serde_json::from_str(&tables).unwrap();
    let alone = tables.as_array().unwrap().len();
    assert!(alone >= 8);
    let beside = run(&[
        "eval",
        "--traffic",
        "t.jsonl.gz",
        "--labels",
        "l.jsonl",
        "--fit-traffic",
        "t.jsonl.gz",
        "--fit-labels",
        "l.jsonl",
        "--resamples",
        "20",
        "-o",
        "json",
    ]);
    let beside: serde_json::Value = serde_json::from_str(&beside).unwrap();
    assert_eq!(beside.as_array().unwrap().len(), alone + 4);
}

#[test]
fn honest_behaviour_is_printed_beside_the_traces() {
    let folder = TempDir::new().unwrap();
    let traces = include_str!("../eval/scenarios/traces.toml");
    let small = traces
        .replace("days = 14", "days = 2")
        .replace("accounts = 900", "accounts = 30");
    std::fs::write(folder.path().join("s.toml"), small).unwrap();
    let arguments = ["simulate", "--statistics", "--scenario", "s.toml"];
    let output = stillwatch(folder.path())
        .args(arguments)
        .args(["-o", "json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table: serde_json::Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert!(table["rows"].as_array().unwrap().len() >= 10);
}

#[test]
fn a_bad_line_costs_itself_alone_and_shows_in_the_exit_status() {
    let folder = TempDir::new().unwrap();
    let log = format!("{LINE}\n{{\"account\": canary\n{LINE}");
    let output = stillwatch(folder.path())
        .args(["score", "-"])
        .write_stdin(log.clone())
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().count(), 2);
    assert!(
        text(&output.stderr).contains(":2"),
        "names the line: {}",
        text(&output.stderr)
    );
    assert!(!text(&output.stderr).contains("canary"));
    let strict = stillwatch(folder.path())
        .args(["score", "-", "--strict"])
        .write_stdin(log)
        .output();
    assert_eq!(strict.unwrap().status.code(), Some(2));
}

#[test]
fn what_cannot_run_says_so_with_a_hint() {
    let folder = TempDir::new().unwrap();
    for (arguments, said) in [
        (
            &["eval"][..],
            "expected --traffic with --labels, or --pools",
        ),
        (&["score", "missing.jsonl"], "missing.jsonl"),
        (&["score", "-", "--bundle", "nowhere"], "nowhere"),
        (
            &["train", "--out", "models/x/1"],
            "expected --pools, or --traffic with --labels",
        ),
        (
            &["train", "--pools", ".", "--out", "unversioned"],
            "NAME/VERSION",
        ),
    ] {
        let output = stillwatch(folder.path())
            .args(arguments)
            .write_stdin("")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            text(&output.stderr).contains(said),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_bundle_that_was_touched_is_refused() {
    let folder = TempDir::new().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/3");
    for entry in std::fs::read_dir(&shipped).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let judge = folder.path().join("judge.json");
    let mut bytes = std::fs::read(&judge).unwrap();
    let last = bytes.len() - 10;
    bytes[last] ^= 1;
    std::fs::write(&judge, bytes).unwrap();
    let output = stillwatch(folder.path())
        .args(["score", "-", "--bundle", "."])
        .write_stdin(LINE)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("judge.json: expected the BLAKE3 hash"));
}

#[test]
fn every_command_says_how_it_is_used() {
    let folder = TempDir::new().unwrap();
    let commands = [
        "",
        "serve",
        "config",
        "config check",
        "config print",
        "key",
        "key new",
        "score",
        "explain",
        "simulate",
        "train",
        "eval",
        "eval show",
    ];
    let help = commands.map(|command| {
        // Values of variables would be printed beside their names.
        let output = stillwatch(folder.path())
            .env_clear()
            .args(command.split_whitespace())
            .arg("--help")
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}");
        format!("$ stillwatch {command} --help\n{}", text(&output.stdout))
    });
    insta::assert_snapshot!("help", help.join("\n"));
}

#[test]
fn colours_are_asked_for_or_left_out() {
    let folder = TempDir::new().unwrap();
    let score = |variables: &[(&str, &str)]| {
        let mut command = stillwatch(folder.path());
        command.args(["score", "none.jsonl"]);
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        text(&command.output().unwrap().stderr)
    };
    // Standard error is no terminal here.
    let plain = score(&[]);
    assert!(plain.starts_with("error: "), "{plain}");
    let forced = score(&[("CLICOLOR_FORCE", "1")]);
    assert!(
        forced.starts_with("\u{1b}[") && forced.contains("error:"),
        "{forced}"
    );
    let refused = score(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]);
    assert_eq!(refused, plain);
}
