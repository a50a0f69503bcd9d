//! `stillwatch eval`: evaluates a bundle on labeled traffic or on the field set, or the text model on held-out
//! pipelines.

mod accounts;
mod baselines;
mod field;
mod flags;
mod gating;
mod show;

use std::path::Path;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::Exit;
use super::corpus::corpus;
use super::progress::ProgressBars;
use super::terminal::hint;
use crate::bundle::Bundle;
use crate::eval::baseline::ngram::NgramRecipe;
use crate::eval::prompts::{PromptTrial, leave_pipelines_out};
use crate::eval::table::Table;
use crate::train::manifest::CueManifest;
use crate::train::progress::Progress;
use crate::train::recipe::Recipe;
use flags::EvalFlags;

/// Flags of `stillwatch eval`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Eval {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: EvalFlags,
}

#[derive(Subcommand)]
enum Command {
    /// Explains one labeled account: its labels, its trail and the reasons at its last exchange
    Show(show::Show),
}

impl Eval {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        if let (None, Some(folder)) = (&self.command, &self.flags.field) {
            return field::run(&self.flags, folder);
        }
        match (&self.command, &self.flags.pools, &self.flags.labels) {
            (Some(Command::Show(show)), _, _) => show.run(),
            (None, Some(pools), _) => self.prompts(pools),
            (None, None, Some(labels)) => accounts::run(&self.flags, labels),
            (None, None, None) => {
                hint(
                    "--traffic and --labels, or --field, evaluate a bundle; --pools evaluates the text model",
                );
                bail!("expected --traffic with --labels, --field, or --pools");
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "the report is this command's data")]
    fn prompts(&self, pools: &Path) -> anyhow::Result<Exit> {
        let Some(layout) = self.flags.format.layout() else {
            bail!("-o html: expected another format; only reports on accounts have an HTML page");
        };
        let bars = ProgressBars::new();
        let corpus = corpus(Some(pools), &bars)?.with_own_writing();
        let bundle: Bundle = self.flags.model.bundle()?;
        let manifest = CueManifest::parse(include_str!("../../training/cues.toml"))
            .context("training/cues.toml")?;
        let trial = PromptTrial {
            corpus: &corpus,
            manifest: &manifest,
            vocabulary: bundle.encoder.vocabulary(),
            recipe: &Recipe::shipped(),
            ngram: NgramRecipe::default(),
            folds: self.flags.folds,
        };
        bars.begin("fold models", self.flags.folds as u64);
        let report = leave_pipelines_out(&trial, &|done, _| bars.advance(u64::from(done > 0)))?;
        bars.finish();
        for table in report.tables() {
            println!("{}", Table::render(&table, layout));
        }
        Ok(Exit::Success)
    }
}
