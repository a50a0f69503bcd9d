//! Agreement tests: `score` and `serve` give the same answers for the same log.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use stillwatch::internals::bundle::{BundleFiles, Manifest};
use stillwatch::internals::privacy::PseudonymKey;
use tempfile::TempDir;

use crate::client::post_json;
use crate::process::Program;

/// Fields of an answer that describe the account's assessment.
const FIGURES: [&str; 5] = ["exchange", "exchange_count", "risk", "score", "band"];

/// The lines of a log.
fn written(lines: &mut dyn Iterator<Item = &Value>) -> String {
    lines.fold(String::new(), |log, line| log + &line.to_string() + "\n")
}

/// Scores a log with `score` and line by line with `serve`. Returns the fields of both answers, one per line. The
/// server uses the key of offline runs.
async fn by_log_and_by_port(lines: &[Value], bundle: Option<&Path>) -> [Vec<Value>; 2] {
    let folder = TempDir::new().expect("a folder");
    let log = written(&mut lines.iter());
    fs::write(folder.path().join("log.jsonl"), log).expect("a file");
    let by_log = answers(&run(folder.path(), &["score", "log.jsonl"], bundle));

    fs::create_dir(folder.path().join("data")).expect("a folder");
    fs::write(
        folder.path().join("data/pseudonym.key"),
        PseudonymKey::OFFLINE,
    )
    .expect("a file");
    let setting = bundle.map(|bundle| format!("model.bundle={}", bundle.display()));
    let arguments: Vec<&str> = setting
        .iter()
        .flat_map(|setting| ["--set", setting])
        .collect();
    let program = Program::start(folder.path(), &arguments);
    let mut by_port = Vec::new();
    for line in lines {
        let answer = post_json(program.address, "/v1/score", line.to_string()).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.everything());
        by_port.push(figures(&answer.json()));
    }
    [by_log.iter().map(figures).collect(), by_port]
}

fn run(folder: &Path, arguments: &[&str], bundle: Option<&Path>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stillwatch"));
    command.current_dir(folder).args(arguments);
    if let Some(bundle) = bundle {
        command.arg("--bundle").arg(bundle);
    }
    let output = command.output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).expect("text")
}

