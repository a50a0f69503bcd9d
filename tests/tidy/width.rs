//! Line width: no line of a source or document is over 120 columns.
//!
//! Exceptions are rules, not files:
//!
//! - rows of Markdown tables, which cannot be broken;
//! - link targets, URLs and other words of 60 characters and more, which are not counted;
//! - blocks of Markdown marked `json` or `text`: records and what a program prints, which are one line each;
//! - string literals of Rust, TOML and the code blocks of Markdown, which hold data and are not counted; rustfmt does
//!   not break them either;
//! - generated text: blocks between `<!-- ...: generated -->` and `<!-- end of ... -->`, reports under `eval/results`,
//!   cards under `models`, and formats that only programs write (JSON, lock files);
//! - contracts of other projects under `proto/third_party`.

use std::path::Path;

use crate::forbid;
use crate::source::{Source, readable, without_strings};

/// Most columns of a line, in characters.
const COLUMNS_MAX: usize = 120;

/// A word of this many characters is a path, a type name or a URL that cannot be broken.
const LONG_WORD: usize = 60;

/// Folders of generated text and of other projects' files.
const EXCLUDED: [&str; 3] = ["eval/results/", "models/", "proto/third_party/envoy/"];

/// Removes the target of each Markdown link.
fn without_targets(line: &str) -> String {
    let mut pieces = line.split("](");
    let mut kept = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        kept.push_str("](");
        kept.push_str(piece.split_once(')').map_or("", |(_, after)| after));
    }
    kept
}

/// Returns the columns of a line that count. Indentation counts.
fn columns(line: &str) -> usize {
    let line = without_targets(line.trim_end());
    line.split(' ')
        .map(|word| {
            let length = word.chars().count();
            let unbreakable = length >= LONG_WORD || word.contains("://");
            1 + if unbreakable { 0 } else { length }
        })
        .sum::<usize>()
        .saturating_sub(1)
}

/// Returns the text of a file without its string literals, line by line.
fn without_literals(file: &Source) -> String {
    match file.name.rsplit_once('.') {
        Some((_, "rs")) => without_strings(&file.text, "//"),
        Some((_, "toml")) => without_strings(&file.text, "#"),
        Some((_, "md")) => {
            let (mut code, mut records) = (false, false);
            let lines = file.text.lines().map(|line| {
                if let Some(kind) = line.trim_start().strip_prefix("```") {
                    code ^= true;
                    records = code && matches!(kind.split(' ').next(), Some("json" | "text"));
                }
                let kept = if records {
                    String::new()
                } else if code {
                    without_strings(line, "#")
                } else {
                    line.to_owned()
                };
                kept + "\n"
            });
            lines.collect()
        }
        _ => file.text.clone(),
    }
}

/// Returns the numbers and texts of the lines that are too wide.
fn too_wide(file: &Source) -> Vec<(usize, &str)> {
    let markdown = Path::new(&file.name)
        .extension()
        .is_some_and(|end| end == "md");
    let counted = without_literals(file);
    let mut generated = false;
    let mut wide = Vec::new();
    for (number, (line, counted)) in (1..).zip(file.text.lines().zip(counted.lines())) {
        if line.trim_start().starts_with("<!--") {
            generated = line.contains(": generated");
        }
        let table = markdown && line.trim_start().starts_with('|');
        if !generated && !table && columns(counted) > COLUMNS_MAX {
            wide.push((number, line));
        }
    }
    wide
}

#[test]
fn lines_are_at_most_120_columns_wide() {
    let mut offences = Vec::new();
    for file in readable() {
        let excluded = EXCLUDED.iter().any(|folder| file.name.starts_with(folder));
        if excluded {
            continue;
        }
        for (line, text) in too_wide(&file) {
            offences.push(file.location(line, text));
        }
    }
    forbid("lines are at most 120 columns wide", offences);
}

#[test]
fn links_and_long_words_do_not_count() {
    let long = "x".repeat(LONG_WORD);
    assert_eq!(columns("  a b"), 5);
    assert_eq!(columns(&format!("see [a]({long}) b")), 10);
    assert_eq!(columns(&format!("see {long} b")), 6);
    assert_eq!(columns("see https://example.com/a b"), 6);
}
