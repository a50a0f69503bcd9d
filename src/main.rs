//! The `stillwatch` binary. `cli` parses the flags and turns errors into exit codes.

use std::process::ExitCode;

fn main() -> ExitCode {
    stillwatch::main()
}