fn answers(lines: &str) -> Vec<Value> {
    let lines = lines.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn figures(answer: &Value) -> Value {
    let mut figures: serde_json::Map<String, Value> = FIGURES
        .iter()
        .map(|name| ((*name).to_owned(), answer[name].clone()))
        .collect();
    // `score` writes the field only if it is true.
    figures.insert("duplicate".to_owned(), json!(answer["duplicate"] == true));
    figures.into()
}

fn line(id: &str, minute: usize, text: &str) -> Value {
    json!({
        "id": id, "time": format!("2026-05-01T12:{minute:02}:00Z"), "account": "acc-1", "model": "opus-4.6",
        "messages": [{"role": "user", "content": text}],
    })
}

/// Writes the shipped bundle with a term for the share of refusals.
fn bundle_that_weighs_refusals(folder: &Path) {
    let mut files = BundleFiles::embedded();
    let mut model: Value = serde_json::from_slice(&files.files[3]).expect("JSON");
    let context = model["context"].as_object_mut().expect("an object");
    let typical = context.remove("refused_share").expect("no term yet");
    let terms = model["fusion"]["terms"].as_array_mut().expect("terms");
    // Terms stand in the order of the measures.
    let after = |term: &Value| {
        ["extraction_refused_share", "probing_breadth"]
            .contains(&term["name"].as_str().unwrap_or(""))
    };
    let place = terms.iter().position(after).unwrap_or(terms.len());
    let term = json!({
        "name": "refused_share", "edges": [0.0, 1.0], "values": [0.0, 6.0], "lines": true, "monotone": true,
        "shrink": 0.0, "typical": typical,
    });
    terms.insert(place, term);
    files.files[3] = model.to_string().into_bytes();
    let manifest = Manifest::parse(&files.manifest).expect("the shipped manifest");
    let files = BundleFiles::new(manifest, files.files);
    files
        .write(folder)
        .expect("the temporary folder is writable");
}

#[tokio::test]
async fn a_refusal_counts_by_log_and_by_port_however_it_is_spelt() {
    let folder = TempDir::new().expect("a folder");
    let bundle = folder.path().join("refusals/1");
    bundle_that_weighs_refusals(&bundle);
    let mut last = BTreeSet::new();
    for reason in ["safety", "SAFETY", " Content_Filter ", "refusal", "stop"] {
        let lines: Vec<Value> = (0..12)
            .map(|n| {
                let mut line = line(&n.to_string(), n, &format!("What is {n} times {n}?"));
                line["response"] = json!({"text": "no", "finish_reason": reason, "status": 200});
                line
            })
            .collect();
        let [by_log, by_port] = by_log_and_by_port(&lines, Some(&bundle)).await;
        assert_eq!(by_log, by_port, "{reason}");
        let risk = by_log[11]["risk"].as_f64().expect("a number");
        last.insert((reason != "stop", risk.to_bits()));
    }
    let bits: Vec<(bool, u64)> = last.into_iter().collect();
    let [(false, answered), (true, refused)] = bits[..] else {
        panic!("one risk for all that was refused: {bits:?}");
    };
    assert!(f64::from_bits(refused) > f64::from_bits(answered));
}

#[tokio::test]
async fn five_messages_under_one_id_are_five_and_one_message_twice_is_one() {
    let different: Vec<Value> = (0..5)
        .map(|n| {
            line(
                "always-this",
                n,
                &format!("Which train goes to platform {n}?"),
            )
        })
        .collect();
    let [by_log, by_port] = by_log_and_by_port(&different, None).await;
    assert_eq!(by_log, by_port);
    assert_eq!(
        (&by_log[4]["exchange_count"], &by_log[4]["duplicate"]),
        (&json!(5), &json!(false))
    );

    let mut other = line("ex-1", 2, "Good morning!");
    other["account"] = json!("acc-2");
    let mut nameless = line("", 3, "Good morning!");
    nameless.as_object_mut().expect("an object").remove("id");
    let mixed = [
        line("ex-1", 0, "Good morning!"),
        line("ex-1", 1, "Good morning!"),
        other,
        nameless.clone(),
        nameless,
    ];
    let [by_log, by_port] = by_log_and_by_port(&mixed, None).await;
    assert_eq!(by_log, by_port);
    let counted: Vec<(u64, bool)> = by_log
        .iter()
        .map(|answer| {
            (
                answer["exchange_count"].as_u64().expect("a count"),
                answer["duplicate"] == true,
            )
        })
        .collect();
    assert_eq!(
        counted,
        [(1, false), (1, true), (1, false), (2, false), (3, false)]
    );
}

#[test]
fn every_command_leaves_a_repeat_out_and_says_how_many_there_were() {
    let folder = TempDir::new().expect("a folder");
    let once: Vec<Value> = (0..8)
        .map(|n| {
            line(
                "always-this",
                n,
                &format!("Which train goes to platform {n}?"),
            )
        })
        .collect();
    fs::write(folder.path().join("once.jsonl"), written(&mut once.iter())).expect("a file");
    let twice = written(&mut once.iter().flat_map(|line| [line, line]));
    fs::write(folder.path().join("twice.jsonl"), twice).expect("a file");
    for command in [
        &["score", "--per", "account"][..],
        &["explain", "--account", "acc-1"],
        &["explain", "--account", "acc-1", "-o", "json"],
    ] {
        let by = |log| run(folder.path(), &[command, &[log]].concat(), None);
        assert_eq!(by("once.jsonl"), by("twice.jsonl"), "{command:?}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_stillwatch"));
    let stderr = command
        .current_dir(folder.path())
        .args(["score", "twice.jsonl"])
        .output();
    let stderr = stderr.expect("the program runs").stderr;
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(
        stderr.contains("8 exchanges repeat an earlier one"),
        "{stderr}"
    );
}
