//! What the server says of itself on standard error, and that it quotes nobody there.

use std::any::Any;
use std::panic;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings::{LogFormat, LogLevel, LogSettings};

/// Lines from `log.level` on, in `log.format`; panics without what they were made of.
pub(super) fn to_standard_error(log: &LogSettings) {
    // Our own lines alone below `warn`: what libraries say at debug may hold what callers sent.
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
        let place = panicked.location().map(ToString::to_string);
        let place = place.unwrap_or_default();
        tracing::error!(%place, words = own_words(panicked.payload()), "a fault");
    }));
}

/// A panic's message where it is one of the program's own sentences. A message that was put together at run time may
/// quote what was being read, and that may be a prompt: the standard library's do, when text is cut inside a letter.
fn own_words(payload: &(dyn Any + Send)) -> &'static str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("left out, since they may quote a request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_that_quotes_is_not_repeated() {
        let text = "prompt: é".to_owned();
        let quoting = panic::catch_unwind(|| text[..9].len()).expect_err("inside a letter");
        let told = quoting.downcast_ref::<String>();
        assert!(told.is_some_and(|told| told.contains("prompt")), "it would");
        assert!(!own_words(quoting.as_ref()).contains("prompt"));
        let plain = panic::catch_unwind(|| panic!("an invariant")).expect_err("a panic");
        assert_eq!(own_words(plain.as_ref()), "an invariant");
    }
}
