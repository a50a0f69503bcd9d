//! `stillwatch eval`: evaluates a bundle on labeled traffic, or the text model on held-out pipelines.

mod accounts;
mod baselines;
mod show;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::Exit;
use super::corpus::corpus;
use super::format::Format;
use super::model::ModelFlags;
use super::progress::ProgressBars;
use super::terminal::hint;
use crate::bundle::Bundle;
use crate::eval::baseline::ngram::NgramRecipe;
use crate::eval::prompts::{PromptTrial, leave_pipelines_out};
use crate::eval::table::Table;
use crate::train::manifest::CueManifest;
use crate::train::progress::Progress;
use crate::train::recipe::Recipe;

/// Flags of `stillwatch eval`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Eval {
    #[command(subcommand)]
    command: Option<Command>,
    /// Labeled traffic logs
    #[arg(long, value_name = "FILE", requires = "labels")]
    traffic: Vec<PathBuf>,
    /// Labels of the traffic
    #[arg(long, value_name = "FILE", requires = "traffic")]
    labels: Option<PathBuf>,
    /// Model catalogue (TOML) that resolves aliases
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
    /// Labeled logs to fit simple baselines on, reported next to the bundle; accounts must differ from those in
    /// --traffic
    #[arg(
        long,
        value_name = "FILE",
        requires = "fit_labels",
        requires = "traffic"
    )]
    fit_traffic: Vec<PathBuf>,
    /// Labels of --fit-traffic
    #[arg(long, value_name = "FILE", requires = "fit_traffic")]
    fit_labels: Option<PathBuf>,
    /// Prompt pools: trains fold models and evaluates them on the held-out pipelines, next to an n-gram baseline
    #[arg(long, value_name = "DIR", conflicts_with = "traffic")]
    pools: Option<PathBuf>,
    /// Number of folds with --pools
    #[arg(long, default_value_t = 4)]
    folds: usize,
    /// Number of bootstrap resamples per interval
    #[arg(long, default_value_t = 1_000)]
    resamples: u32,
    /// Gates (TOML), lower and upper bounds of metrics: exit status 1 if one is missed, or if a benign application is
    /// flagged that is not a known false positive
    #[arg(long, value_name = "FILE", conflicts_with = "pools")]
    gates: Option<PathBuf>,
    /// Another bundle to score in the same pass; reports differences with their intervals
    #[arg(long, value_name = "DIR", conflicts_with = "pools")]
    compare: Option<PathBuf>,
    /// Also lists the N benign accounts with the highest scores and the N extracting accounts with the lowest
    #[arg(long, value_name = "N", conflicts_with = "pools")]
    errors: Option<usize>,
    #[command(flatten)]
    model: ModelFlags,
    /// Output format
    #[arg(short = 'o', long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Subcommand)]
enum Command {
    /// Explains one labeled account: its labels, its trail and the reasons at its last exchange
    Show(show::Show),
}

impl Eval {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        match (&self.command, &self.pools, &self.labels) {
            (Some(Command::Show(show)), _, _) => show.run(),
            (None, Some(pools), _) => self.prompts(pools),
            (None, None, Some(labels)) => accounts::run(self, labels),
            (None, None, None) => {
                hint("--traffic and --labels evaluate a bundle; --pools evaluates the text model");
                bail!("expected --traffic with --labels, or --pools");
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "the report is this command's data")]
    fn prompts(&self, pools: &std::path::Path) -> anyhow::Result<Exit> {
        let Some(layout) = self.format.layout() else {
            bail!("-o html: expected another format; only reports on accounts have an HTML page");
        };
        let bars = ProgressBars::new();
        let corpus = corpus(Some(pools), &bars)?.with_own_writing();
        let bundle: Bundle = self.model.bundle()?;
        let manifest = CueManifest::parse(include_str!("../../training/cues.toml"))
            .context("training/cues.toml")?;
        let trial = PromptTrial {
            corpus: &corpus,
            manifest: &manifest,
            vocabulary: bundle.encoder.vocabulary(),
            recipe: &Recipe::shipped(),
            ngram: NgramRecipe::default(),
            folds: self.folds,
        };
        bars.begin("fold models", self.folds as u64);
        let report = leave_pipelines_out(&trial, &|done, _| bars.advance(u64::from(done > 0)))?;
        bars.finish();
        for table in report.tables() {
            println!("{}", Table::render(&table, layout));
        }
        Ok(Exit::Success)
    }
}
