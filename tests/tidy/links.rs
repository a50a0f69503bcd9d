//! Links and paths in Markdown documents: every relative link, heading anchor, repository path in code and bundle
//! version names something that exists.
//!
//! Two kinds of text are not checked. Placeholders (`DATA`, `models/ours/1`, globs) name files of the reader. Dated
//! documents under `eval/results` keep the bundle versions of their day, which need not be in the repository any more.

use std::path::{Component, Path, PathBuf};

use crate::forbid;
use crate::source::{FOLDERS, Location, Source, markdown, root};

/// Dated documents, in which bundle versions are history.
const DATED: &str = "eval/results/";

/// The lines of a document, each with whether it is inside a fenced code block. Fences themselves are left out.
fn lines(text: &str) -> impl Iterator<Item = (usize, bool, &str)> {
    let mut fenced = false;
    (1..).zip(text.lines()).filter_map(move |(number, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fence).then_some((number, fenced, line))
    })
}

/// Splits a line into prose and code spans, alternating, starting with prose.
fn pieces(line: &str) -> Vec<&str> {
    line.split('`').collect()
}

fn prose(line: &str) -> String {
    let pieces = pieces(line).into_iter().step_by(2);
    pieces.collect::<Vec<_>>().join("``")
}

fn spans(line: &str) -> impl Iterator<Item = &str> {
    pieces(line).into_iter().skip(1).step_by(2)
}

/// Returns the targets of inline links, images, reference definitions and `src` and `href` attributes of a line of
/// prose.
fn targets(prose: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (opening, close) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"')] {
        for (at, _) in prose.match_indices(opening) {
            let rest = &prose[at + opening.len()..];
            let target = rest.split(close).next().unwrap_or(rest);
            found.extend(target.split_whitespace().next().map(str::to_owned));
        }
    }
    let definition = prose
        .strip_prefix('[')
        .and_then(|line| line.split_once("]: "));
    if let Some((_, target)) = definition {
        found.push(target.trim().to_owned());
    }
    found
}

/// Returns the anchors of a document's headings, as GitHub derives them.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, fenced, line) in lines(text) {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let Some(heading) = line[level..].strip_prefix(' ') else {
            continue;
        };
        if fenced || !(1..=6).contains(&level) {
            continue;
        }
        let heading = heading.trim().to_lowercase();
        let slug: String = heading
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let mut anchor = slug.clone();
        let mut copies = 0;
        while anchors.contains(&anchor) {
            copies += 1;
            anchor = format!("{slug}-{copies}");
        }
        anchors.push(anchor);
    }
    anchors
}

/// Resolves `target` relative to the folder of `document`, both from the root of the repository.
fn resolved(document: &str, target: &str) -> PathBuf {
    let folder = Path::new(document).parent().unwrap_or(Path::new(""));
    let mut path = PathBuf::new();
    for part in folder.join(target).components() {
        match part {
            Component::ParentDir if path.pop() => {}
            other => path.push(other),
        }
    }
    path
}

/// What is wrong with a link of `document`, if anything.
fn broken(document: &Source, target: &str) -> Option<String> {
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme);
    if !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match path {
        "" => PathBuf::from(&document.name),
        path => resolved(&document.name, path),
    };
    let full = root().join(&path);
    if !full.exists() {
        return Some(format!("{target}: no such file"));
    }
    if anchor.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(full).unwrap_or_default();
    let known = anchors(&text).iter().any(|known| known == anchor);
    (!known).then(|| format!("{target}: no such heading"))
}

/// Expands the first brace list of a path, and of what that gives, until there is none: `a/{b,c}` gives `a/b` and
/// `a/c`.
fn expanded(path: &str) -> Vec<String> {
    let list = path.split_once('{').and_then(|(before, rest)| {
        let (list, after) = rest.split_once('}')?;
        Some((before, list, after))
    });
    let Some((before, list, after)) = list else {
        return vec![path.to_owned()];
    };
    list.split(',')
        .flat_map(|item| expanded(&format!("{before}{}{after}", item.trim())))
        .collect()
}

