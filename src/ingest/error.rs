//! What can go wrong with a file, and with one of its lines.

use std::io;
use std::sync::Arc;

use super::Compression;
use crate::wire::json::LineError;

/// One line that is not a record. Reading goes on after it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct BadLine {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub line: u64,
    /// Why it is not a record.
    pub reason: LineError,
}

/// A file that cannot be read further.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It could not be opened.
    #[error("cannot open {file}")]
    Open {
        /// The file, as it was named.
        file: Arc<str>,
        /// What the system said.
        source: io::Error,
    },
    /// It broke off or its compression is damaged.
    #[error("cannot read {file} beyond line {line}, byte {offset} (read as {compression})")]
    Read {
        /// The file, as it was named.
        file: Arc<str>,
        /// How it was read.
        compression: Compression,
        /// Complete lines before the break; all of them were delivered.
        line: u64,
        /// Bytes before the break, after decompression.
        offset: u64,
        /// What the system or the decompressor said.
        source: io::Error,
    },
    /// It ends within its compressed stream: an interrupted copy, or a writer that was killed.
    #[error(
        "{file} ends in the middle of its {compression} stream, after line {line}, byte {offset}"
    )]
    CutShort {
        /// The file, as it was named.
        file: Arc<str>,
        /// How it was read.
        compression: Compression,
        /// Complete lines before the end; all of them were delivered.
        line: u64,
        /// Bytes before the end, after decompression.
        offset: u64,
    },
}

/// Why the next record of a stream did not come.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// One line is bad; the next call goes on after it.
    #[error(transparent)]
    Line(#[from] BadLine),
    /// The input is at its end.
    #[error(transparent)]
    Input(#[from] InputError),
}

/// A file that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// It could not be created.
    #[error("cannot create {file}")]
    Create {
        /// The file, as it was named.
        file: Arc<str>,
        /// What the system said.
        source: io::Error,
    },
    /// Writing stopped.
    #[error("cannot write to {file}")]
    Write {
        /// The file, as it was named.
        file: Arc<str>,
        /// What the system said.
        source: io::Error,
    },
}
