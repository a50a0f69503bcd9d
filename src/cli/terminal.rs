//! What the person at the terminal sees: progress, notes, errors and hints, all on standard error.

use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anstyle::AnsiColor;
use indicatif::{ProgressBar, ProgressStyle};

use crate::train::progress::Progress;

/// Progress bars where standard error is a terminal; a line when a stage ends where it is not.
pub(super) struct Bars {
    current: Mutex<Option<Stage>>,
}

struct Stage {
    name: String,
    bar: ProgressBar,
    begun: Instant,
}

impl Bars {
    pub(super) const fn new() -> Self {
        Self {
            current: Mutex::new(None),
        }
    }

    /// Ends the last stage.
    pub(super) fn finish(&self) {
        self.replace(None);
    }

    fn replace(&self, next: Option<Stage>) {
        let mut current = self
            .current
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(stage) = std::mem::replace(&mut *current, next) {
            stage.bar.finish_and_clear();
            let seconds = stage.begun.elapsed().as_secs_f64();
            say(&format!("{} ({seconds:.1} s)", stage.name));
        }
    }

    fn with(&self, act: impl FnOnce(&ProgressBar)) {
        let current = self
            .current
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(stage) = current.as_ref() {
            act(&stage.bar);
        }
    }
}

impl Progress for Bars {
    fn begin(&self, stage: &str, steps: u64) {
        let bar = ProgressBar::new(steps);
        let style =
            ProgressStyle::with_template("{msg:<36} {wide_bar} {pos}/{len} {elapsed}<{eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_message(stage.to_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        self.replace(Some(Stage {
            name: stage.to_owned(),
            bar,
            begun: Instant::now(),
        }));
    }

    fn advance(&self, steps: u64) {
        self.with(|bar| bar.inc(steps));
    }

    fn note(&self, line: &str) {
        self.with(|bar| bar.suspend(|| say(line)));
    }
}

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
