//! Reviewers' labels, in `labels.jsonl` in the data folder: appended line by line, durable before a request is
//! answered.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::line_file::{self, AppendError, Contents, LineFile, LineFileError};
use crate::domain::{AccountKey, AccountRef, Label, LabelSubject, LabeledAccount};
use crate::privacy::PseudonymKey;
use crate::wire::json::{FromLine, ToLine};

/// Maximum number of lines in the file, including those of replaced labels.
const LINES_MAX: usize = 100_000;
/// Name of the file in the data folder.
const NAME: &str = "labels.jsonl";

/// Result of storing a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoredLabel {
    /// Number of current labels.
    pub labels: usize,
    /// Whether it replaced an earlier one.
    pub replaced: bool,
}

/// The labels of one data folder.
pub(crate) struct LabelFile(Mutex<Writer>);

/// The current labels by subject: the latest label of each account or conversation.
struct CurrentLabels {
    key: PseudonymKey,
    labels: BTreeMap<LabelSubject, Label<LabeledAccount>>,
}

struct Writer {
    file: LineFile,
    current: CurrentLabels,
}

impl LabelFile {
    /// Opens the labels in `data`, with pseudonyms under `key`. A truncated last line is dropped.
    ///
    /// # Errors
    /// If the file cannot be read, has too many lines, or has a complete line that is not a label.
    pub(crate) fn open(data: &Path, key: PseudonymKey) -> Result<Self, LineFileError> {
        Self::bounded(data, key, LINES_MAX)
    }

    fn bounded(data: &Path, key: PseudonymKey, lines_max: usize) -> Result<Self, LineFileError> {
        let (current, contents) = read(data, key, lines_max)?;
        Ok(Self(Mutex::new(Writer {
            file: LineFile::open(data, NAME, contents, lines_max)?,
            current,
        })))
    }

    /// Reads the current labels of `data`, in the order of [`Self::labels_after`]. Does not open the file for writing:
    /// a server may be writing to it.
    ///
    /// # Errors
    /// Like [`Self::open`].
    pub(crate) fn read(
        data: &Path,
        key: PseudonymKey,
    ) -> Result<Vec<Label<LabeledAccount>>, LineFileError> {
        let (current, _) = read(data, key, LINES_MAX)?;
        Ok(current.labels.into_values().collect())
    }

    /// Stores a label durably before returning. It replaces an earlier label of the same account and conversation, even
    /// if one of the two names the account by pseudonym.
    ///
    /// # Errors
    /// If the label is not stored.
    pub(crate) fn submit(&self, label: Label<AccountRef>) -> Result<StoredLabel, AppendError> {
        let mut writer = self.writer();
        let label = writer.current.named(label);
        let mut line = Vec::new();
        label
            .clone()
            .map_account(AccountRef::from)
            .to_line(&mut line);
        writer.file.append(&line)?;
        let replaced = writer.current.put(label);
        Ok(StoredLabel {
            labels: writer.current.labels.len(),
            replaced,
        })
    }

    /// Returns at most `at_most` labels after `after`, in the order of [`LabelSubject`].
    pub(crate) fn labels_after(
        &self,
        after: Option<&LabelSubject>,
        at_most: usize,
    ) -> Vec<Label<LabeledAccount>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let writer = self.writer();
        let later = writer
            .current
            .labels
            .range::<LabelSubject, _>((from, Bound::Unbounded));
        later
            .take(at_most)
            .map(|(_, label)| label.clone())
            .collect()
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(
    data: &Path,
    key: PseudonymKey,
    lines_max: usize,
) -> Result<(CurrentLabels, Contents), LineFileError> {
    let mut current = CurrentLabels {
        key,
        labels: BTreeMap::new(),
    };
    let contents = line_file::read(&data.join(NAME), lines_max, |line| {
        let label = current.named(Label::from_line(line)?.record);
        current.put(label);
        Ok(())
    })?;
    Ok((current, contents))
}

impl CurrentLabels {
    /// Completes a label with its account's pseudonym, and with the name if this or an earlier label of the account has
    /// it.
    fn named(&self, label: Label<AccountRef>) -> Label<LabeledAccount> {
        label.map_account(|account| match account {
            AccountRef::Name(name) => LabeledAccount {
                pseudonym: self.key.account(&name),
                name: Some(name),
            },
            AccountRef::Pseudonym(pseudonym) => LabeledAccount {
                pseudonym,
                name: self.name_of(pseudonym),
            },
        })
    }

    fn name_of(&self, account: AccountKey) -> Option<String> {
        let first = LabelSubject {
            account,
            conversation: None,
        };
        let later = self.labels.range(first..).map(|(_, label)| &label.account);
        let mut own = later.take_while(|labeled| labeled.pseudonym == account);
        own.find_map(|labeled| labeled.name.clone())
    }

    /// Makes the label current. Returns whether it replaced another.
    fn put(&mut self, label: Label<LabeledAccount>) -> bool {
        self.labels
            .insert(LabelSubject::from(&label), label)
            .is_some()
    }
}

#[cfg(test)]
mod tests;
