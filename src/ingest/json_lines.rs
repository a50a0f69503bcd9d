//! A stream of records read from JSON Lines files.

use std::path::PathBuf;
use std::vec;

use rayon::iter::ParallelIterator;

use super::{BadLine, Batches, InputError, LINE_LIMIT_BYTES, ReadError, Tally};
use crate::wire::json::{FromLine, Parsed};

/// Records in the order of the input, parsed a batch at a time by the current rayon pool.
///
/// A bad line is one `Err` item and reading continues; so is a file that cannot be read to its end, and reading
/// continues with the next file. Whether to stop there is the caller's choice.
pub struct JsonLines<T> {
    batches: Batches,
    parsed: vec::IntoIter<Result<Parsed<T>, BadLine>>,
    tally: Tally,
}

impl<T: FromLine + Send> JsonLines<T> {
    /// Reads `files` one after another; `-` is standard input. Lines may have up to [`LINE_LIMIT_BYTES`].
    pub fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self::with_line_limit(files, LINE_LIMIT_BYTES)
    }

    /// Reads `files` with a custom limit for one line, in bytes.
    pub fn with_line_limit(
        files: impl IntoIterator<Item = PathBuf>,
        line_limit_bytes: usize,
    ) -> Self {
        Self {
            batches: Batches::new(files, line_limit_bytes),
            parsed: Vec::new().into_iter(),
            tally: Tally::default(),
        }
    }

    /// Returns counts of the lines taken so far.
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Returns the next lines as a batch, for parallel processing: about a megabyte of text, never empty. `None` at the
    /// end. The items are those that the iterator would yield, in the same order.
    ///
    /// # Errors
    /// When a file cannot be opened or read to its end; the next call continues with the next file.
    pub fn next_batch(&mut self) -> Result<Option<Vec<Result<T, BadLine>>>, InputError> {
        if !self.refill()? {
            return Ok(None);
        }
        let batch = std::mem::take(&mut self.parsed).map(|line| {
            self.tally.count(&line);
            line.map(|parsed| parsed.record)
        });
        Ok(Some(batch.collect()))
    }

    /// Ensures that a parsed line is available; returns false at the end.
    fn refill(&mut self) -> Result<bool, InputError> {
        if self.parsed.len() > 0 {
            return Ok(true);
        }
        let Some(batch) = self.batches.next_batch()? else {
            return Ok(false);
        };
        let parsed: Vec<_> = batch.par_lines().map(|line| line.parse()).collect();
        self.parsed = parsed.into_iter();
        Ok(true)
    }
}

impl<T: FromLine + Send> Iterator for JsonLines<T> {
    type Item = Result<T, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.refill() {
            return Some(Err(error.into()));
        }
        let line = self.parsed.next()?;
        self.tally.count(&line);
        Some(line.map(|parsed| parsed.record).map_err(ReadError::from))
    }
}
