//! A file of records, one per line: appended and synced before a request is answered, bounded, safe to cut anywhere.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::wire::json::LineError;

/// Error of opening a file of records.
#[derive(Debug, Error)]
pub(crate) enum LineFileError {
    /// The file or its folder cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file or the folder.
        path: PathBuf,
        /// The operating system's error.
        error: io::Error,
    },
    /// A complete line is not a record.
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

/// Error of appending a record.
#[derive(Debug, Error)]
pub(crate) enum AppendError {
    /// The file has the maximum number of lines.
    #[error("expected at most {lines_max} lines")]
    Full {
        /// The maximum.
        lines_max: usize,
    },
    /// The file cannot be written.
    #[error("{0}")]
    Write(#[from] io::Error),
}

/// What was read of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    lines: usize,
    /// Length of the complete lines, in bytes.
    whole: usize,
    /// Length of a truncated last line, in bytes.
    cut: usize,
}

/// A file of records, open for appending.
pub(super) struct LineFile {
    file: File,
    /// Length of the complete lines, in bytes.
    bytes: u64,
    /// Whether the last write may have left a partial line after them.
    torn: bool,
    lines: usize,
    lines_max: usize,
}

/// Reads the complete lines of a file and passes each to `take`. A missing file has none. Does not open the file for
/// writing: a server may be writing to it.
///
/// # Errors
/// If the file cannot be read, has more than `lines_max` lines, or has a complete line that `take` refuses.
pub(super) fn read(
    path: &Path,
    lines_max: usize,
    mut take: impl FnMut(&[u8]) -> Result<(), LineError>,
) -> Result<Contents, LineFileError> {
    let path = path.to_owned();
    let known = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(LineFileError::File { path, error }),
    };
    let last = known.iter().rposition(|byte| *byte == b'\n');
    let whole = last.map_or(0, |last| last + 1);
    let mut lines = 0;
    for line in known[..whole].split_inclusive(|byte| *byte == b'\n') {
        let taken = take(line.trim_ascii_end());
        lines += 1;
        if let Err(error) = taken {
            let line = lines;
            return Err(LineFileError::Line { path, line, error });
        }
        if lines > lines_max {
            return Err(LineFileError::TooLong { path, lines_max });
        }
    }
    Ok(Contents {
        lines,
        whole,
        cut: known.len() - whole,
    })
}

impl LineFile {
    /// Opens a file whose contents [`read`] returned. A truncated last line is dropped.
    ///
    /// # Errors
    /// If the file cannot be opened for writing.
    pub(super) fn open(
        folder: &Path,
        name: &'static str,
        contents: Contents,
        lines_max: usize,
    ) -> Result<Self, LineFileError> {
        let path = folder.join(name);
        let at = |error| LineFileError::File {
            path: path.clone(),
            error,
        };
        if contents.cut > 0 {
            tracing::warn!(
                file = name,
                bytes = contents.cut,
                "the last line is truncated and was dropped"
            );
        }
        let mut opened = Self {
            file: open(&path).map_err(at)?,
            bytes: contents.whole as u64,
            torn: contents.cut > 0,
            lines: contents.lines,
            lines_max,
        };
        opened.truncate_partial_line().map_err(at)?;
        // The file's directory entry must survive a crash too.
        #[cfg(unix)]
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(at)?;
        Ok(opened)
    }

    /// Appends a line durably.
    ///
    /// # Errors
    /// If the file is full or cannot be written; then the line is not stored.
    pub(super) fn append(&mut self, line: &[u8]) -> Result<(), AppendError> {
        if self.lines >= self.lines_max {
            let lines_max = self.lines_max;
            return Err(AppendError::Full { lines_max });
        }
        self.truncate_partial_line()?;
        self.torn = true;
        self.file.write_all(line)?;
        self.file.sync_data()?;
        self.torn = false;
        self.bytes += line.len() as u64;
        self.lines += 1;
        Ok(())
    }

    /// Truncates the partial line that a failed write left.
    fn truncate_partial_line(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.bytes)?;
            self.torn = false;
        }
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    // Such files have names of accounts or reviewers: readable by the owner only, like the key.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
