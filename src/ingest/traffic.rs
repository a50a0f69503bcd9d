//! Traffic logs: exchanges in the order of the input.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::iter::ParallelIterator;

use super::batch::Line;
use super::{
    BadLine, Batches, InputError, LINE_LIMIT_BYTES, OrderCheck, ReadError, Tally, TimeOrder,
};
use crate::domain::{Exchange, Timestamp};
use crate::gateway::logs::{Item, Joiner, LogOptions, read};
use crate::json::Node;
use crate::wire::json::{LineError, Parsed};

/// Where a record begins: its file and line.
type Place = (Arc<str>, u64);

/// Reads traffic logs one after another as one stream, in our own format or in another that is known; a file may also
/// be a list of records, or indented.
///
/// Returns every exchange, including repeats: detecting those is the engine's task. Counts exchanges whose account's
/// time goes backwards; see [`OrderCheck`] for how far back the check reaches. A call that comes in pieces is returned
/// when it is complete, at the end of the input, or when too many wait.
pub struct TrafficReader {
    batches: Batches,
    options: LogOptions,
    joiner: Joiner<Place>,
    ready: VecDeque<Result<Parsed<Exchange>, BadLine>>,
    ended: bool,
    order: OrderCheck,
    tally: Tally,
}

impl TrafficReader {
    /// Reads `files` in the given order; `-` is standard input. Lines may have up to [`LINE_LIMIT_BYTES`].
    pub fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self::with_limits(files, LINE_LIMIT_BYTES, OrderCheck::default())
    }

    /// Reads `files` with custom limits: the bytes of one line, and how far back the order is checked.
    pub fn with_limits(
        files: impl IntoIterator<Item = PathBuf>,
        line_limit_bytes: usize,
        order: OrderCheck,
    ) -> Self {
        Self {
            batches: Batches::new(files, line_limit_bytes).of_any_framing(),
            options: LogOptions::default(),
            joiner: Joiner::default(),
            ready: VecDeque::new(),
            ended: false,
            order,
            tally: Tally::default(),
        }
    }

    /// Sets the time of exchanges that state none; without it, theirs is the Unix epoch.
    #[must_use]
    pub fn received_at(mut self, time: Timestamp) -> Self {
        self.options.received = time;
        self
    }

    /// Sets what the operator says about the logs.
    #[must_use]
    pub(crate) fn with_options(mut self, options: LogOptions) -> Self {
        self.options = options;
        self
    }

    /// Returns counts of the lines taken so far.
    pub fn tally(&self) -> Tally {
        Tally {
            accounts_out_of_order: self.order.accounts_backwards(),
            ..self.tally.clone()
        }
    }

    /// Returns the next exchanges as a batch, for parallel processing: about a megabyte of text, never empty. `None` at
    /// the end. The items are those that the iterator would yield, in the same order.
    ///
    /// # Errors
    /// When a file cannot be opened or read to its end; the next call continues with the next file.
    pub fn next_batch(&mut self) -> Result<Option<Vec<Result<Exchange, BadLine>>>, InputError> {
        if !self.refill()? {
            return Ok(None);
        }
        let ready = std::mem::take(&mut self.ready);
        Ok(Some(ready.into_iter().map(|one| self.count(one)).collect()))
    }

    /// Ensures that an exchange is ready; returns false at the end.
    fn refill(&mut self) -> Result<bool, InputError> {
        while self.ready.is_empty() {
            if self.ended {
                return Ok(false);
            }
            let Some(batch) = self.batches.next_batch()? else {
                self.ended = true;
                let ready = &mut self.ready;
                self.joiner
                    .finish(|(place, read)| ready.push_back(placed(place, read, 0)));
                continue;
            };
            let options = &self.options;
            let read: Vec<(u64, Vec<Item>)> = batch
                .par_lines()
                .map(|line| (line.number(), items(line, options)))
                .collect();
            for (line, items) in read {
                for item in items {
                    self.take((Arc::clone(batch.file()), line), item);
                }
            }
        }
        Ok(true)
    }

    fn take(&mut self, place: Place, item: Item) {
        let ready = &mut self.ready;
        match item {
            Item::Exchange(exchange, unknown) => {
                ready.push_back(placed(place, Ok(*exchange), unknown));
            }
            Item::Bad(reason) => ready.push_back(placed(place, Err(reason), 0)),
            Item::NotACall => self.tally.other_records += 1,
            Item::Part(part) => {
                self.joiner.add(place, part, |(place, read)| {
                    ready.push_back(placed(place, read, 0));
                });
            }
        }
    }

    /// Counts an exchange or a bad line that is given out.
    fn count(&mut self, read: Result<Parsed<Exchange>, BadLine>) -> Result<Exchange, BadLine> {
        self.tally.count(&read);
        let exchange = read?.record;
        let backwards = self.order.check(&exchange) != TimeOrder::InOrder;
        self.tally.out_of_order += u64::from(backwards);
        Ok(exchange)
    }
}

impl Iterator for TrafficReader {
    type Item = Result<Exchange, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.refill() {
            return Some(Err(error.into()));
        }
        let read = self.ready.pop_front()?;
        Some(self.count(read).map_err(ReadError::from))
    }
}

fn items(line: Line<'_>, options: &LogOptions) -> Vec<Item> {
    let node = line.bytes().and_then(|bytes| Ok(Node::read(bytes)?));
    match node {
        Ok(node) => read(&node, options),
        Err(reason) => vec![Item::Bad(reason)],
    }
}

fn placed(
    (file, line): Place,
    read: Result<Exchange, LineError>,
    unknown_fields: u32,
) -> Result<Parsed<Exchange>, BadLine> {
    match read {
        Ok(record) => Ok(Parsed {
            record,
            unknown_fields,
        }),
        Err(reason) => Err(BadLine { file, line, reason }),
    }
}
