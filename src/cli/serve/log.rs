//! What the server says of itself on standard error, and that it quotes nobody there.

use std::any::Any;
use std::panic;

use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, LogLevel, LogSettings};

/// Lines from `log.level` on, in `log.format`; panics without what they were made of.
pub(super) fn to_standard_error(log: &LogSettings) {
    // Our own lines alone below `warn`: what libraries say at debug may hold what callers sent.
    let filter = EnvFilter::new(match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "warn,stillwatch=info",
        LogLevel::Debug => "warn,stillwatch=debug",
        LogLevel::Trace => "warn,stillwatch=trace",
    });
    let logs = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter);
    match log.format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
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
