//! Every example of `docs/logs.md`, executed as written: the log that it shows, the command, and what it says comes
//! out.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

const PAGE: &str = include_str!("../docs/logs.md");

/// A fenced block: the words after the fence, and its text.
struct Block {
    words: Vec<&'static str>,
    text: &'static str,
}

/// The blocks of the page, section by section.
fn sections() -> Vec<(&'static str, Vec<Block>)> {
    let sections = PAGE.split("\n### ").skip(1);
    let read = |section: &'static str| {
        let title = section.lines().next().unwrap_or_default();
        let fenced = section.split("\n```").skip(1).step_by(2);
        let block = |block: &'static str| {
            let (words, text) = block.split_once('\n').expect("a block has a first line");
            Block {
                words: words.split_whitespace().collect(),
                text,
            }
        };
        (title, fenced.map(block).collect())
    };
    sections.map(read).collect()
}

fn run(folder: &Path, command: &str) -> (Option<i32>, String, String) {
    let words: Vec<&str> = command.split_whitespace().collect();
    let ["stillwatch", arguments @ ..] = words.as_slice() else {
        panic!("not a command of this program: {command}");
    };
    let mut program = Command::cargo_bin("stillwatch").expect("the binary");
    let output = program.current_dir(folder).args(arguments).output();
    let output = output.expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn every_worked_line_gives_what_the_page_says() {
    let folder = TempDir::new().unwrap();
    let mut formats = 0;
    for (title, blocks) in sections() {
        let [inputs @ .., command, expected] = blocks.as_slice() else {
            panic!("{title}: expected a log, a command and what comes out");
        };
        for input in inputs {
            let [_, name] = input.words[..] else {
                panic!("{title}: a log has a kind and a name");
            };
            fs::write(folder.path().join(name), format!("{}\n", input.text)).unwrap();
        }
        assert_eq!(command.words, ["sh"], "{title}");
        let (status, out, error) = run(folder.path(), command.text);
        match expected.words[..] {
            ["text", "out"] => {
                assert_eq!(status, Some(0), "{title}: {error}");
                let lines: Vec<&str> = out.lines().collect();
                let expected: Vec<&str> = expected.text.lines().collect();
                assert_eq!(lines.len(), expected.len(), "{title}: {out}{error}");
                for (line, expected) in lines.iter().zip(expected) {
                    let start = expected.trim_end_matches('…');
                    assert!(line.starts_with(start), "{title}:\n{line}\n{expected}");
                }
            }
            ["text", "error"] => {
                assert!(matches!(status, Some(1 | 2)), "{title}: {status:?}");
                assert!(error.contains(expected.text), "{title}:\n{error}");
                assert!(error.contains("docs/logs.md"), "{title}: no hint:\n{error}");
                assert_eq!(out, "", "{title}");
            }
            _ => panic!("{title}: what comes out is `text out` or `text error`"),
        }
        formats += 1;
    }
    assert!(formats > 30, "expected the page's examples, got {formats}");
}

#[test]
fn the_page_names_every_format_that_can_be_asked_for() {
    let folder = TempDir::new().unwrap();
    let (_, _, error) = run(folder.path(), "stillwatch score - --from no-such-format");
    let (_, named) = error.split_once("[possible values: ").expect("a list");
    let named = named.split_once(']').expect("its end").0.split(", ");
    let mut names: Vec<&str> = named.map(str::trim).collect();
    let rows = PAGE.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        cells.nth(1)?.strip_prefix('`')?.strip_suffix('`')
    });
    let mut rows: Vec<&str> = rows.filter(|row| !row.starts_with('-')).collect();
    rows.push("auto");
    rows.sort_unstable();
    names.sort_unstable();
    assert_eq!(rows, names);
}
