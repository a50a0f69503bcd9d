//! Traffic logs: exchanges in the order of the input, each once.

use std::path::PathBuf;

use super::{JsonLines, LINE_LIMIT_BYTES, OrderCheck, ReadError, Standing, Tally};
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
}

impl Iterator for TrafficReader {
    type Item = Result<Exchange, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let exchange = match self.lines.next()? {
                Ok(exchange) => exchange,
                Err(error) => return Some(Err(error)),
            };
            match self.order.check(&exchange) {
                Standing::Repeated => {
                    self.repeated += 1;
                    continue;
                }
                Standing::Backwards { .. } => self.out_of_order += 1,
                Standing::InOrder => {}
            }
            return Some(Ok(exchange));
        }
    }
}
