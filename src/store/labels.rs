//! Reviewers' labels, in `labels.jsonl` of the data folder: appended line by line, durable before a call is answered.

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

/// Lines of the file at most, those of replaced labels included.
const LINES_MAX: usize = 100_000;
/// The file's name in the data folder.
const NAME: &str = "labels.jsonl";

/// Why the labels of a data folder cannot be opened.
#[derive(Debug, Error)]
pub enum LabelFileError {
    /// The file or its folder cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which of them.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A whole line is no label.
    #[error("{path}: line {line}: {error}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        error: LineError,
    },
    /// The file has more lines than are read.
    #[error("{path}: more than {lines_max} lines")]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Lines that are read at most.
        lines_max: usize,
    },
}

/// Why a label is not stored.
#[derive(Debug, Error)]
pub enum LabelStoreError {
    /// The file has as many lines as it may have.
    #[error("expected at most {lines_max} lines")]
    Full {
        /// How many that is.
        lines_max: usize,
    },
    /// The file cannot be written.
    #[error("labels.jsonl: {0}")]
    Write(#[from] io::Error),
}

/// What became of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredLabel {
    /// Labels in force now.
    pub labels: usize,
    /// Whether it took the place of an earlier one.
    pub replaced: bool,
}

/// The labels of one data folder.
pub struct LabelFile(Mutex<Writer>);

/// The labels in force, by subject.
struct InForce {
    key: PseudonymKey,
    labels: BTreeMap<LabelSubject, Label<LabeledAccount>>,
}

struct Writer {
    file: File,
    /// Bytes of whole lines.
    bytes: u64,
    /// Whether the last write may have left part of a line behind them.
    torn: bool,
    lines: usize,
    lines_max: usize,
    in_force: InForce,
}

/// What a label file holds.
struct Parsed {
    in_force: InForce,
    lines: usize,
    /// Bytes of whole lines.
    whole: usize,
    /// Bytes of a last line that was cut short.
    cut: usize,
}

impl LabelFile {
    /// Opens the labels in `data`, whose pseudonyms are of `key`; a last line that was cut short is dropped.
    ///
    /// # Errors
    /// When the file cannot be read, has too many lines, or a whole line of it is no label.
    pub fn open(data: &Path, key: PseudonymKey) -> Result<Self, LabelFileError> {
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
                "the last label was cut short and is dropped"
            );
        }
        let mut writer = Writer {
            file: open(&path).map_err(at)?,
            bytes: parsed.whole as u64,
            torn: parsed.cut > 0,
            lines: parsed.lines,
            lines_max,
            in_force: parsed.in_force,
        };
        writer.mend().map_err(at)?;
        // The file's own entry in its folder must outlive a crash too.
        #[cfg(unix)]
        File::open(data)
            .and_then(|folder| folder.sync_all())
            .map_err(at)?;
        Ok(Self(Mutex::new(writer)))
    }

    /// The labels in force of `data`, in the order of [`Self::labels_after`], without opening the file for writing: a
    /// server may be writing to it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn read(
        data: &Path,
        key: PseudonymKey,
    ) -> Result<Vec<Label<LabeledAccount>>, LabelFileError> {
        let parsed = parse(data, key, LINES_MAX)?;
        Ok(parsed.in_force.labels.into_values().collect())
    }

    /// Stores a label durably before returning. It replaces an earlier label of the same account and conversation,
    /// whichever of the two names the account by pseudonym.
    ///
    /// # Errors
    /// When it is not stored.
    pub fn submit(&self, label: Label<AccountRef>) -> Result<StoredLabel, LabelStoreError> {
        let mut writer = self.writer();
        if writer.lines >= writer.lines_max {
            return Err(LabelStoreError::Full {
                lines_max: writer.lines_max,
            });
        }
        let label = writer.in_force.named(label);
        let mut line = Vec::new();
        label
            .clone()
            .map_account(AccountRef::from)
            .to_line(&mut line);
        writer.append(&line)?;
        let replaced = writer.in_force.put(label);
        Ok(StoredLabel {
            labels: writer.in_force.labels.len(),
            replaced,
        })
    }

    /// At most `at_most` labels after the one of `after`, in the order of [`LabelSubject`].
    pub fn labels_after(
        &self,
        after: Option<&LabelSubject>,
        at_most: usize,
    ) -> Vec<Label<LabeledAccount>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let writer = self.writer();
        let later = writer
            .in_force
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
        in_force: InForce {
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
        let label = parsed.in_force.named(label.record);
        parsed.in_force.put(label);
    }
    Ok(parsed)
}

impl InForce {
    /// The label with its account's pseudonym, and with the name where this or an earlier label of the account has it.
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

    /// Puts the label in force; whether it replaced another.
    fn put(&mut self, label: Label<LabeledAccount>) -> bool {
        self.labels
            .insert(LabelSubject::from(&label), label)
            .is_some()
    }
}

impl Writer {
    /// Cuts off what a failed write left.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.bytes)?;
            self.torn = false;
        }
        Ok(())
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.mend()?;
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
    // Names of accounts: for the owner alone, like the key beside it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests;
