//! Traffic logs: exchanges in the order of the input.

use std::path::PathBuf;

use super::{
    BadLine, InputError, JsonLines, LINE_LIMIT_BYTES, OrderCheck, ReadError, Standing, Tally,
};
use crate::domain::Exchange;

/// Reads traffic logs one after another as one stream.
///
/// Every exchange is delivered, whether its account sent it before or not: that is for the engine to know. Those whose
/// account's time goes backwards are counted; see [`OrderCheck`] for how far back that reaches.
pub struct TrafficReader {
    lines: JsonLines<Exchange>,
    order: OrderCheck,
    out_of_order: u64,
}

impl TrafficReader {
    /// Reads `files` in the given order; `-` is standard input. Lines may hold [`LINE_LIMIT_BYTES`].
    pub fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self::with_limits(files, LINE_LIMIT_BYTES, OrderCheck::default())
    }

    /// Reads `files` with other limits: the bytes of one line, and how far back the order is checked.
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

    /// What the lines taken so far were.
    pub fn tally(&self) -> Tally {
        Tally {
            out_of_order: self.out_of_order,
            accounts_out_of_order: self.order.accounts_backwards(),
            ..self.lines.tally().clone()
        }
    }

    /// The next exchanges as a batch, for work that is shared among threads; see [`JsonLines::next_batch`].
    /// `None` at the end.
    ///
    /// # Errors
    /// When a file cannot be opened or breaks off; the next call goes on with the next file.
    pub fn next_batch(&mut self) -> Result<Option<Vec<Result<Exchange, BadLine>>>, InputError> {
        let batch = self.lines.next_batch()?;
        for exchange in batch.iter().flatten().flatten() {
            self.check(exchange);
        }
        Ok(batch)
    }

    /// Counts the exchange if it is out of order.
    fn check(&mut self, exchange: &Exchange) {
        let backwards = self.order.check(exchange) != Standing::InOrder;
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
