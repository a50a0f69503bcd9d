//! What the person at the terminal sees: notes, warnings, errors and hints, all on standard error.

use std::io::Write;

use anstyle::AnsiColor;

/// Writes a line to standard error, without its colours where nobody looks or `NO_COLOR` is set.
pub(super) fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// A warning on standard error.
pub(super) fn warn(line: &str) {
    say(&format!("{} {line}", paint("warning:", AnsiColor::Yellow)));
}

/// What to try next.
pub(super) fn hint(line: &str) {
    say(&format!("{} {line}", paint("hint:", AnsiColor::Cyan)));
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
    say(&format!("{} {told}", paint("error:", AnsiColor::Red)));
}

/// A word in bold and in colour, for [`say`]; every line reads as well without.
fn paint(word: &str, colour: AnsiColor) -> String {
    let style = colour.on_default().bold();
    format!("{style}{word}{style:#}")
}

/// Whether the reader of our output went away.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
