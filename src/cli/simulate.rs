//! `stillwatch simulate`: labeled account streams from prompt pools, as files.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::Exit;
use super::terminal::{Bars, say};
use crate::ingest::{JsonLinesWriter, OutputError};
use crate::simulate::corpus::Corpus;
use crate::simulate::{Plan, Scenario, write_stream};
use crate::train::progress::Progress;

/// Flags of `stillwatch simulate`.
#[derive(Args)]
pub(super) struct Simulate {
    /// Folder of prompt pools and applications [default: a small one built into the program]
    #[arg(long, value_name = "DIR")]
    pools: Option<PathBuf>,
    /// Scenario file [default: a small one built into the program]
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Seed: the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the traffic log goes: plain, .gz or .zst; `-` for standard output
    #[arg(long, value_name = "FILE")]
    traffic: PathBuf,
    /// Where the labels go
    #[arg(long, value_name = "FILE")]
    labels: PathBuf,
}

impl Simulate {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        let bars = Bars::new();
        let corpus = corpus(self.pools.as_deref(), &bars)?;
        let built_in = include_str!("../../eval/scenarios/smoke.toml");
        let scenario = scenario(self.scenario.as_deref(), built_in)?;
        let plan = Plan::new(&scenario, &corpus, self.seed).context("scenario")?;
        let exchanges = plan
            .accounts
            .iter()
            .map(|account| u64::from(account.exchanges))
            .sum();
        bars.begin("exchanges", exchanges);
        let mut traffic = JsonLinesWriter::create(&self.traffic)?;
        let mut labels = JsonLinesWriter::create(&self.labels)?;
        let written = write_stream(
            &plan,
            &corpus,
            |exchange| {
                bars.advance(1);
                traffic.write(exchange)
            },
            |label| labels.write(label),
        )?;
        labels.finish()?;
        traffic.finish()?;
        bars.finish();
        say(&format!(
            "{written} exchanges of {} accounts",
            plan.accounts.len()
        ));
        Ok::<_, OutputError>(Exit::Success).map_err(Into::into)
    }
}

/// The corpus in a folder, or the one built in.
pub(super) fn corpus(pools: Option<&Path>, bars: &Bars) -> anyhow::Result<Corpus> {
    let Some(folder) = pools else {
        return Ok(Corpus::miniature());
    };
    bars.begin("pools and applications", 0);
    let corpus = Corpus::load(folder, &|_, _| {})
        .with_context(|| format!("prompt pools {}", folder.display()))?;
    bars.finish();
    Ok(corpus)
}

/// The scenario in a file, or the one given as text.
pub(super) fn scenario(path: Option<&Path>, built_in: &str) -> anyhow::Result<Scenario> {
    let text = match path {
        Some(path) => std::fs::read_to_string(path).with_context(|| path.display().to_string())?,
        None => built_in.to_owned(),
    };
    let name = path.map_or("the built-in scenario".to_owned(), |path| {
        path.display().to_string()
    });
    Scenario::parse(&text).context(name)
}
