//! The server's log on standard error, which never quotes request text.

use std::any::Any;
use std::panic;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings::{LogFormat, LogLevel, LogSettings};

/// Installs logging at `log.level` in `log.format`. Panics are logged without formatted messages.
pub(super) fn to_standard_error(log: &LogSettings) {
    // Below `warn` only our own events are logged: libraries may log request data at debug.
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let filter = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("stillwatch", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .init();
    panic::set_hook(Box::new(|panicked| {
        let location = panicked.location().map(ToString::to_string);
        let location = location.unwrap_or_default();
        tracing::error!(%location, reason = static_message(panicked.payload()), "panic");
    }));
}

/// Returns a panic's message if it is a string literal of the program. A message formatted at run time may quote the
/// data being read, and that may be a prompt: the standard library's messages do when a string is sliced inside a
/// character.
fn static_message(payload: &(dyn Any + Send)) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("omitted, because it may quote a request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_that_quotes_is_not_repeated() {
        let text = "prompt: é".to_owned();
        let quoting = panic::catch_unwind(|| text[..9].len()).expect_err("inside a letter");
        let message = quoting.downcast_ref::<String>();
        assert!(
            message.is_some_and(|message| message.contains("prompt")),
            "the raw message quotes the text"
        );
        assert!(!static_message(quoting.as_ref()).contains("prompt"));
        let plain = panic::catch_unwind(|| panic!("an invariant")).expect_err("a panic");
        assert_eq!(static_message(plain.as_ref()), "an invariant");
    }
}
