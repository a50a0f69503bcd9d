//! Whole files in memory: labels and prompt pools.

use std::path::Path;

use super::{BadLine, InputError, JsonLines, ReadError, Tally};
use crate::domain::{AccountRef, Label, PoolRecord};
use crate::wire::json::FromLine;

/// Bad lines that are kept; the tally counts them all.
const REJECTED_KEPT: usize = 100;

/// All records of a file.
#[derive(Clone, Debug)]
pub struct Collected<T> {
    /// The records in the order of the file.
    pub records: Vec<T>,
    /// The first 100 bad lines.
    pub rejected: Vec<BadLine>,
    /// What the lines were.
    pub tally: Tally,
}

impl<T> Collected<T> {
    /// The records, when every line was one.
    ///
    /// # Errors
    /// The first bad line.
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
/// When the file cannot be opened or breaks off; bad lines are in the result.
pub fn read_labels(path: &Path) -> Result<Collected<Label<AccountRef>>, InputError> {
    collect(path)
}

/// Reads a prompt pool.
///
/// # Errors
/// When the file cannot be opened or breaks off; bad lines are in the result.
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
