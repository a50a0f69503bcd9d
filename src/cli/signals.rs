//! Signals: to a running server, to stop or to reload files; to a command that writes a file, to leave none
//! half-written.

use std::io;
use std::thread;

use super::exit::INTERRUPTED;

/// Handlers of SIGINT, SIGTERM and SIGHUP; of the interrupt alone where there are no others.
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
    /// Installs the handlers; no later signal is missed.
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Returns at a stop signal; calls `reload` at each SIGHUP before that.
    pub(super) async fn stop(&mut self, reload: impl Fn()) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hang_up.recv() => reload(),
            }
        }
    }

    /// Returns at the first of them.
    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Installs nothing; the handler is set in [`Self::stop`].
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the signature of platforms where signals can fail"
    )]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Returns at an interrupt. There is no SIGHUP on this platform: files are reloaded by a restart.
    pub(super) async fn stop(&mut self, _reload: impl Fn()) {
        self.any().await;
    }

    /// Returns at an interrupt.
    async fn any(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Calls `act` at a signal that ends programs, and ends the program. The thread that waits for it ends with the
/// program.
///
/// # Errors
/// If the handler cannot be installed.
pub(super) fn at_interrupt(act: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals::new()?
    };
    thread::Builder::new()
        .name("interrupt".to_owned())
        .spawn(move || {
            runtime.block_on(signals.any());
            act();
            std::process::exit(INTERRUPTED);
        })?;
    Ok(())
}
