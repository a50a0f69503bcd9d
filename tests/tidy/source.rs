//! Files of the repository as text, with comments and prose separated from code.

use std::fmt;
use std::path::{Path, PathBuf};

/// A text file of the repository.
pub(crate) struct Source {
    /// Path from the root of the repository, with `/`.
    pub(crate) name: String,
    /// Contents of the file.
    pub(crate) text: String,
    /// The same lines without comments and without strings that contain a space, which are prose.
    code: String,
}

/// A location where a rule is broken.
pub(crate) struct Location {
    file: String,
    line: usize,
    what: String,
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "  {}:{}: {}",
            self.file,
            self.line,
            self.what.trim()
        )
    }
}

impl Source {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a readable text file");
        let name = path
            .strip_prefix(root())
            .expect("a file of the repository")
            .components();
        let name: Vec<_> = name
            .map(|part| part.as_os_str().to_str().expect("a name in UTF-8"))
            .collect();
        Self {
            name: name.join("/"),
            code: code(&text),
            text,
        }
    }

    /// Returns the top module that a file under `src` belongs to.
    pub(crate) fn module(&self) -> &str {
        let inner = self.name.strip_prefix("src/").unwrap_or(&self.name);
        let first = inner.split_once('/').map_or(inner, |(first, _)| first);
        first.trim_end_matches(".rs")
    }

    /// Builds a location in this file.
    pub(crate) fn location(&self, line: usize, what: &str) -> Location {
        Location {
            file: self.name.clone(),
            line,
            what: what.to_owned(),
        }
    }

    /// Returns the locations of the lines of code for which `offends` is true.
    pub(crate) fn code_locations(&self, offends: impl Fn(&str) -> bool) -> Vec<Location> {
        let lines = (1..).zip(self.code.lines());
        lines
            .filter(|(_, line)| offends(line))
            .map(|(line, what)| self.location(line, what))
            .collect()
    }

    /// Returns the top modules named after `crate::` anywhere in the code, with their lines.
    pub(crate) fn imports(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for (at, path) in self.code.match_indices("crate::") {
            let line = self.code[..at].lines().count().max(1);
            let rest = &self.code[at + path.len()..];
            for name in first_names(rest) {
                found.push((line, name));
            }
        }
        found
    }
}

/// Returns the first names of a path or of a braced list of paths: `a::b` gives `a`, `{a::b, c}` gives `a` and `c`.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        let text = text.trim_start();
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let Some(list) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let (mut depth, mut start, mut names) = (0_usize, 0, Vec::new());
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(&list[start..at]));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Splits a line of code into lower-case words: `RequestShape::reason_text` is request, shape, reason, text.
pub(crate) fn words(line: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for character in line.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && before.is_lowercase()) {
            spaced.push(' ');
        }
        if character.is_alphanumeric() {
            spaced.extend(character.to_lowercase());
        }
        before = character;
    }
    spaced
        .split_whitespace()
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

/// Returns every Rust file under a folder of the repository, or the one file; in the order of their names.
pub(crate) fn sources(within: &str) -> Vec<Source> {
    files(&root().join(within), &|path| {
        path.extension().is_some_and(|end| end == "rs")
    })
}

/// Returns everything that people read: documents, settings, contracts, sources and scripts.
pub(crate) fn documents() -> Vec<Source> {
    let folders = [
        "src",
        "training",
        "eval/scenarios",
        "proto",
        "docs",
        "examples",
        "models",
        "README.md",
        "ARCHITECTURE.md",
        "PRIVACY.md",
        "Cargo.toml",
        "clippy.toml",
        "justfile",
        "build.rs",
        ".ci/run",
    ];
    let readable = |path: &Path| {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or("");
        matches!(end, "md" | "toml" | "proto" | "py" | "rs" | "")
    };
    folders
        .into_iter()
        .flat_map(|folder| files(&root().join(folder), &readable))
        .collect()
}

/// Folders at the root of the repository that hold its own text.
pub(crate) const FOLDERS: [&str; 11] = [
    "benches", "clients", "deploy", "docs", "eval", "examples", "models", "proto", "src", "tests",
    "training",
];

/// Returns every Markdown document.
pub(crate) fn markdown() -> Vec<Source> {
    ending_in(&["md"])
}

/// Returns every source and document whose lines people write: no data, no lock files, no JSON.
pub(crate) fn readable() -> Vec<Source> {
    ending_in(&[
        "md", "rs", "toml", "proto", "py", "yaml", "yml", "css", "txt", "service", "",
    ])
}

/// Returns the files with one of these extensions in [`FOLDERS`] and at the root of the repository.
fn ending_in(extensions: &[&str]) -> Vec<Source> {
    let wanted = |path: &Path| {
        let extension = path.extension().and_then(|end| end.to_str()).unwrap_or("");
        let hidden = path
            .strip_prefix(root())
            .is_ok_and(|path| path.components().any(|part| is_hidden(&part)));
        extensions.contains(&extension) && !hidden
    };
    let entries = std::fs::read_dir(root()).expect("a readable folder");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.is_file())
        .chain(FOLDERS.map(|folder| root().join(folder)))
        .collect();
    paths.sort();
    paths.iter().flat_map(|path| files(path, &wanted)).collect()
}

