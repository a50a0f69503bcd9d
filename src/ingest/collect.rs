//! Files that are read into memory as a whole: labels and prompt pools.

use std::path::Path;

use super::{BadLine, InputError, JsonLines, ReadError, Tally};
use crate::domain::{AccountRef, Label, PoolRecord};
use crate::wire::json::FromLine;

/// Maximum bad lines kept; the tally counts all of them.
const REJECTED_KEPT: usize = 100;

/// All records of a file.
#[derive(Clone, Debug)]
pub struct Collected<T> {
    /// The records in the order of the file.
    pub records: Vec<T>,
    /// The first 100 bad lines.
    pub rejected: Vec<BadLine>,
    /// Counts of the lines.
    pub tally: Tally,
}

impl<T> Collected<T> {
    /// Returns the records if every line was valid.
    ///
    /// # Errors
    /// When a line is bad; returns the first one.
    pub fn strict(self) -> Result<Vec<T>, BadLine> {
        match self.rejected.into_iter().next() {
            Some(bad) => Err(bad),
            None => Ok(self.records),
        }
    }
}

/// Reads a label file.
///
/// # Errors
/// When the file cannot be opened or read to its end; bad lines are part of the result.
pub fn read_labels(path: &Path) -> Result<Collected<Label<AccountRef>>, InputError> {
    collect(path)
}

/// Reads a prompt pool.
///
/// # Errors
/// When the file cannot be opened or read to its end; bad lines are part of the result.
pub fn read_pool(path: &Path) -> Result<Collected<PoolRecord>, InputError> {
    collect(path)
}

fn collect<T: FromLine + Send>(path: &Path) -> Result<Collected<T>, InputError> {
    let mut lines = JsonLines::new([path.to_owned()]);
    let mut records = Vec::new();
    let mut rejected = Vec::new();
    for line in &mut lines {
        match line {
            Ok(record) => records.push(record),
            Err(ReadError::Line(bad)) if rejected.len() < REJECTED_KEPT => rejected.push(bad),
            Err(ReadError::Line(_)) => {}
            Err(ReadError::Input(error)) => return Err(error),
        }
    }
    let tally = lines.tally().clone();
    Ok(Collected {
        records,
        rejected,
        tally,
    })
}
