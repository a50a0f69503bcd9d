//! Traffic logs on the command line: reads them in batches, resolves model aliases, reports and counts bad lines.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Exit;
use super::terminal::{hint, say, warn};
use crate::domain::{AccountRef, Exchange, Label, Timestamp};
use crate::engine::RepeatFilter;
use crate::gateway::logs::{Field, LogOptions, Zone, format_named, format_names};
use crate::ingest::{BadLine, Catalogue, InputError, Tally, TrafficReader, read_labels};
use crate::privacy::PseudonymKey;

/// Maximum number of bad lines reported one by one; the rest are only counted.
const REPORTED_LINES_MAX: u64 = 20;

/// Flags that say how the records of a log are read.
#[derive(Args, Clone, Default)]
pub(super) struct RecordFlags {
    /// Format of the logs, by the shape of each record unless stated; docs/logs.md shows all
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = AUTO,
        hide_possible_values = true,
        value_parser = PossibleValuesParser::new(std::iter::once(AUTO).chain(format_names()))
            .map(|name| Format(format_named(&name)))
    )]
    from: Format,
    /// Field that holds the time, such as event.ts, or =TIME for all; without a time, an exchange has that of reading
    #[arg(long, value_name = "FIELD")]
    time: Option<Field>,
    /// Zone of times that state none: UTC or an offset such as +02:00
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    zone: Option<Zone>,
}

/// The value of `--from`; `None` lets the shape of each record decide.
#[derive(Clone, Copy, Default)]
struct Format(Option<&'static str>);

/// The value of `--from` that lets the shape of each record decide.
const AUTO: &str = "auto";

/// Flags that name the traffic.
#[derive(Args, Clone)]
pub(super) struct TrafficFlags {
    /// Traffic logs: JSON lines, plain, gzip or Zstandard; `-` for standard input
    #[arg(
        value_name = "TRAFFIC",
        required_unless_present = "named",
        conflicts_with = "named"
    )]
    traffic: Vec<PathBuf>,
    /// The same under the name that `train` and `eval` give it
    #[arg(id = "named", long = "traffic", value_name = "FILE", hide = true)]
    named: Vec<PathBuf>,
    #[command(flatten)]
    records: RecordFlags,
    /// Where the account is; each command has its own flag for it
    #[arg(skip)]
    account: Option<Field>,
    /// Model catalogue (TOML) that resolves aliases
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
    /// Stop at the first bad line
    #[arg(long)]
    strict: bool,
}

impl TrafficFlags {
    /// Creates the flags for a command that takes the logs by a named flag.
    pub(super) fn of(
        traffic: Vec<PathBuf>,
        models: Option<PathBuf>,
        records: &RecordFlags,
    ) -> Self {
        Self {
            traffic,
            named: Vec::new(),
            records: records.clone(),
            account: None,
            models,
            strict: false,
        }
    }

    /// Sets the field that holds the account.
    #[must_use]
    pub(super) fn by_account(&self, field: Option<&Field>) -> Self {
        Self {
            account: field.cloned(),
            ..self.clone()
        }
    }

    /// Opens the logs. Exchanges without a time get the present one.
    fn reader(&self) -> TrafficReader {
        let options = LogOptions {
            from: self.records.from.0,
            account: self.account.clone(),
            time: self.records.time.clone(),
            zone: self.records.zone,
            received: now(),
        };
        TrafficReader::new(self.files().iter().cloned()).with_options(options)
    }

    /// Returns the names of the logs, as given.
    pub(super) fn files(&self) -> &[PathBuf] {
        if self.traffic.is_empty() {
            return &self.named;
        }
        &self.traffic
    }

    /// Calls `take` with batches of exchanges in input order. `take` returns how many of them are repeats; their total
    /// is reported at the end.
    pub(super) fn each_batch(
        &self,
        mut take: impl FnMut(Vec<Exchange>) -> anyhow::Result<usize>,
    ) -> anyhow::Result<Exit> {
        let catalogue = self.models.as_deref().map(Catalogue::read).transpose()?;
        let mut reader = self.reader();
        let (mut rejected, mut repeated) = (0, 0);
        while let Some(batch) = reader.next_batch().inspect_err(hint_on_file)? {
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

/// What to try when a log is not read as it is.
const LOGS_HINT: &str = "docs/logs.md has a worked line of each log; --account FIELD (of explain and eval show: \
     --account-field), --time FIELD and --zone ZONE say where a log has what";

fn hint_on_file(error: &InputError) {
    if matches!(error, InputError::NotRecords { .. }) {
        hint(LOGS_HINT);
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
    if tally.other_records > 0 {
        say(&format!(
            "{} records are not calls of a model and were left out",
            tally.other_records
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
    hint(LOGS_HINT);
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

/// Returns the current time, which an exchange without one gets.
#[expect(
    clippy::disallowed_methods,
    reason = "a log may state no times, and the commands are where the clock is read"
)]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_micros(since.map_or(0, |since| since.as_micros() as i64))
}