/// Whether a part of a path is hidden or a cache of another program.
fn is_hidden(part: &std::path::Component<'_>) -> bool {
    let name = part.as_os_str().to_string_lossy();
    name.starts_with('.') || name == "__pycache__" || name == "dist"
}

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(path: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<Source> {
    if path.is_dir() {
        let mut inside: Vec<PathBuf> = std::fs::read_dir(path)
            .expect("a readable folder")
            .map(|entry| entry.expect("a readable folder").path())
            .collect();
        inside.sort();
        return inside.iter().flat_map(|path| files(path, wanted)).collect();
    }
    if path.is_file() && wanted(path) {
        vec![Source::read(path)]
    } else {
        Vec::new()
    }
}

/// Blanks out comments and prose, keeping line numbers.
fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let (length, kept) = match character {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => {
                (rest.find("*/").map_or(rest.len(), |end| end + 2), false)
            }
            '"' => string(rest, "\"", true),
            'r' if rest.starts_with("r#\"") && !ends_in_name(&out) => string(rest, "\"#", false),
            // A quoted quotation mark would open a string.
            '\'' if rest.starts_with("'\"'") => (3, true),
            '\'' if rest.starts_with("'\\\"'") => (4, true),
            other => (other.len_utf8(), true),
        };
        let (piece, after) = rest.split_at(length);
        if kept {
            out.push_str(piece);
        } else {
            out.extend(piece.matches('\n'));
        }
        rest = after;
    }
    out
}

fn ends_in_name(code: &str) -> bool {
    code.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Returns the length of the string that `text` starts with, and whether it is a name and not prose.
fn string(text: &str, end: &str, escapes: bool) -> (usize, bool) {
    let start = text.find('"').map_or(1, |quote| quote + 1);
    let mut skip = false;
    for (at, character) in text[start..].char_indices() {
        if skip {
            skip = false;
        } else if escapes && character == '\\' {
            skip = true;
        } else if text[start + at..].starts_with(end) {
            let prose = text[start..start + at].contains(char::is_whitespace);
            return (start + at + end.len(), !prose);
        }
    }
    (text.len(), false)
}

/// Returns the delimiter of a multi-line string of TOML.
fn quotes(quote: char) -> String {
    String::from_iter([quote; 3])
}

/// Blanks out the contents of string literals of Rust (comments in `//`) or TOML (comments in `#`), keeping line
/// numbers and comments.
pub(crate) fn without_strings(text: &str, comment: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let (length, kept) = match character {
            _ if rest.starts_with(comment) => (rest.find('\n').unwrap_or(rest.len()), true),
            '"' | '\'' if comment == "#" && rest.starts_with(&quotes(character)) => {
                let end = rest[3..].find(&quotes(character));
                (end.map_or(rest.len(), |end| end + 6), false)
            }
            '"' => (string(rest, "\"", true).0, false),
            'r' if rest.starts_with("r\"") && !ends_in_name(&out) => {
                (string(rest, "\"", false).0, false)
            }
            'r' if rest.starts_with("r#\"") && !ends_in_name(&out) => {
                (string(rest, "\"#", false).0, false)
            }
            '\'' if rest.starts_with("'\"'") => (3, true),
            '\'' if rest.starts_with("'\\\"'") => (4, true),
            other => (other.len_utf8(), true),
        };
        let (piece, after) = rest.split_at(length);
        if kept {
            out.push_str(piece);
        } else {
            out.push_str("\"\"");
            out.extend(piece.matches('\n'));
        }
        rest = after;
    }
    out
}

#[test]
fn strings_are_blanked_and_comments_kept() {
    let rust = "let a = \"b \\\" c\"; // \"d\"\nlet e = r#\"f \"g\"\n h\"#;\n";
    assert_eq!(
        without_strings(rust, "//"),
        "let a = \"\"; // \"d\"\nlet e = \"\"\n;\n"
    );
    let toml = "# it's \"a\"\nb = \"\"\"c\nd \"e\" \"\"\" # f\ng = '''h\n'''\n";
    assert_eq!(
        without_strings(toml, "#"),
        "# it's \"a\"\nb = \"\"\n # f\ng = \"\"\n\n"
    );
}

#[test]
fn comments_and_prose_are_not_code() {
    let text = "use crate::{a::{B, C}, d}; // crate::e\nlet s = \"crate::f of g\"; let c = '\"'; crate::h::i();\n";
    let file = Source {
        name: "src/x/y.rs".to_owned(),
        text: text.to_owned(),
        code: code(text),
    };
    let names: Vec<String> = file.imports().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["a", "d", "h"]);
    assert_eq!(file.imports()[2].0, 2);
    assert_eq!(file.module(), "x");
    assert_eq!(
        words("Self::script_of(LanguageCode)").nth(1).unwrap(),
        "script"
    );
}
