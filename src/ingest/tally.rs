//! Counts of the lines that a reader has processed.

use std::collections::BTreeMap;

use super::BadLine;
use crate::wire::json::Parsed;

/// Counts of lines. `lines` is always `accepted` plus all rejected ones; blank lines are not counted. An item of a list
/// counts as a line, and so does a call that several lines are joined into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines that were not blank.
    pub lines: u64,
    /// Lines that were records.
    pub accepted: u64,
    /// Lines that were not records, by [`LineError::code`](crate::wire::json::LineError::code).
    pub rejected: BTreeMap<&'static str, u64>,
    /// Top-level fields that are not part of the format, over all accepted lines.
    pub unknown_fields: u64,
    /// Records of something else than a call of a model, such as other spans of a trace; not among the lines.
    pub other_records: u64,
    /// Exchanges earlier than a previous one of the same account: returned, but worth a warning.
    pub out_of_order: u64,
    /// Accounts with at least one exchange out of order.
    pub accounts_out_of_order: u64,
}

impl Tally {
    /// Returns the number of lines that were not records.
    pub fn rejected_lines(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Counts one line.
    pub fn count<T>(&mut self, line: &Result<Parsed<T>, BadLine>) {
        self.lines += 1;
        match line {
            Ok(parsed) => {
                self.accepted += 1;
                self.unknown_fields += u64::from(parsed.unknown_fields);
            }
            Err(bad) => *self.rejected.entry(bad.reason.code()).or_default() += 1,
        }
    }
}
