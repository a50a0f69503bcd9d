//! What reviewers said, in `labels.jsonl` of the data folder: appended line by line, on disk before it is answered.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use crate::domain::Label;
use crate::wire::json::{FromLine, LineError, ToLine};

/// Lines of the file at most, those of replaced labels included.
const LINES_MAX: usize = 100_000;

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
pub struct LabelFile(Mutex<Kept>);

/// An account, or one conversation of it.
type Subject = (String, Option<String>);

struct Kept {
    file: File,
    /// Bytes of whole lines.
    bytes: u64,
    /// Whether the last write may have left part of a line behind them.
    torn: bool,
    lines: usize,
    lines_max: usize,
    /// The latest label of each subject, in the order in which subjects first came.
    labels: Vec<Label>,
    places: HashMap<Subject, usize>,
}

impl LabelFile {
    /// The labels in `data`; a last line that was cut short is dropped.
    ///
    /// # Errors
    /// When the file cannot be read, has too many lines, or a whole line of it is no label.
    pub fn open(data: &Path) -> Result<Self, LabelFileError> {
        Self::bounded(data, LINES_MAX)
    }

    fn bounded(data: &Path, lines_max: usize) -> Result<Self, LabelFileError> {
        let path = data.join("labels.jsonl");
        let at = |error| LabelFileError::File {
            path: path.clone(),
            error,
        };
        let known = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(at(error)),
        };
        let whole = known
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        if whole < known.len() {
            tracing::warn!(
                bytes = known.len() - whole,
                "the last label was cut short and is dropped"
            );
        }
        let mut kept = Kept {
            file: open(&path).map_err(at)?,
            bytes: whole as u64,
            torn: whole < known.len(),
            lines: 0,
            lines_max,
            labels: Vec::new(),
            places: HashMap::new(),
        };
        for line in known[..whole].split_inclusive(|byte| *byte == b'\n') {
            let label = Label::from_line(line.trim_ascii_end()).map_err(|error| {
                let (path, line) = (path.clone(), kept.lines + 1);
                LabelFileError::Line { path, line, error }
            })?;
            if kept.lines == lines_max {
                return Err(LabelFileError::TooLong { path, lines_max });
            }
            kept.lines += 1;
            kept.take(label.record);
        }
        kept.mend().map_err(at)?;
        // The file's own entry in its folder must outlive a crash too.
        #[cfg(unix)]
        File::open(data)
            .and_then(|folder| folder.sync_all())
            .map_err(at)?;
        Ok(Self(Mutex::new(kept)))
    }

    /// Stores a label durably before returning.
    ///
    /// # Errors
    /// When it is not stored.
    pub fn submit(&self, label: Label) -> Result<StoredLabel, LabelStoreError> {
        let mut line = Vec::new();
        label.to_line(&mut line);
        let mut kept = self.kept();
        if kept.lines >= kept.lines_max {
            return Err(LabelStoreError::Full {
                lines_max: kept.lines_max,
            });
        }
        kept.append(&line)?;
        let replaced = kept.take(label);
        Ok(StoredLabel {
            labels: kept.labels.len(),
            replaced,
        })
    }

    /// At most `at_most` labels from the `from`-th, in the order in which their accounts were first labeled.
    pub fn labels(&self, from: usize, at_most: usize) -> Vec<Label> {
        let kept = self.kept();
        kept.labels
            .iter()
            .skip(from)
            .take(at_most)
            .cloned()
            .collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Puts the label in its place; whether there was another.
    fn take(&mut self, label: Label) -> bool {
        let subject = (label.account.clone(), label.conversation.clone());
        if let Some(place) = self.places.get(&subject) {
            self.labels[*place] = label;
            return true;
        }
        self.places.insert(subject, self.labels.len());
        self.labels.push(label);
        false
    }

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
mod tests {
    use super::*;
    use crate::domain::{Technique, Verdict};

    fn label(account: &str, verdict: Verdict) -> Label {
        let techniques = match verdict {
            Verdict::Extraction => vec![Technique::DatasetSynthesis],
            Verdict::Benign => Vec::new(),
        };
        Label {
            account: account.to_owned(),
            verdict,
            techniques,
            campaign: None,
            conversation: None,
            source: Some("reviewer-7".to_owned()),
            application: None,
            language: None,
            population: None,
            cell: None,
        }
    }

    #[test]
    fn labels_survive_a_restart_and_a_line_cut_at_any_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let (first, second) = (label("a", Verdict::Benign), label("b", Verdict::Extraction));
        {
            let file = LabelFile::open(folder.path()).unwrap();
            file.submit(first.clone()).unwrap();
            file.submit(second.clone()).unwrap();
        }
        let whole = fs::read(&path).unwrap();
        let line = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for cut in line..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let file = LabelFile::open(folder.path()).unwrap();
            let expected = if cut == whole.len() {
                vec![first.clone(), second.clone()]
            } else {
                vec![first.clone()]
            };
            assert_eq!(file.labels(0, 9), expected, "cut at {cut}");
            // What comes next stands on a line of its own.
            file.submit(label("c", Verdict::Benign)).unwrap();
            let mut line = Vec::new();
            label("c", Verdict::Benign).to_line(&mut line);
            let written = fs::read(&path).unwrap();
            let last = written.split_inclusive(|byte| *byte == b'\n').next_back();
            assert_eq!(last, Some(line.as_slice()), "cut at {cut}");
        }
    }

    #[test]
    fn a_later_label_takes_the_place_of_an_earlier_one_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = LabelFile::open(folder.path()).unwrap();
        let once = StoredLabel {
            labels: 1,
            replaced: false,
        };
        assert_eq!(file.submit(label("a", Verdict::Extraction)).unwrap(), once);
        let conversation = Label {
            conversation: Some("c1".to_owned()),
            ..label("a", Verdict::Extraction)
        };
        file.submit(conversation.clone()).unwrap();
        let again = StoredLabel {
            labels: 2,
            replaced: true,
        };
        assert_eq!(file.submit(label("a", Verdict::Benign)).unwrap(), again);
        drop(file);
        let file = LabelFile::open(folder.path()).unwrap();
        assert_eq!(
            file.labels(0, 9),
            [label("a", Verdict::Benign), conversation.clone()]
        );
        assert_eq!(file.labels(1, 9), [conversation]);
        assert_eq!(file.labels(2, 9), []);
    }

    #[test]
    fn at_the_bound_labels_are_refused_and_none_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let file = LabelFile::bounded(folder.path(), 2).unwrap();
        for verdict in [Verdict::Benign, Verdict::Extraction] {
            file.submit(label("a", verdict)).unwrap();
        }
        let full = file.submit(label("b", Verdict::Benign));
        assert!(matches!(full, Err(LabelStoreError::Full { lines_max: 2 })));
        drop(file);
        let file = LabelFile::bounded(folder.path(), 2).unwrap();
        assert_eq!(file.labels(0, 9), [label("a", Verdict::Extraction)]);
        assert!(
            LabelFile::bounded(folder.path(), 1).is_err(),
            "nothing is dropped unseen"
        );
    }

    #[test]
    fn a_whole_line_that_is_no_label_is_named_and_not_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        fs::write(
            &path,
            "{\"account\":\"a\",\"label\":\"benign\"}\nnonsense\n",
        )
        .unwrap();
        let error = LabelFile::open(folder.path()).err().unwrap().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
