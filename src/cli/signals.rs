//! What the system asks of a running server: to stop, or to read its files again.

use std::io;

/// Interrupt, termination and hang-up, or the interrupt alone where there is nothing else.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Takes them from now on; none that comes later is missed.
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Returns when asked to stop; calls `reload` at each hang-up before.
    pub(super) async fn stop(&mut self, reload: impl Fn()) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hang_up.recv() => reload(),
            }
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Takes them from now on.
    #[expect(clippy::unnecessary_wraps, reason = "the same where signals can fail")]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Returns when asked to stop. There is no hang-up here: files are read again by a restart.
    pub(super) async fn stop(&mut self, _reload: impl Fn()) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
