//! Traffic logs: exchanges in the order of the input.

use std::path::PathBuf;

use super::{
    BadLine, InputError, JsonLines, LINE_LIMIT_BYTES, OrderCheck, ReadError, Tally, TimeOrder,
};
use crate::domain::Exchange;

/// Reads traffic logs one after another as one stream.
///
/// Returns every exchange, including repeats: detecting those is the engine's task. Counts exchanges whose account's
/// time goes backwards; see [`OrderCheck`] for how far back the check reaches.
pub struct TrafficReader {
    lines: JsonLines<Exchange>,
    order: OrderCheck,
    out_of_order: u64,
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
            lines: JsonLines::with_line_limit(files, line_limit_bytes),
            order,
            out_of_order: 0,
        }
    }

    /// Returns counts of the lines taken so far.
    pub fn tally(&self) -> Tally {
        Tally {
            out_of_order: self.out_of_order,
            accounts_out_of_order: self.order.accounts_backwards(),
            ..self.lines.tally().clone()
        }
    }

    /// Returns the next exchanges as a batch, for parallel processing; see [`JsonLines::next_batch`]. `None` at the
    /// end.
    ///
    /// # Errors
    /// When a file cannot be opened or read to its end; the next call continues with the next file.
    pub fn next_batch(&mut self) -> Result<Option<Vec<Result<Exchange, BadLine>>>, InputError> {
        let batch = self.lines.next_batch()?;
        for exchange in batch.iter().flatten().flatten() {
            self.check(exchange);
        }
        Ok(batch)
    }

    /// Counts the exchange if it is out of order.
    fn check(&mut self, exchange: &Exchange) {
        let backwards = self.order.check(exchange) != TimeOrder::InOrder;
        self.out_of_order += u64::from(backwards);
    }
}

impl Iterator for TrafficReader {
    type Item = Result<Exchange, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        if let Ok(exchange) = &line {
            self.check(exchange);
        }
        Some(line)
    }
}
