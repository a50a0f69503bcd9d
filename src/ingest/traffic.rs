//! Traffic logs: exchanges in the order of the input, each once.

use std::path::PathBuf;

use super::{
    BadLine, InputError, JsonLines, LINE_LIMIT_BYTES, OrderCheck, ReadError, Standing, Tally,
};
use crate::domain::Exchange;

/// Reads traffic logs one after another as one stream.
///
/// An exchange that was met before is left out; one whose account's time goes backwards is delivered, and
/// both are counted. See [`OrderCheck`] for how far back that reaches.
pub struct TrafficReader {
    lines: JsonLines<Exchange>,
    order: OrderCheck,
    repeated: u64,
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
            repeated: 0,
            out_of_order: 0,
        }
    }

    /// What the lines taken so far were. Repeated exchanges are among the accepted lines.
    pub fn tally(&self) -> Tally {
        Tally {
            repeated: self.repeated,
            out_of_order: self.out_of_order,
            accounts_out_of_order: self.order.accounts_backwards(),
            ..self.lines.tally().clone()
        }
    }

    /// The next exchanges as a batch, for work that is shared among threads; see [`JsonLines::next_batch`].
    /// Empty when all of them were met before; `None` at the end.
    ///
    /// # Errors
    /// When a file cannot be opened or breaks off; the next call goes on with the next file.
    pub fn next_batch(&mut self) -> Result<Option<Vec<Result<Exchange, BadLine>>>, InputError> {
        let Some(mut batch) = self.lines.next_batch()? else {
            return Ok(None);
        };
        batch.retain(|line| line.as_ref().map_or(true, |exchange| self.is_new(exchange)));
        Ok(Some(batch))
    }

    /// Checks and counts where an exchange stands; false when it was met before.
    fn is_new(&mut self, exchange: &Exchange) -> bool {
        match self.order.check(exchange) {
            Standing::InOrder => true,
            Standing::Backwards { .. } => {
                self.out_of_order += 1;
                true
            }
            Standing::Repeated => {
                self.repeated += 1;
                false
            }
        }
    }
}

impl Iterator for TrafficReader {
    type Item = Result<Exchange, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.lines.next()?;
            if line.as_ref().map_or(true, |exchange| self.is_new(exchange)) {
                return Some(line);
            }
        }
    }
}
