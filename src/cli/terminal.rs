//! What the person at the terminal sees: notes, warnings, errors and hints, all on standard error.

use std::io::{IsTerminal, Write};

/// A line on standard error.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// A warning on standard error.
pub(super) fn warn(line: &str) {
    say(&format!("{} {line}", paint("warning:", "33")));
}

/// What to try next.
pub(super) fn hint(line: &str) {
    say(&format!("{} {line}", paint("hint:", "36")));
}

/// An error with everything behind it.
pub(super) fn report(error: &anyhow::Error) {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        // Our own errors quote what caused them; say it once.
        if !told.contains(&cause) {
            told = if told.is_empty() {
                cause
            } else {
                format!("{told}: {cause}")
            };
        }
    }
    say(&format!("{} {told}", paint("error:", "31")));
}

/// Colour only helps where a person looks; every line reads as well without.
fn paint(word: &str, colour: &str) -> String {
    if std::io::stderr().is_terminal() {
        format!("\x1b[1;{colour}m{word}\x1b[0m")
    } else {
        word.to_owned()
    }
}

/// Whether the reader of our output went away.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
