//! What commands write and say: no input is lost, no file is half a file, and the last line says what was read.

use std::fs;

use tempfile::TempDir;

use super::{LINE, stillwatch, text};

/// Returns the names in a folder, in order.
fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn an_input_is_never_the_output_whatever_it_is_called() {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    fs::create_dir(at.join("sub")).unwrap();
    fs::write(at.join("t.jsonl"), LINE).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("t.jsonl", at.join("link.jsonl")).unwrap();
    for output in ["t.jsonl", "./sub/../t.jsonl", "link.jsonl"] {
        if cfg!(not(unix)) && output == "link.jsonl" {
            continue;
        }
        let done = stillwatch(at)
            .args(["score", "t.jsonl", "--out", output])
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(2), "{output}");
        let said = text(&done.stderr);
        assert!(
            said.contains("got one of the inputs") && said.contains("hint:"),
            "{said}"
        );
        assert_eq!(fs::read_to_string(at.join("t.jsonl")).unwrap(), LINE);
    }
}

#[test]
fn a_file_is_replaced_whole_or_left_alone() {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    fs::write(at.join("t.jsonl"), LINE).unwrap();
    fs::write(at.join("bad.jsonl"), format!("{LINE}\nnot JSON\n")).unwrap();
    fs::write(at.join("out.jsonl"), "before").unwrap();
    let score = |input: &str| {
        let arguments = ["score", input, "--strict", "--out", "out.jsonl"];
        let output = stillwatch(at).args(arguments).output().unwrap();
        output.status.code()
    };
    assert_eq!(score("bad.jsonl"), Some(2));
    assert_eq!(fs::read_to_string(at.join("out.jsonl")).unwrap(), "before");
    assert_eq!(
        names(at),
        ["bad.jsonl", "out.jsonl", "t.jsonl"],
        "nothing is left behind"
    );
    assert_eq!(score("t.jsonl"), Some(0));
    let written = fs::read_to_string(at.join("out.jsonl")).unwrap();
    assert!(
        written.starts_with('{') && written.lines().count() == 1,
        "{written}"
    );
    assert_eq!(names(at), ["bad.jsonl", "out.jsonl", "t.jsonl"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_written_to_as_it_is_and_rights_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    fs::write(at.join("t.jsonl"), LINE).unwrap();
    fs::write(at.join("out.jsonl"), "").unwrap();
    fs::set_permissions(at.join("out.jsonl"), fs::Permissions::from_mode(0o640)).unwrap();
    for output in ["/dev/null", "out.jsonl", "new.jsonl"] {
        let arguments = ["score", "t.jsonl", "--out", output];
        let done = stillwatch(at).args(arguments).output().unwrap();
        assert_eq!(
            done.status.code(),
            Some(0),
            "{output}: {}",
            text(&done.stderr)
        );
    }
    let mode = |name: &str| fs::metadata(at.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("out.jsonl"), 0o640);
    assert_eq!(mode("new.jsonl"), mode("t.jsonl"), "as any new file");
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_no_file_and_says_how_far_it_came() {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::process::{Command, Stdio};
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    let mut running = Command::new(env!("CARGO_BIN_EXE_stillwatch"))
        .current_dir(at)
        .args(["score", "-", "--out", "out.jsonl.gz"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = running.stdin.take().unwrap();
    let mut said = BufReader::new(running.stderr.take().unwrap());
    let mut send = |lines: &str| {
        input.write_all(lines.as_bytes()).unwrap();
        input.flush().unwrap();
        let mut warning = String::new();
        said.read_line(&mut warning).unwrap();
        assert!(warning.contains("warning:"), "{warning}");
    };
    // What was sent before the first bad line has been counted when the second one is reported.
    send(&format!("{LINE}\nnot JSON\n"));
    send("not JSON\n");
    assert!(names(at).iter().any(|name| name.ends_with(".unfinished")));
    let number = running.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &number])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(running.wait().unwrap().code(), Some(130));
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(
        rest.contains("interrupted after 1 exchange of 1 account"),
        "{rest}"
    );
    assert!(names(at).is_empty(), "{:?}", names(at));
}

#[test]
fn two_streams_do_not_share_standard_output_or_a_file() {
    let folder = TempDir::new().unwrap();
    let simulate = |traffic: &str, labels: &str| {
        let arguments = ["simulate", "--traffic", traffic, "--labels", labels];
        stillwatch(folder.path()).args(arguments).output().unwrap()
    };
    for (traffic, labels) in [("-", "-"), ("same.jsonl", "./same.jsonl")] {
        let done = simulate(traffic, labels);
        assert_eq!(done.status.code(), Some(2), "{traffic}");
        assert!(done.stdout.is_empty() && text(&done.stderr).contains("--traffic and --labels"));
        assert!(names(folder.path()).is_empty());
    }
    let done = simulate("-", "l.jsonl");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(names(folder.path()), ["l.jsonl"]);
}

#[test]
fn a_new_bundle_does_not_replace_the_one_it_is_made_of() {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    fs::create_dir_all(at.join("models/x/1")).unwrap();
    fs::write(at.join("t.jsonl"), LINE).unwrap();
    let arguments = "train --traffic t.jsonl --labels t.jsonl --bundle models/x/1 --out models/x/1";
    let done = stillwatch(at).args(arguments.split(' ')).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(
        text(&done.stderr).contains("got the one of --bundle"),
        "{}",
        text(&done.stderr)
    );
}

#[test]
fn the_last_line_says_what_was_read_and_nothing_is_said_too() {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    let later = LINE.replace("12:00:00", "13:30:00");
    let other = LINE.replace("acc-1", "acc-2");
    fs::write(at.join("t.jsonl"), format!("{LINE}\n{other}\n{later}\n")).unwrap();
    fs::write(at.join("empty.jsonl"), "").unwrap();
    let run = |arguments: &[&str]| {
        let output = stillwatch(at).args(arguments).output().unwrap();
        let said = text(&output.stderr);
        (
            output.status.code(),
            said.lines().last().unwrap_or_default().to_owned(),
        )
    };
    let expected = "3 exchanges of 2 accounts, from 2026-05-01T12:00:00Z to 2026-05-01T13:30:00Z";
    assert_eq!(run(&["score", "t.jsonl"]), (Some(0), expected.to_owned()));
    let explained = run(&["explain", "t.jsonl", "--account", "acc-1"]);
    assert_eq!(explained, (Some(0), expected.to_owned()));
    let nothing = "warning: no exchanges in empty.jsonl".to_owned();
    assert_eq!(run(&["score", "empty.jsonl"]), (Some(0), nothing));
}

#[cfg(feature = "lab")]
#[test]
fn labels_that_match_nothing_are_an_error() {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    fs::write(at.join("t.jsonl"), LINE).unwrap();
    fs::write(at.join("empty.jsonl"), "").unwrap();
    let label = r#"{"account":"stranger","label":"benign"}"#;
    fs::write(at.join("l.jsonl"), label).unwrap();
    for (traffic, labels, expected) in [
        (
            "t.jsonl",
            "l.jsonl",
            "no label has an exchange: 1 labels in l.jsonl, 1 accounts in t.jsonl; \
             the first label is of account \"stranger\"",
        ),
        (
            "t.jsonl",
            "empty.jsonl",
            "no labels of named accounts in empty.jsonl",
        ),
        ("empty.jsonl", "l.jsonl", "no exchanges in empty.jsonl"),
    ] {
        let arguments = ["eval", "--traffic", traffic, "--labels", labels];
        let done = stillwatch(at).args(arguments).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{traffic} {labels}");
        let said = text(&done.stderr);
        assert!(said.contains(expected), "{said}");
        assert!(done.stdout.is_empty(), "no report of zeros");
    }
}

#[cfg(feature = "lab")]
#[test]
fn tables_and_explanations_fit_the_terminal_and_are_whole_in_a_pipe() {
    let folder = TempDir::new().unwrap();
    let at = folder.path();
    let run = |arguments: &str, columns: Option<&str>| {
        let mut command = stillwatch(at);
        command.args(arguments.split(' ')).env_remove("COLUMNS");
        if let Some(columns) = columns {
            command.env("COLUMNS", columns);
        }
        let output = command.output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    };
    run("simulate --seed 2 --traffic t.jsonl --labels l.jsonl", None);
    let log = fs::read_to_string(at.join("t.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    let explain = format!(
        "explain t.jsonl --account {}",
        first["account"].as_str().unwrap()
    );
    let eval = "eval --traffic t.jsonl --labels l.jsonl --resamples 20";
    let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap();
    for command in [eval, &explain] {
        let free = run(command, None);
        assert!(
            widest(&free) > 100,
            "{command}: the test needs something wide"
        );
        for columns in [60, 80, 100] {
            let fitted = run(command, Some(&columns.to_string()));
            assert!(
                widest(&fitted) <= columns,
                "{command} in {columns}:\n{fitted}"
            );
        }
    }
}