/// Whether a part of a path is a name to be filled in, such as `DATA` or `NAME`.
fn placeholder(part: &str) -> bool {
    part.len() > 1
        && part
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// Returns the repository paths among the words of a piece of code.
fn paths(code: &str) -> Vec<String> {
    let words = code.split_whitespace().flat_map(|word| {
        let word = word.trim_matches(|c| matches!(c, '"' | '\'' | '(' | ')' | ',' | ';'));
        expanded(word.split('#').next().unwrap_or(word))
    });
    words
        .filter(|word| {
            let plain = word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '@'));
            let folder = word.split_once('/').map_or("", |(folder, _)| folder);
            // Bundles other than the shipped ones are the reader's own.
            let own = folder == "models" && !word.starts_with("models/default");
            plain && FOLDERS.contains(&folder) && !own && !word.split('/').any(placeholder)
        })
        .collect()
}

/// Returns the bundle versions that a line names as `models/default/N` or `default@N`.
fn versions(line: &str) -> Vec<String> {
    let after = |opening: &str| -> Vec<String> {
        line.match_indices(opening)
            .map(|(at, _)| {
                let rest = &line[at + opening.len()..];
                rest.chars().take_while(char::is_ascii_digit).collect()
            })
            .collect()
    };
    let mut versions = after("models/default/");
    versions.extend(after("default@"));
    versions.retain(|version| !version.is_empty());
    versions
}

/// Collects the problems that `check` finds in each line of each document.
fn problems(check: impl Fn(&Source, bool, &str) -> Vec<String>) -> Vec<Location> {
    let mut found = Vec::new();
    for document in markdown() {
        for (number, fenced, line) in lines(&document.text) {
            let problems = check(&document, fenced, line);
            found.extend(
                problems
                    .iter()
                    .map(|problem| document.location(number, problem)),
            );
        }
    }
    found
}

#[test]
fn links_lead_to_files_and_headings() {
    let broken = problems(|document, fenced, line| {
        let targets = if fenced {
            Vec::new()
        } else {
            targets(&prose(line))
        };
        let broken = targets.iter().filter_map(|target| broken(document, target));
        broken.collect()
    });
    forbid("relative links resolve", broken);
}

#[test]
fn paths_in_code_exist() {
    let missing = problems(|_, fenced, line| {
        let paths: Vec<String> = if fenced {
            paths(line)
        } else {
            spans(line).flat_map(paths).collect()
        };
        let missing = paths.into_iter().filter(|path| !root().join(path).exists());
        missing.collect()
    });
    forbid(
        "repository paths in code spans and code blocks exist",
        missing,
    );
}

#[test]
fn bundles_that_documents_name_exist() {
    let missing = problems(|document, _, line| {
        if document.name.starts_with(DATED) {
            return Vec::new();
        }
        let versions = versions(line).into_iter();
        let missing =
            versions.filter(|version| !root().join("models/default").join(version).is_dir());
        missing
            .map(|version| format!("default@{version}: no such bundle"))
            .collect()
    });
    forbid("bundle versions outside dated results exist", missing);
}

#[test]
fn links_and_paths_are_found() {
    let line = "See [a](b.md#c), `x.md`, ![i](d/e.svg \"title\") and `src/{a,b}.rs`.";
    assert_eq!(targets(&prose(line)), ["b.md#c", "d/e.svg"]);
    assert_eq!(
        spans(line).flat_map(paths).collect::<Vec<_>>(),
        ["src/a.rs", "src/b.rs"]
    );
    assert_eq!(targets("[a]: b.md"), ["b.md"]);
    assert_eq!(targets("<img src=\"a.svg\" width=\"9\">"), ["a.svg"]);
    assert!(paths("eval/results/* models/ours/1 docs/NAME/x src::a").is_empty());
    assert_eq!(
        versions("default@3, models/default/12/CARD.md, default@N"),
        ["12", "3"]
    );
    assert_eq!(resolved("docs/a.md", "../b/./c.md"), Path::new("b/c.md"));
    let text = "# A `b` c\n```\n# not a heading\n```\n## What's new?\n## What's new?\n#no\n";
    assert_eq!(anchors(text), ["a-b-c", "whats-new", "whats-new-1"]);
}
