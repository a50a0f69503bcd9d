//! Errors of reading and writing files, and of single lines.

use std::io;
use std::sync::Arc;

use super::Compression;
use crate::wire::json::LineError;

/// One line that is not a record. Reading continues after it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct BadLine {
    /// The file name, as given by the caller.
    pub file: Arc<str>,
    /// The line number, counted from 1.
    pub line: u64,
    /// Why it is not a record.
    pub reason: LineError,
}

/// Why a file cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file could not be opened.
    #[error("cannot open {file}")]
    Open {
        /// The file name, as given by the caller.
        file: Arc<str>,
        /// The operating system's error.
        source: io::Error,
    },
    /// Reading failed, or the compressed data is corrupt.
    #[error("cannot read {file} beyond line {line}, byte {offset} (read as {compression})")]
    Read {
        /// The file name, as given by the caller.
        file: Arc<str>,
        /// The compression it was read as.
        compression: Compression,
        /// Complete lines before the failure; all of them were returned.
        line: u64,
        /// Bytes before the failure, after decompression.
        offset: u64,
        /// The error of the operating system or the decompressor.
        source: io::Error,
    },
    /// The file has no records.
    #[error(
        "{file} looks like {looks_like}; expected JSON, one record a line or a list of records"
    )]
    NotRecords {
        /// The file name, as given by the caller.
        file: Arc<str>,
        /// What it looks like, in words.
        looks_like: &'static str,
    },
    /// The file ends within its compressed stream: an interrupted copy, or a writer that was killed.
    #[error(
        "{file} ends in the middle of its {compression} stream, after line {line}, byte {offset}"
    )]
    CutShort {
        /// The file name, as given by the caller.
        file: Arc<str>,
        /// The compression it was read as.
        compression: Compression,
        /// Complete lines before the end; all of them were returned.
        line: u64,
        /// Bytes before the end, after decompression.
        offset: u64,
    },
}

/// Why the next record of a stream could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// One line is bad; the next call continues after it.
    #[error(transparent)]
    Line(#[from] BadLine),
    /// The file cannot be read further; the next call continues with the next file.
    #[error(transparent)]
    Input(#[from] InputError),
}

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file could not be created.
    #[error("cannot create {file}")]
    Create {
        /// The file name, as given by the caller.
        file: Arc<str>,
        /// The operating system's error.
        source: io::Error,
    },
    /// Writing failed.
    #[error("cannot write to {file}")]
    Write {
        /// The file name, as given by the caller.
        file: Arc<str>,
        /// The operating system's error.
        source: io::Error,
    },
}
