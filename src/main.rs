//! The `stillwatch` binary: flags to `cli`, errors to exit codes.

use std::process::ExitCode;

fn main() -> ExitCode {
    stillwatch::cli::main()
}
