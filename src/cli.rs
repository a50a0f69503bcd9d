//! The command line, one file per command. Each command takes flags and returns an exit status. Data goes to standard
//! output, everything else to standard error.
//!
//! Besides `server`, the only module that reads the clock or writes to the terminal. No other module uses it.

mod config;
#[cfg(feature = "lab")]
mod corpus;
#[cfg(feature = "lab")]
mod eval;
mod exit;
mod explain;
#[cfg(feature = "lab")]
mod format;
mod input;
mod key;
mod labels;
mod model;
mod output;
#[cfg(feature = "lab")]
mod policy;
mod policy_flags;
#[cfg(feature = "lab")]
mod progress;
mod queue;
mod score;
mod serve;
mod signals;
#[cfg(feature = "lab")]
mod simulate;
mod terminal;
#[cfg(feature = "lab")]
mod train;
mod what_was_read;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use exit::Exit;

/// Detects coordinated capability extraction in the traffic of a language-model API.
///
/// Exit status: 0 when all input was used, 1 when part of it was rejected or a gate was missed, 2 when the command
/// could not run, 130 when it was interrupted.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[allow(
    clippy::large_enum_variant,
    reason = "parsed once; which variant is large depends on the features"
)]
enum Command {
    /// Scores conversations over Connect, gRPC, gRPC-Web and JSON on one port
    Serve(serve::Serve),
    /// Checks and prints the settings of `serve`
    Config(config::Config),
    /// Creates API keys for `serve`
    Key(key::Key),
    /// Exports the labels that reviewers submitted
    Labels(labels::Labels),
    /// Scores a traffic log
    Score(score::Score),
    /// Lists whom the policy puts before a reviewer at the end of a traffic log
    Queue(queue::Queue),
    /// Explains the risk of one account in a traffic log
    Explain(explain::Explain),
    #[cfg(feature = "lab")]
    /// Simulates labeled account streams from prompt pools
    Simulate(simulate::Simulate),
    #[cfg(feature = "lab")]
    /// Trains a model bundle from prompt pools or from labeled traffic
    Train(train::Train),
    #[cfg(feature = "lab")]
    /// Chooses the review policy on traffic
    Policy(policy::Policy),
    #[cfg(feature = "lab")]
    /// Evaluates a bundle on labeled traffic, or the text model on held-out pipelines
    Eval(eval::Eval),
}

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Key(command) => command.run(),
        Command::Labels(command) => command.run(),
        Command::Score(command) => command.run(),
        Command::Queue(command) => command.run(),
        Command::Explain(command) => command.run(),
        #[cfg(feature = "lab")]
        Command::Simulate(command) => command.run(),
        #[cfg(feature = "lab")]
        Command::Train(command) => command.run(),
        #[cfg(feature = "lab")]
        Command::Policy(command) => command.run(),
        #[cfg(feature = "lab")]
        Command::Eval(command) => command.run(),
    };
    match result {
        Ok(exit) => exit.into(),
        // A closed pipe is the reader's choice, not our failure.
        Err(error) if terminal::is_broken_pipe(&error) => Exit::Success.into(),
        Err(error) => {
            terminal::report(&error);
            Exit::Failure.into()
        }
    }
}
