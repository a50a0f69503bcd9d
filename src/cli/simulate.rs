//! `stillwatch simulate`: writes labeled account streams from prompt pools, or compares their statistics with
//! production traces.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::Exit;
use super::corpus::{corpus, scenario};
use super::format::Format;
use super::output::{apart, two_places};
use super::progress::ProgressBars;
use super::signals::at_interrupt;
use super::terminal::say;
use crate::eval::table::{Cell, Number, Style, Table};
use crate::ingest::{JsonLinesWriter, OutputError, Unfinished};
use crate::simulate::corpus::Corpus;
use crate::simulate::{COMPARED, Plan, Statistic, Traced, statistics, write_stream};
use crate::train::progress::Progress;

/// Flags of `stillwatch simulate`.
#[derive(Args)]
pub(super) struct Simulate {
    /// Folder of prompt pools and applications [default: a small built-in one]
    #[arg(long, value_name = "DIR")]
    pools: Option<PathBuf>,
    /// Scenario file [default: a small built-in one]
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Random seed: the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Output file of the traffic log: plain, .gz or .zst; `-` for standard output
    #[arg(
        long,
        value_name = "FILE",
        requires = "labels",
        required_unless_present = "statistics"
    )]
    traffic: Option<PathBuf>,
    /// Output file of the labels
    #[arg(long, value_name = "FILE", requires = "traffic")]
    labels: Option<PathBuf>,
    /// Compares the behaviour of benign accounts with production traces and writes no stream; the built-in scenario is
    /// then one in which only their rhythm limits how much they send
    #[arg(long, conflicts_with = "traffic")]
    statistics: bool,
    /// Output format of the statistics
    #[arg(
        short = 'o',
        long,
        value_enum,
        default_value = "table",
        requires = "statistics"
    )]
    format: Format,
}

impl Simulate {
    pub(super) fn run(&self) -> anyhow::Result<Exit> {
        match (&self.traffic, &self.labels) {
            (Some(traffic), Some(labels)) => self.stream(traffic, labels),
            _ => self.compare(),
        }
    }

    fn plan(&self, built_in: &str, bars: &ProgressBars) -> anyhow::Result<(Corpus, Plan)> {
        let corpus = corpus(self.pools.as_deref(), bars)?;
        let scenario = scenario(self.scenario.as_deref(), built_in)?;
        let plan = Plan::new(&scenario, &corpus, self.seed).context("scenario")?;
        Ok((corpus, plan))
    }

    fn stream(&self, traffic: &Path, labels: &Path) -> anyhow::Result<Exit> {
        two_places(("--traffic", traffic), ("--labels", labels))?;
        let inputs: Vec<PathBuf> = self.scenario.iter().cloned().collect();
        apart("--traffic", traffic, &inputs)?;
        apart("--labels", labels, &inputs)?;
        let bars = ProgressBars::new();
        let (corpus, plan) = self.plan(include_str!("../../eval/scenarios/smoke.toml"), &bars)?;
        let exchanges = plan
            .accounts
            .iter()
            .map(|account| u64::from(account.exchanges))
            .sum();
        bars.begin("exchanges", exchanges);
        let mut traffic = JsonLinesWriter::create(traffic)?;
        let mut labels = JsonLinesWriter::create(labels)?;
        let unfinished = [traffic.unfinished(), labels.unfinished()];
        at_interrupt(move || {
            unfinished.iter().for_each(Unfinished::remove);
            say("interrupted; nothing was written");
        })?;
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

    #[expect(clippy::print_stdout, reason = "the table is this command's data")]
    fn compare(&self) -> anyhow::Result<Exit> {
        let Some(layout) = self.format.layout() else {
            bail!("-o html: expected another format; only reports on accounts have an HTML page");
        };
        let bars = ProgressBars::new();
        let (corpus, plan) = self.plan(include_str!("../../eval/scenarios/traces.toml"), &bars)?;
        bars.begin("statistics", 0);
        let all = statistics(&plan, &corpus);
        bars.finish();
        println!("{}", table(&all).render(layout));
        Ok(Exit::Success)
    }
}

/// Builds the table of traced and simulated figures side by side.
fn table(all: &[Statistic]) -> Table {
    let columns = [
        "population",
        "statistic",
        "traced",
        "traced p50",
        "traced p90",
        "traced p99",
        "simulated p50",
        "simulated p90",
        "simulated p99",
        "standard errors apart",
    ];
    let mut table = Table::new("Benign behaviour, traced and simulated", columns);
    for statistic in all {
        let figure = |value: f64| Number::new(value, Style::Decimal(2));
        let simulated = statistic.simulated.len() as u64;
        let mut row = vec![
            Cell::text(statistic.population.name()),
            Cell::text(statistic.name),
        ];
        match &statistic.traced {
            Traced::Distribution { quantiles, count } => {
                row.push(Cell::Count(u64::from(*count)));
                row.extend(quantiles.map(|value| Cell::Number(figure(value))));
                let [median, ninth, last] = COMPARED.map(|p| figure(statistic.quantile(p)));
                row.push(Cell::Number(median.of(simulated)));
                row.extend([ninth, last].map(Cell::Number));
            }
            Traced::Share { share, count } => {
                let percent = |value: f64| Number::new(value, Style::Percent(1));
                row.push(Cell::Count(u64::from(*count)));
                row.push(Cell::Number(percent(*share)));
                row.extend([Cell::text(""), Cell::text("")]);
                row.push(Cell::Number(percent(statistic.mean()).of(simulated)));
                row.extend([Cell::text(""), Cell::text("")]);
            }
        }
        row.push(match statistic.set_by {
            None => Cell::Number(Number::new(
                statistic.standard_errors_apart(),
                Style::Decimal(1),
            )),
            Some(setting) => Cell::text(format!("set by {setting}")),
        });
        table.push(row);
    }
    table
}
