//! Messages for the person at the terminal: notes, warnings, errors and hints, all on standard error.

use std::io::Write;

use anstyle::AnsiColor;

/// Columns below which no text is fitted: nobody reads it.
const WIDTH_MIN: u16 = 40;

/// Returns the columns that standard output has: `COLUMNS` if that is set, the terminal's if it is one, `None` if
/// nothing limits them, as in a pipe.
pub(super) fn width() -> Option<u16> {
    let set = std::env::var("COLUMNS").ok();
    let set = set.and_then(|columns| columns.parse().ok());
    let terminal = || Some(console::Term::stdout().size_checked()?.1);
    set.or_else(terminal)
        .map(|columns: u16| columns.max(WIDTH_MIN))
}

/// Breaks a sentence at blanks into lines of at most `width` columns, all after the same indentation.
pub(super) fn wrapped(sentence: &str, indent: &str, width: Option<u16>) -> String {
    let Some(width) = width.map(usize::from) else {
        return format!("{indent}{sentence}");
    };
    let mut lines = vec![indent.to_owned()];
    let mut used = 0;
    for word in sentence.split(' ') {
        let length = word.chars().count();
        let gap = usize::from(used > 0);
        if used > 0 && indent.len() + used + gap + length > width {
            lines.push(indent.to_owned());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines.join("\n")
}

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
