//! `stillwatch eval`: how good a bundle is on labeled traffic, or the text model on pipelines it has not met.

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
    /// Model catalogue (TOML), which resolves aliases
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
    /// Labeled logs that simple baselines are fitted on, to stand beside the bundle: of other accounts than --traffic
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
    /// Prompt pools: trains fold models and measures them on the pipelines left out, beside an n-gram baseline
    #[arg(long, value_name = "DIR", conflicts_with = "traffic")]
    pools: Option<PathBuf>,
    /// Folds of --pools
    #[arg(long, default_value_t = 4)]
    folds: usize,
    /// Resamples behind each interval
    #[arg(long, default_value_t = 1_000)]
    resamples: u32,
    /// Floors and ceilings of figures (TOML): exit status 1 where one is not held, or a benign application is
    /// flagged that is not a known false positive
    #[arg(long, value_name = "FILE", conflicts_with = "pools")]
    gates: Option<PathBuf>,
    /// Another bundle, scored on the same stream in the same pass: differences with their intervals
    #[arg(long, value_name = "DIR", conflicts_with = "pools")]
    compare: Option<PathBuf>,
    /// Also lists so many benign accounts with the highest scores and extracting ones with the lowest
    #[arg(long, value_name = "N", conflicts_with = "pools")]
    errors: Option<usize>,
    #[command(flatten)]
    model: ModelFlags,
    /// How it is printed
    #[arg(short = 'o', long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Subcommand)]
enum Command {
    /// Explains one labeled account: its label, its trail and the reasons at its last exchange
    Show(show::Show),
}

impl Eval {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        match (&self.command, &self.pools, &self.labels) {
            (Some(Command::Show(show)), _, _) => show.run(),
            (None, Some(pools), _) => self.prompts(pools),
            (None, None, Some(labels)) => accounts::run(self, labels),
            (None, None, None) => {
                hint("--traffic and --labels measure a bundle; --pools measures the text model");
                bail!("expected --traffic with --labels, or --pools");
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "the report is this command's data")]
    fn prompts(&self, pools: &std::path::Path) -> anyhow::Result<Exit> {
        let Some(layout) = self.format.layout() else {
            bail!("-o html: expected another format, pages are of accounts");
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
