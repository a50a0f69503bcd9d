//! Tests of the binary as a user runs it: exit codes, output streams, hints.

#[path = "cli/output.rs"]
mod output;

use std::path::Path;

use assert_cmd::Command;
use stillwatch::internals::privacy::PseudonymKey;
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
    let printed = run(&["explain", "t.jsonl.gz", "--account", account]);
    assert!(
        printed.contains("before any evidence")
            && printed.contains("To contest:")
            && printed.contains("does not affect the score"),
        "{printed}"
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
fn benign_behaviour_is_compared_with_the_traces() {
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
fn only_the_bad_line_is_rejected_and_the_exit_status_shows_it() {
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
fn a_command_that_cannot_run_fails_with_a_hint() {
    let folder = TempDir::new().unwrap();
    for (arguments, expected) in [
        (
            &["eval"][..],
            "expected --traffic with --labels, --field, or --pools",
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
            text(&output.stderr).contains(expected),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
}

/// Rewrites a label file to name every account by its pseudonym under `key`.
fn by_pseudonym(labels: &str, key: &PseudonymKey) -> String {
    let lines = labels.lines().map(|line| {
        let mut label: serde_json::Value = serde_json::from_str(line).expect("a label");
        let fields = label.as_object_mut().expect("an object");
        let name = fields.remove("account").expect("an account");
        let pseudonym = key.account(name.as_str().expect("a name")).to_string();
        fields.insert("pseudonym".to_owned(), pseudonym.into());
        format!("{label}\n")
    });
    lines.collect()
}

#[test]
fn labels_by_pseudonym_train_the_same_bundle_and_none_is_left_out_silently() {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    let smoke = include_str!("../eval/scenarios/smoke.toml");
    // Enough benign accounts for thresholds, short histories.
    let scenario = smoke
        .replace("accounts = 36", "accounts = 80")
        .replace("median = 30\nmost = 80", "median = 12\nmost = 20");
    std::fs::write(at.join("s.toml"), scenario).unwrap();
    let run = |arguments: &str| {
        let arguments = arguments.split(' ');
        let output = stillwatch(at).args(arguments).output().unwrap();
        (output.status.code(), text(&output.stderr))
    };
    let simulated = run("simulate --scenario s.toml --traffic t.jsonl --labels named.jsonl");
    assert_eq!(simulated.0, Some(0), "{}", simulated.1);

    let mut named = std::fs::read_to_string(at.join("named.jsonl")).unwrap();
    assert!(
        named
            .lines()
            .all(|line| line.contains("\"conversation\":null"))
    );
    let first = named.lines().next().unwrap().to_owned();
    let of_a_part = first.replace("\"conversation\":null", "\"conversation\":\"c-1\"");
    let stranger = r#"{"account":"nobody","label":"benign"}"#;
    // Labels are repeated, so that two of the last four are replaced by the other two.
    named += &[stranger, &first, &of_a_part, stranger, ""].join("\n");
    std::fs::write(at.join("named.jsonl"), &named).unwrap();
    let secret = [7; 32];
    let pseudonyms = by_pseudonym(&named, &PseudonymKey::from_bytes(secret));
    std::fs::write(at.join("pseudonyms.jsonl"), pseudonyms).unwrap();
    std::fs::create_dir(at.join("data")).unwrap();
    std::fs::write(at.join("data/pseudonym.key"), secret).unwrap();

    let train = "train --traffic t.jsonl --labels";
    let by_name = run(&format!("{train} named.jsonl --out name/x/1"));
    let resolved = run(&format!(
        "{train} pseudonyms.jsonl --data data --out key/x/1"
    ));
    for (status, printed) in [&by_name, &resolved] {
        assert_eq!(*status, Some(0), "{printed}");
        for reported in [
            "1 labels are of a single conversation",
            "2 labels were replaced",
            "1 labels are of accounts without exchanges",
        ] {
            assert!(printed.contains(reported), "{reported} in {printed}");
        }
        assert!(!printed.contains("no key"), "{printed}");
    }
    let judge = |bundle: &str| std::fs::read(at.join(bundle).join("x/1/risk_model.json")).unwrap();
    assert!(
        judge("name") == judge("key"),
        "the same labels train the same bundle"
    );

    let card = std::fs::read_to_string(at.join("name/x/1/CARD.md")).unwrap();
    for said in [
        "an operator's own labeled traffic",
        "benign accounts of",
        "4 labels could not be used",
        "those of default@4, unchanged",
        "on nothing simulated",
    ] {
        assert!(card.contains(said), "{said} in {card}");
    }
    assert!(!card.contains("Accounts are simulated"), "{card}");

    let keyless = run(&format!(
        "{train} pseudonyms.jsonl --data nowhere --out none/x/1"
    ));
    let labels = named.lines().count() - 1;
    let reported = format!("{labels} labels name an account by pseudonym, and there is no key");
    assert!(keyless.1.contains(&reported), "{}", keyless.1);
    assert_eq!(keyless.0, Some(2), "no labels are left to train on");
}

#[test]
fn labels_are_exported_in_order_and_only_with_the_key_of_their_pseudonyms() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let export = |data: &str| {
        let output = stillwatch(folder.path())
            .args(["labels", "export", "--data", data])
            .output()
            .unwrap();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (status, written, printed) = export("nowhere");
    assert_eq!((status, written.as_str()), (Some(2), ""));
    assert!(printed.contains("no pseudonym key in nowhere"), "{printed}");
    assert!(
        !folder.path().join("nowhere").exists(),
        "nothing is created"
    );

    let key = PseudonymKey::from_bytes([7; 32]);
    std::fs::write(data.join("pseudonym.key"), [7; 32]).unwrap();
    assert_eq!(export("data").0, Some(0), "no labels are no error");
    let line = |account: &str, label: &str| {
        format!(
            "{{{account},\"label\":\"{label}\",\"techniques\":[],\"campaign\":null,\"conversation\":null,\"source\":\"r\",\"application\":null,\"language\":null}}\n"
        )
    };
    let name = |name: &str| format!("\"account\":\"{name}\"");
    let pseudonym = |name: &str| format!("\"pseudonym\":\"{}\"", key.account(name));
    let file = [
        line(&name("a"), "benign"),
        line(&name("b"), "benign"),
        line(&pseudonym("a"), "extraction"),
        line(&pseudonym("c"), "extraction"),
    ];
    std::fs::write(data.join("labels.jsonl"), file.concat()).unwrap();
    let (status, written, printed) = export("data");
    assert_eq!(status, Some(0), "{printed}");
    let mut expected = [
        (key.account("a"), line(&name("a"), "extraction")),
        (key.account("b"), line(&name("b"), "benign")),
        (key.account("c"), line(&pseudonym("c"), "extraction")),
    ];
    expected.sort();
    let expected: String = expected.into_iter().map(|(_, line)| line).collect();
    assert_eq!(written, expected);
}

#[test]
fn a_bundle_that_was_touched_is_refused() {
    let folder = TempDir::new().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default/4");
    for entry in std::fs::read_dir(&shipped).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    let risk_model = folder.path().join("risk_model.json");
    let mut bytes = std::fs::read(&risk_model).unwrap();
    let last = bytes.len() - 10;
    bytes[last] ^= 1;
    std::fs::write(&risk_model, bytes).unwrap();
    let output = stillwatch(folder.path())
        .args(["score", "-", "--bundle", "."])
        .write_stdin(LINE)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("risk_model.json: expected the BLAKE3 hash"));
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
        // Otherwise the help would print the values of environment variables next to their names.
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
    // Standard error is not a terminal here.
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

#[test]
fn score_takes_logs_under_the_name_that_train_and_eval_give_them() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("t.jsonl"), LINE).unwrap();
    let run = |arguments: &[&str]| {
        let output = stillwatch(folder.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(
        run(&["score", "t.jsonl"]),
        run(&["score", "--traffic", "t.jsonl"])
    );
    let none = stillwatch(folder.path()).args(["score"]).output().unwrap();
    assert_eq!(none.status.code(), Some(2));
}

#[test]
fn every_command_takes_the_fields_of_a_log_that_names_them_otherwise() {
    let folder = TempDir::new().unwrap();
    let line = r#"{"who":{"id":7},"when":"2026-05-01 14:00:00","model":"m","messages":[{"role":"user","content":"hello"}]}"#;
    std::fs::write(folder.path().join("t.jsonl"), line).unwrap();
    std::fs::write(
        folder.path().join("l.jsonl"),
        r#"{"account":"7","label":"benign"}"#,
    )
    .unwrap();
    let run = |arguments: &[&str]| {
        let output = stillwatch(folder.path()).args(arguments).output().unwrap();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let fields = ["--time", "when", "--zone", "+02:00"];
    let scored = run(&[&["score", "t.jsonl", "--account", "who.id"], &fields[..]].concat());
    assert_eq!(scored.0, Some(0), "{}", scored.2);
    assert!(
        scored
            .1
            .contains(r#""account":"7","time":"2026-05-01T12:00:00Z""#),
        "{}",
        scored.1
    );
    let explained = run(&[
        &[
            "explain",
            "t.jsonl",
            "--account",
            "7",
            "--account-field",
            "who.id",
        ],
        &fields[..],
    ]
    .concat());
    assert_eq!(explained.0, Some(0), "{}", explained.2);
    let labeled = ["--traffic", "t.jsonl", "--labels", "l.jsonl"];
    let evaluated = run(&[
        &["eval"],
        &labeled[..],
        &["--account", "who.id"],
        &fields[..],
    ]
    .concat());
    assert_eq!(evaluated.0, Some(0), "{}", evaluated.2);
    let shown = run(&[
        &["eval", "show", "7"],
        &labeled[..],
        &["--account-field", "who.id"],
        &fields[..],
    ]
    .concat());
    assert_eq!(shown.0, Some(0), "{}", shown.2);
    let trained = run(&[
        &["train", "--out", "models/x/1"],
        &labeled[..],
        &["--account", "who.id"],
        &fields[..],
    ]
    .concat());
    assert!(
        trained.2.contains("labeled accounts"),
        "reads the log, and finds too few accounts: {}",
        trained.2
    );

    let without = run(&["score", "t.jsonl"]);
    assert_eq!(without.0, Some(1));
    for said in ["`account`", "docs/logs.md"] {
        assert!(without.2.contains(said), "{said}: {}", without.2);
    }
    let no_zone = run(&["score", "t.jsonl", "--account", "who.id", "--time", "when"]);
    assert!(no_zone.2.contains("--zone"), "{}", no_zone.2);
    assert_eq!(run(&["score", "t.jsonl", "--zone", "Berlin"]).0, Some(2));
}

#[test]
fn an_exchange_without_a_time_has_that_of_reading() {
    let folder = TempDir::new().unwrap();
    let line = LINE.replace(r#""time":"2026-05-01T12:00:00Z","#, "");
    let output = stillwatch(folder.path())
        .args(["score", "-"])
        .write_stdin(line)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answer: serde_json::Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert!(answer["time"].as_str().unwrap() > "2026", "{answer}");
}
