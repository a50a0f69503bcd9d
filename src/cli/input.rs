//! Traffic logs on the command line: reads them in batches, resolves model aliases, reports and counts bad lines.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::Exit;
use super::terminal::{hint, say, warn};
use crate::domain::{AccountRef, Exchange, Label};
use crate::engine::RepeatFilter;
use crate::ingest::{BadLine, Catalogue, Tally, TrafficReader, read_labels};
use crate::privacy::PseudonymKey;

/// Maximum number of bad lines reported one by one; the rest are only counted.
const REPORTED_LINES_MAX: u64 = 20;

/// Flags that name the traffic.
#[derive(Args)]
pub(super) struct TrafficFlags {
    /// Traffic logs: JSON lines, plain, gzip or Zstandard; `-` for standard input
    #[arg(value_name = "TRAFFIC", required = true)]
    traffic: Vec<PathBuf>,
    /// Model catalogue (TOML) that resolves aliases
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
    /// Stop at the first bad line
    #[arg(long)]
    strict: bool,
}

impl TrafficFlags {
    /// Creates the flags for a command that takes the logs by a named flag.
    pub(super) const fn of(traffic: Vec<PathBuf>, models: Option<PathBuf>, strict: bool) -> Self {
        Self {
            traffic,
            models,
            strict,
        }
    }

    /// Returns the names of the logs, as given.
    pub(super) fn files(&self) -> &[PathBuf] {
        &self.traffic
    }

    /// Calls `take` with batches of exchanges in input order. `take` returns how many of them are repeats; their total
    /// is reported at the end.
    pub(super) fn each_batch(
        &self,
        mut take: impl FnMut(Vec<Exchange>) -> anyhow::Result<usize>,
    ) -> anyhow::Result<Exit> {
        let catalogue = self.models.as_deref().map(Catalogue::read).transpose()?;
        let mut reader = TrafficReader::new(self.traffic.iter().cloned());
        let (mut rejected, mut repeated) = (0, 0);
        while let Some(batch) = reader.next_batch()? {
            let mut exchanges = Vec::with_capacity(batch.len());
            for line in batch {
                match line {
                    Ok(exchange) => exchanges.push(resolved(exchange, catalogue.as_ref())),
                    Err(bad) => self.reject(&bad, &mut rejected)?,
                }
            }
            repeated += take(exchanges)?;
        }
        Ok(report(&reader.tally(), repeated))
    }

    /// Calls `take` with batches of exchanges in input order, without repeats: for commands that fold exchanges without
    /// an engine.
    pub(super) fn each_batch_of_new(
        &self,
        mut take: impl FnMut(Vec<Exchange>),
    ) -> anyhow::Result<Exit> {
        let mut repeats = RepeatFilter::new(PseudonymKey::offline());
        self.each_batch(|mut exchanges| {
            let read = exchanges.len();
            exchanges.retain(|exchange| !repeats.is_repeat(exchange));
            let repeated = read - exchanges.len();
            take(exchanges);
            Ok(repeated)
        })
    }

    fn reject(&self, bad: &BadLine, rejected: &mut u64) -> anyhow::Result<()> {
        *rejected += 1;
        if self.strict {
            anyhow::bail!("{bad} (--strict)");
        }
        if *rejected <= REPORTED_LINES_MAX {
            warn(&bad.to_string());
        }
        Ok(())
    }
}

fn resolved(mut exchange: Exchange, catalogue: Option<&Catalogue>) -> Exchange {
    if let Some(id) = catalogue.and_then(|catalogue| catalogue.resolve(&exchange.model)) {
        exchange.model = id.to_owned();
    }
    exchange
}

/// Reports how the lines were used.
fn report(tally: &Tally, repeated: usize) -> Exit {
    let rejected = tally.rejected_lines();
    if tally.out_of_order > 0 {
        warn(&format!(
            "{} exchanges of {} accounts are out of order: earlier than a preceding one",
            tally.out_of_order, tally.accounts_out_of_order
        ));
    }
    if repeated > 0 {
        warn(&format!(
            "{repeated} exchanges repeat an earlier one (same id and messages) and were not counted again"
        ));
    }
    if tally.unknown_fields > 0 {
        say(&format!(
            "{} unknown fields were ignored",
            tally.unknown_fields
        ));
    }
    if rejected == 0 {
        return Exit::Success;
    }
    let reasons: Vec<String> = tally
        .rejected
        .iter()
        .map(|(reason, count)| format!("{reason} {count}"))
        .collect();
    warn(&format!(
        "{rejected} of {} lines were rejected: {}",
        tally.lines,
        reasons.join(", ")
    ));
    hint("each line is one exchange with time, account, model and messages");
    Exit::InputRejected
}

/// Reads the labels of a file and reports invalid ones.
pub(super) fn labels(path: &Path) -> anyhow::Result<Vec<Label<AccountRef>>> {
    let collected = read_labels(path).with_context(|| path.display().to_string())?;
    for bad in &collected.rejected {
        warn(&bad.to_string());
    }
    Ok(collected.records)
}

/// Reads the labels of a file that name their account, for commands that look up accounts by name. Labels by pseudonym
/// are counted and reported.
pub(super) fn named_labels(path: &Path) -> anyhow::Result<Vec<Label>> {
    let labels = labels(path)?;
    let all = labels.len();
    let named = labels.into_iter().filter_map(|label| match &label.account {
        AccountRef::Name(name) => {
            let name = name.clone();
            Some(label.map_account(|_| name))
        }
        AccountRef::Pseudonym(_) => None,
    });
    let named: Vec<Label> = named.collect();
    if named.len() < all {
        warn(&format!(
            "{} labels name an account by pseudonym and were left out: only `train` resolves those",
            all - named.len()
        ));
    }
    Ok(named)
}
