//! Reviewers' labels, in `labels.jsonl` in the data folder: appended line by line, durable before a request is
//! answered.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use crate::domain::{AccountKey, AccountRef, Label, LabelSubject, LabeledAccount};
use crate::privacy::PseudonymKey;
use crate::wire::json::{FromLine, LineError, ToLine};

/// Maximum number of lines in the file, including those of replaced labels.
const LINES_MAX: usize = 100_000;
/// Name of the file in the data folder.
const NAME: &str = "labels.jsonl";

/// Error of opening the labels of a data folder.
#[derive(Debug, Error)]
pub(crate) enum LabelFileError {
    /// The file or its folder cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file or the folder.
        path: PathBuf,
        /// The operating system's error.
        error: io::Error,
    },
    /// A complete line is not a label.
    #[error("{path}: line {line}: {error}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// The parse error.
        error: LineError,
    },
    /// The file has too many lines.
    #[error("{path}: more than {lines_max} lines")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Maximum number of lines.
        lines_max: usize,
    },
}

/// Error of storing a label.
#[derive(Debug, Error)]
pub enum LabelStoreError {
    /// The file has the maximum number of lines.
    #[error("expected at most {lines_max} lines")]
    Full {
        /// The maximum.
        lines_max: usize,
    },
    /// The file cannot be written.
    #[error("labels.jsonl: {0}")]
    Write(#[from] io::Error),
}

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
    file: File,
    /// Length of the complete lines, in bytes.
    bytes: u64,
    /// Whether the last write may have left a partial line after them.
    torn: bool,
    lines: usize,
    lines_max: usize,
    current: CurrentLabels,
}

/// Parsed contents of a label file.
struct Parsed {
    current: CurrentLabels,
    lines: usize,
    /// Length of the complete lines, in bytes.
    whole: usize,
    /// Length of a truncated last line, in bytes.
    cut: usize,
}

impl LabelFile {
    /// Opens the labels in `data`, with pseudonyms under `key`. A truncated last line is dropped.
    ///
    /// # Errors
    /// If the file cannot be read, has too many lines, or has a complete line that is not a label.
    pub(crate) fn open(data: &Path, key: PseudonymKey) -> Result<Self, LabelFileError> {
        Self::bounded(data, key, LINES_MAX)
    }

    fn bounded(data: &Path, key: PseudonymKey, lines_max: usize) -> Result<Self, LabelFileError> {
        let parsed = parse(data, key, lines_max)?;
        let path = data.join(NAME);
        let at = |error| LabelFileError::File {
            path: path.clone(),
            error,
        };
        if parsed.cut > 0 {
            tracing::warn!(
                bytes = parsed.cut,
                "the last label is truncated and was dropped"
            );
        }
        let mut writer = Writer {
            file: open(&path).map_err(at)?,
            bytes: parsed.whole as u64,
            torn: parsed.cut > 0,
            lines: parsed.lines,
            lines_max,
            current: parsed.current,
        };
        writer.truncate_partial_line().map_err(at)?;
        // The file's directory entry must survive a crash too.
        #[cfg(unix)]
        File::open(data)
            .and_then(|folder| folder.sync_all())
            .map_err(at)?;
        Ok(Self(Mutex::new(writer)))
    }

    /// Reads the current labels of `data`, in the order of [`Self::labels_after`]. Does not open the file for writing:
    /// a server may be writing to it.
    ///
    /// # Errors
    /// Like [`Self::open`].
    pub(crate) fn read(
        data: &Path,
        key: PseudonymKey,
    ) -> Result<Vec<Label<LabeledAccount>>, LabelFileError> {
        let parsed = parse(data, key, LINES_MAX)?;
        Ok(parsed.current.labels.into_values().collect())
    }

    /// Stores a label durably before returning. It replaces an earlier label of the same account and conversation, even
    /// if one of the two names the account by pseudonym.
    ///
    /// # Errors
    /// If the label is not stored.
    pub(crate) fn submit(&self, label: Label<AccountRef>) -> Result<StoredLabel, LabelStoreError> {
        let mut writer = self.writer();
        if writer.lines >= writer.lines_max {
            return Err(LabelStoreError::Full {
                lines_max: writer.lines_max,
            });
        }
        let label = writer.current.named(label);
        let mut line = Vec::new();
        label
            .clone()
            .map_account(AccountRef::from)
            .to_line(&mut line);
        writer.append(&line)?;
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

fn parse(data: &Path, key: PseudonymKey, lines_max: usize) -> Result<Parsed, LabelFileError> {
    let path = data.join(NAME);
    let known = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(LabelFileError::File { path, error }),
    };
    let last = known.iter().rposition(|byte| *byte == b'\n');
    let whole = last.map_or(0, |last| last + 1);
    let mut parsed = Parsed {
        current: CurrentLabels {
            key,
            labels: BTreeMap::new(),
        },
        lines: 0,
        whole,
        cut: known.len() - whole,
    };
    for line in known[..whole].split_inclusive(|byte| *byte == b'\n') {
        let label = Label::from_line(line.trim_ascii_end()).map_err(|error| {
            let (path, line) = (path.clone(), parsed.lines + 1);
            LabelFileError::Line { path, line, error }
        })?;
        if parsed.lines == lines_max {
            return Err(LabelFileError::TooLong { path, lines_max });
        }
        parsed.lines += 1;
        let label = parsed.current.named(label.record);
        parsed.current.put(label);
    }
    Ok(parsed)
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

impl Writer {
    /// Truncates the partial line that a failed write left.
    fn truncate_partial_line(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.bytes)?;
            self.torn = false;
        }
        Ok(())
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.truncate_partial_line()?;
        self.torn = true;
        self.file.write_all(line)?;
        self.file.sync_data()?;
        self.torn = false;
        self.bytes += line.len() as u64;
        self.lines += 1;
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    // The file has account names: readable by the owner only, like the key.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests;
