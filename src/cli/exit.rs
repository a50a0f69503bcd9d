//! Exit statuses of the program.

use std::process::ExitCode;

/// How a command ended. The numbers are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All of the input was used.
    Success,
    /// The command finished, but part of the input was rejected.
    InputRejected,
    /// The command finished, but a figure is outside its gate.
    #[cfg(feature = "lab")]
    UnderGate,
    /// The command could not do its work.
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
