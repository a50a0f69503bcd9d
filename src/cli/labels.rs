//! `stillwatch labels`: exports the labels that reviewers submitted to a server from its data folder.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::Exit;
use super::config::DeploymentFlags;
use super::model::known_key;
use super::terminal::{hint, say};
use crate::domain::AccountRef;
use crate::ingest::JsonLinesWriter;
use crate::store::LabelFile;

/// Flags of `stillwatch labels`.
#[derive(Args)]
pub(super) struct Labels {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Exports the current labels as a label file, in the order of `ExportLabels`
    ///
    /// Reads the data folder only; a server may be running on it. A label names its account where the reviewer did, and
    /// otherwise the account's pseudonym, which `train` resolves with the same --data.
    Export {
        #[command(flatten)]
        deployment: DeploymentFlags,
        /// Output file: plain, .gz or .zst; `-` for standard output
        #[arg(long, value_name = "FILE", default_value = "-")]
        out: PathBuf,
    },
}

impl Labels {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let Command::Export { deployment, out } = &self.command;
        let settings = deployment.settings()?;
        let data = &settings.data.folder;
        let Some(key) = known_key(&settings)? else {
            hint("--data DIR sets the data folder of the server");
            bail!("no pseudonym key in {}", data.display());
        };
        let labels = LabelFile::read(data, key)?;
        let mut writer = JsonLinesWriter::create(out).context("labels")?;
        let count = labels.len();
        for label in labels {
            writer.write(&label.map_account(AccountRef::from))?;
        }
        writer.finish()?;
        say(&format!("{count} labels exported from {}", data.display()));
        Ok(Exit::Success)
    }
}
