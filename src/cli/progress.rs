//! Progress of long-running commands, on standard error.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::terminal::say;
use crate::train::progress::Progress;

/// Progress bars if standard error is a terminal; otherwise one line at the end of each stage.
pub(super) struct ProgressBars {
    current: Mutex<Option<Stage>>,
}

struct Stage {
    name: String,
    bar: ProgressBar,
    begun: Instant,
}

impl ProgressBars {
    pub(super) const fn new() -> Self {
        Self {
            current: Mutex::new(None),
        }
    }

    /// Finishes the last stage.
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

impl Progress for ProgressBars {
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
