//! Test of the label loop with the real program: list, label by pseudonym, export, and the data folder afterwards.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::post_json;
use crate::fixture::exchange;
use crate::process::Program;

async fn call(program: &Program, method: &str, request: Value) -> Value {
    let path = format!("/stillwatch.v1.{method}");
    let answer = post_json(program.address, &path, request.to_string()).await;
    assert!(
        answer.status.is_success(),
        "{method}: {}",
        answer.everything()
    );
    answer.json()
}

/// Returns the standard output of `stillwatch labels export`, one value per line.
fn exported(folder: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_stillwatch"))
        .current_dir(folder)
        .args(["labels", "export", "--data", "data"])
        .output()
        .expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    let lines = String::from_utf8(output.stdout).expect("text");
    let lines = lines.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[tokio::test]
async fn a_listed_account_is_labeled_exported_and_read_again() {
    let folder = TempDir::new().expect("a folder");
    let program = Program::start(folder.path(), &[]);
    for name in ["acc-1", "acc-2", "acc-3"] {
        let body = exchange(name).to_string();
        post_json(program.address, "/v1/score", body).await;
    }
    let listed = call(&program, "AccountService/ListAccounts", json!({})).await;
    let pseudonyms: Vec<&str> = listed["accounts"]
        .as_array()
        .expect("accounts")
        .iter()
        .filter_map(|row| row["pseudonym"].as_str())
        .collect();
    assert_eq!(pseudonyms.len(), 3);
    for pseudonym in &pseudonyms {
        let label =
            json!({"pseudonym": pseudonym, "label": "extraction", "techniques": ["safe_rewrite"]});
        call(&program, "LabelService/SubmitLabel", label).await;
    }
    // A label of the same account by name replaces the label by pseudonym.
    let by_name = json!({"account": "acc-2", "label": "benign"});
    let kept = call(&program, "LabelService/SubmitLabel", by_name).await;
    assert_eq!(kept, json!({"labels": 3, "replaced": true}));

    let labels = call(&program, "LabelService/ExportLabels", json!({})).await;
    let labels = labels["labels"].as_array().expect("labels").clone();
    let of = |label: &Value| label["pseudonym"].as_str().map(str::to_owned);
    let order: Vec<_> = labels.iter().filter_map(of).collect();
    let mut expected = pseudonyms.clone();
    expected.sort_unstable();
    assert_eq!(order, expected, "ordered by pseudonym");
    let second = json!({"account": "acc-2"});
    let second = call(&program, "AccountService/GetAccount", second).await;
    let benign = labels.iter().find(|label| label["label"] == "benign");
    let benign = benign.expect("the label by name");
    assert_eq!(benign["account"], "acc-2");
    assert_eq!(benign["pseudonym"], second["account"]["pseudonym"]);

    let lines = |lines: &[Value]| -> Vec<_> {
        let fields = ["account", "label", "source"];
        lines
            .iter()
            .map(|line| fields.map(|field| line.get(field).cloned()))
            .collect()
    };
    let running = exported(folder.path());
    assert_eq!(lines(&running), lines(&labels), "while the server runs");
    program.signal("TERM");
    assert_eq!(program.ended().0, Some(0));
    assert_eq!(exported(folder.path()), running);
    // A label names its account one way: by name if a reviewer gave it.
    for line in &running {
        assert!(line.get("account").is_some() != line.get("pseudonym").is_some());
    }
}
