//! `stillwatch eval`: how good a bundle is on labeled traffic, or the text model on pipelines it has not met.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};

use super::Exit;
use super::input::{TrafficFlags, labels};
use super::model::ModelFlags;
use super::simulate::corpus;
use super::terminal::{Bars, hint};
use crate::bundle::Bundle;
use crate::encoder::TextEncoder;
use crate::eval::baseline::ngram::NgramRecipe;
use crate::eval::baseline::{Collector, Panel, comparison};
use crate::eval::prompts::{PromptTrial, leave_pipelines_out};
use crate::eval::table::{Layout, Table};
use crate::eval::{Options, Report, Trails};
use crate::privacy::PseudonymKey;
use crate::train::manifest::CueManifest;
use crate::train::progress::Progress;
use crate::train::recipe::Recipe;

/// How it is printed.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// For people at a terminal.
    Table,
    /// For documents.
    Markdown,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

impl From<Format> for Layout {
    fn from(format: Format) -> Self {
        match format {
            Format::Table => Self::Terminal,
            Format::Markdown => Self::Markdown,
            Format::Json => Self::Json,
            Format::Csv => Self::Csv,
        }
    }
}

/// Flags of `stillwatch eval`.
#[derive(Args)]
pub(super) struct Eval {
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
    #[command(flatten)]
    model: ModelFlags,
    /// How it is printed
    #[arg(short = 'o', long, value_enum, default_value = "table")]
    format: Format,
}

impl Eval {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        match (&self.pools, &self.labels) {
            (Some(pools), _) => self.prompts(pools),
            (None, Some(labels)) => self.accounts(labels),
            (None, None) => {
                hint("--traffic and --labels measure a bundle; --pools measures the text model");
                bail!("expected --traffic with --labels, or --pools");
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "the report is this command's data")]
    fn accounts(&self, path: &std::path::Path) -> anyhow::Result<Exit> {
        let bars = Bars::new();
        let encoder = self.model.bundle()?.encoder;
        let panel = self.panel(&encoder, &bars)?;
        let truth = labels(path)?;
        let mut beside = panel
            .as_ref()
            .map(|panel| Collector::to_score(&encoder, panel.ngram(), truth.clone()));
        let engine = self.model.engine(PseudonymKey::offline())?;
        let mut trails = Trails::new(truth);
        bars.begin("exchanges", 0);
        let traffic = TrafficFlags::of(self.traffic.clone(), self.models.clone(), false);
        let exit = traffic.each_batch(|exchanges| {
            bars.advance(exchanges.len() as u64);
            for assessment in &engine.score_batch(&exchanges) {
                trails.add(assessment);
            }
            if let Some(beside) = &mut beside {
                beside.add(&exchanges);
            }
            Ok(())
        })?;
        bars.begin("intervals", 0);
        let options = Options {
            resamples: self.resamples,
            ..Options::default()
        };
        let collected = trails.finish();
        let mut report = Report::new(&collected, &options);
        if let (Some(panel), Some(beside)) = (&panel, beside) {
            bars.begin("baselines", 0);
            let histories = beside.finish();
            report = report.with(comparison(&collected.trails, &histories, panel, &options));
        }
        bars.finish();
        print!("{}", report.render(self.format.into()));
        Ok(exit)
    }

    /// The baselines, if a stream to fit them on is named.
    fn panel(&self, encoder: &TextEncoder, bars: &Bars) -> anyhow::Result<Option<Panel>> {
        let Some(path) = &self.fit_labels else {
            return Ok(None);
        };
        let mut collector = Collector::to_fit(encoder, labels(path)?);
        bars.begin("exchanges to fit baselines on", 0);
        let traffic = TrafficFlags::of(self.fit_traffic.clone(), self.models.clone(), false);
        traffic.each_batch(|exchanges| {
            bars.advance(exchanges.len() as u64);
            collector.add(&exchanges);
            Ok(())
        })?;
        bars.begin("fit of the baselines", 0);
        Ok(Some(Panel::fit(&collector.finish())?))
    }

    #[expect(clippy::print_stdout, reason = "the report is this command's data")]
    fn prompts(&self, pools: &std::path::Path) -> anyhow::Result<Exit> {
        let bars = Bars::new();
        let corpus = corpus(Some(pools), &bars)?;
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
        let layout: Layout = self.format.into();
        for table in report.tables() {
            println!("{}", Table::render(&table, layout));
        }
        Ok(Exit::Success)
    }
}
