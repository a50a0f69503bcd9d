//! `stillwatch eval` from the command line: gates in the exit status, a page, a single account.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("stillwatch").expect("the binary");
    command
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const EVAL: [&str; 7] = [
    "eval",
    "--traffic",
    "t.jsonl",
    "--labels",
    "l.jsonl",
    "--resamples",
    "20",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    EVAL.iter().chain(more).copied().collect()
}

#[test]
fn a_release_is_held_shown_and_compared() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let simulated = run(
        folder,
        &[
            "simulate",
            "--seed",
            "3",
            "--traffic",
            "t.jsonl",
            "--labels",
            "l.jsonl",
        ],
    );
    assert_eq!(simulated.status.code(), Some(0));

    let gate = |bound: &str| {
        let gates = format!(
            "[[gate]]\nfigure = \"overview / accounts / all\"\n{bound}\nwhy = \"a test\"\n"
        );
        std::fs::write(folder.join("gates.toml"), gates).unwrap();
        run(folder, &with(&["--gates", "gates.toml", "-o", "markdown"]))
    };
    let held = gate("floor = 1");
    assert_eq!(held.status.code(), Some(0), "{}", text(&held.stderr));
    let missed = gate("ceiling = 1");
    assert_eq!(missed.status.code(), Some(1));
    assert!(text(&missed.stdout).contains("| NO | overview / accounts / all |"));
    let unknown = gate(
        "floor = 1\nwhy = \"a test\"\n[[gate]]\nfigure = \"overview / account / all\"\nceiling = 1",
    );
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("the nearest is \"overview / accounts / all\""));

    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/4");
    let shipped = shipped.to_str().unwrap();
    let page = run(
        folder,
        &with(&["--compare", shipped, "--errors", "2", "-o", "html"]),
    );
    assert_eq!(page.status.code(), Some(0), "{}", text(&page.stderr));
    let page = text(&page.stdout);
    assert!(page.contains("Compared, as served") && page.contains("highest scores"));

    let labels = std::fs::read_to_string(folder.join("l.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(labels.lines().next().unwrap()).unwrap();
    let account = first["account"].as_str().unwrap();
    let shown = run(
        folder,
        &[
            "eval",
            "show",
            account,
            "--traffic",
            "t.jsonl",
            "--labels",
            "l.jsonl",
        ],
    );
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    let shown = text(&shown.stdout);
    assert!(
        shown.contains("Trail") && shown.contains("before any evidence"),
        "{shown}"
    );
}
