//! `stillwatch key`: creates API keys.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};

use super::Exit;
use super::terminal::say;
use crate::server::{ApiKey, KeyLine, KeyScope, Keys, RateLimit};

/// Flags of `stillwatch key`.
#[derive(Args)]
pub(super) struct Key {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints a new key, which is stored nowhere, and the line for the keys file
    New {
        /// Name of the key: letters, digits, `-`, `_` and `.`
        #[arg(long)]
        name: String,
        /// Scope of the key; may be repeated
        #[arg(long, required = true, value_parser = scope)]
        scope: Vec<KeyScope>,
        /// Appends the line to this keys file instead of printing it
        #[arg(long, value_name = "FILE")]
        append: Option<PathBuf>,
    },
}

fn scope(word: &str) -> Result<KeyScope, String> {
    let expected = "expected score, read, review or admin".to_owned();
    KeyScope::from_name(word).ok_or(expected)
}

impl Key {
    #[expect(clippy::print_stdout, reason = "the key is this command's data")]
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let Command::New {
            name,
            scope,
            append,
        } = &self.command;
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| anyhow!("random numbers: {error}"))?;
        let key = ApiKey::from_bytes(random);
        let line = KeyLine::new(name, scope, &key)
            .map_err(|expected| anyhow!("--name or --scope: expected {expected}"))?;
        match append {
            None => {
                println!("{}\n{line}", key.expose());
                say(
                    "The first line is the key. Hand it to its caller; it is stored nowhere. \
                     The second line belongs in the keys file.",
                );
            }
            Some(path) => {
                append_line(path, &line)?;
                println!("{}", key.expose());
                say(&format!(
                    "Hand the key to its caller; it is stored nowhere. Its hash is in {}.",
                    path.display()
                ));
            }
        }
        Ok(Exit::Success)
    }
}

fn append_line(path: &Path, line: &KeyLine) -> anyhow::Result<()> {
    let named = || path.display().to_string();
    let before = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(named),
    };
    let gap = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    // The result is parsed first, so that a line the server would reject is not written.
    Keys::parse(&format!("{before}{gap}{line}\n"), RateLimit::default()).with_context(named)?;
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(named)?;
    writeln!(file, "{gap}{line}").with_context(named)
}
