//! Messages for the person at the terminal: notes, warnings, errors and hints, all on standard error.

use std::io::Write;

use anstyle::AnsiColor;

/// Writes a line to standard error, without colours if it is not a terminal or `NO_COLOR` is set.
pub(super) fn say(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Writes a warning to standard error.
pub(super) fn warn(line: &str) {
    say(&format!("{} {line}", paint("warning:", AnsiColor::Yellow)));
}

/// Writes a hint on what to try next.
pub(super) fn hint(line: &str) {
    say(&format!("{} {line}", paint("hint:", AnsiColor::Cyan)));
}

/// Writes an error with its chain of causes.
pub(super) fn report(error: &anyhow::Error) {
    let mut message = String::new();
    for cause in error.chain().map(ToString::to_string) {
        // Our own errors quote their cause; it is printed once.
        if !message.contains(&cause) {
            message = if message.is_empty() {
                cause
            } else {
                format!("{message}: {cause}")
            };
        }
    }
    say(&format!("{} {message}", paint("error:", AnsiColor::Red)));
}

/// Formats a word in bold and in colour for [`say`]. Every line must read equally well without them.
fn paint(word: &str, colour: AnsiColor) -> String {
    let style = colour.on_default().bold();
    format!("{style}{word}{style:#}")
}

/// Returns whether the reader of our output closed the pipe.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
