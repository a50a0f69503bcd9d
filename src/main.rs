//! The `stillwatch` binary: flags to `cli`, errors to exit codes.

fn main() {}
