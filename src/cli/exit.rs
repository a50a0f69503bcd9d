//! Outcome of a command and its exit code.

use std::process::ExitCode;

/// Exit code of a command that was interrupted from the terminal, as shells write it: 128 and the signal's number.
pub(super) const INTERRUPTED: i32 = 130;

/// Outcome of a command. The exit codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All input was used.
    Success,
    /// The command finished, but part of the input was rejected.
    InputRejected,
    /// The command finished, but a metric is outside its gate.
    #[cfg(feature = "lab")]
    UnderGate,
    /// The command could not run.
    Failure,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::InputRejected => 1,
            #[cfg(feature = "lab")]
            Exit::UnderGate => 1,
            Exit::Failure => 2,
        })
    }
}
