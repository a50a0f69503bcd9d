//! Raw lines in batches: reading in bounded memory that leaves parsing to the caller's threads.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::framing::{Framing, Values};
use super::input::{Input, open};
use super::{BadLine, Compression, InputError};
use crate::wire::json::{FromLine, LineError, Parsed};

/// Size in bytes at which a batch ends, after the line that reaches it.
const BATCH_BYTES: usize = 1 << 20;
/// Bytes read from the input at a time.
const BLOCK_BYTES: usize = 64 << 10;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Consecutive lines of one file, or the records that stand for lines where records span them. Blank lines are omitted,
/// but counted in the line numbers.
pub struct Batch {
    file: Arc<str>,
    bytes: Vec<u8>,
    lines: Vec<Span>,
}

struct Span {
    number: u64,
    content: Content,
}

enum Content {
    Within(Range<usize>),
    TooLong { limit: usize },
}

/// One line of a batch.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    file: &'a Arc<str>,
    number: u64,
    bytes: Result<&'a [u8], usize>,
}

impl Batch {
    /// Returns the file name, as given by the caller.
    pub fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// Returns the lines in order.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = Line<'_>> {
        self.lines.iter().map(|span| self.line(span))
    }

    /// Returns the lines as a parallel iterator; collecting keeps their order.
    pub fn par_lines(&self) -> impl IndexedParallelIterator<Item = Line<'_>> {
        self.lines.par_iter().map(|span| self.line(span))
    }

    fn line(&self, span: &Span) -> Line<'_> {
        Line {
            file: &self.file,
            number: span.number,
            bytes: match &span.content {
                Content::Within(range) => Ok(&self.bytes[range.clone()]),
                Content::TooLong { limit } => Err(*limit),
            },
        }
    }
}

impl Line<'_> {
    /// Returns the line number, counted from 1.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Returns the bytes of the line.
    ///
    /// # Errors
    /// When the line is too long.
    pub(super) fn bytes(&self) -> Result<&[u8], LineError> {
        self.bytes.map_err(|limit| LineError::TooLong { limit })
    }

    /// Parses the line as a record.
    ///
    /// # Errors
    /// When the line is too long, not JSON or violates the format of `T`.
    pub fn parse<T: FromLine>(&self) -> Result<Parsed<T>, BadLine> {
        self.bytes()
            .and_then(T::from_line)
            .map_err(|reason| BadLine {
                file: Arc::clone(self.file),
                line: self.number,
                reason,
            })
    }
}

/// Reads files one after another, batch by batch.
///
/// Holds at most one batch (1 MiB and its last line) and the start of the next line. A line over the limit is discarded
/// while it is read and appears in its batch as too long.
pub struct Batches {
    files: VecDeque<PathBuf>,
    line_limit_bytes: usize,
    /// Whether a file may be a list, indented or not JSON at all; otherwise it has lines.
    any_framing: bool,
    current: Option<Cursor>,
}

impl Batches {
    /// Creates a reader of `files` in the given order; each is opened when it is reached. `-` is standard input.
    pub fn new(files: impl IntoIterator<Item = PathBuf>, line_limit_bytes: usize) -> Self {
        Self {
            files: files.into_iter().collect(),
            line_limit_bytes,
            any_framing: false,
            current: None,
        }
    }

    /// Lets the first bytes of each file tell how it is cut into records.
    pub(super) const fn of_any_framing(mut self) -> Self {
        self.any_framing = true;
        self
    }

    /// Returns the next lines, never an empty batch; `None` after the last file.
    ///
    /// # Errors
    /// When a file cannot be opened or read to its end. The lines before the failure have been returned; the next call
    /// continues with the next file.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, InputError> {
        loop {
            let Some(cursor) = &mut self.current else {
                let Some(path) = self.files.pop_front() else {
                    return Ok(None);
                };
                let mut cursor = Cursor::new(open(&path)?, self.line_limit_bytes);
                cursor.begun = !self.any_framing;
                self.current = Some(cursor);
                continue;
            };
            if let Some(end) = cursor.end.take() {
                self.current = None;
                match end {
                    Ok(()) => continue,
                    Err(error) => return Err(error),
                }
            }
            let batch = cursor.next_batch();
            if !batch.lines.is_empty() {
                return Ok(Some(batch));
            }
        }
    }
}

/// Reading position in one file.
struct Cursor {
    input: Input,
    line_limit_bytes: usize,
    /// Start of a line whose end has not been read yet.
    partial: Vec<u8>,
    /// Whether that line is over the limit, so that its bytes are discarded.
    skipping: bool,
    /// Whether it is known how the file is cut into records.
    begun: bool,
    /// The values of the file, when they are not its lines.
    values: Option<Values>,
    /// Number of complete lines.
    line: u64,
    /// Decompressed bytes read.
    offset: u64,
    /// How the file ended, once it has.
    end: Option<Result<(), InputError>>,
}

impl Cursor {
    const fn new(input: Input, line_limit_bytes: usize) -> Self {
        Self {
            input,
            line_limit_bytes,
            partial: Vec::new(),
            skipping: false,
            begun: true,
            values: None,
            line: 0,
            offset: 0,
            end: None,
        }
    }

    /// Reads lines up to the size of a batch or the end of the file; the batch is empty only at the end.
    fn next_batch(&mut self) -> Batch {
        let mut batch = Batch {
            file: Arc::clone(&self.input.file),
            bytes: std::mem::take(&mut self.partial),
            lines: Vec::new(),
        };
        // Offset in the batch at which the current line starts.
        let mut start = 0;
        while self.end.is_none() {
            let block = batch.bytes.len();
            self.read_block(&mut batch.bytes);
            if !self.begun {
                self.begin(&mut batch.bytes);
            }
            if let Some(mut values) = self.values.take() {
                let found = &mut batch.lines;
                values.scan(&batch.bytes, block, &mut start, |range, line| {
                    found.push(self.span(range, line));
                });
                self.values = Some(values);
            }
            let lines = if self.values.is_none() {
                block
            } else {
                batch.bytes.len()
            };
            for newline in memchr::memchr_iter(b'\n', &batch.bytes[lines..]) {
                let newline = lines + newline;
                self.end_line(&batch.bytes, start..newline, &mut batch.lines);
                start = newline + 1;
            }
            if self.skipping || batch.bytes.len() - start > self.line_limit_bytes {
                self.skipping = true;
                batch.bytes.truncate(start);
            }
            let full = batch.bytes.len() >= BATCH_BYTES || self.input.live;
            if full && !batch.lines.is_empty() {
                break;
            }
            if batch.lines.is_empty() {
                // Only blank lines so far: nothing before `start` is needed.
                batch.bytes.drain(..start);
                start = 0;
            }
        }
        match self.end {
            // The last line of a file need not end in a newline.
            Some(Ok(())) if self.skipping || start < batch.bytes.len() => {
                let rest = start..batch.bytes.len();
                match self.values.as_ref().map(Values::first_line) {
                    Some(line) => batch.lines.push(self.span(rest, line)),
                    None => self.end_line(&batch.bytes, rest, &mut batch.lines),
                }
            }
            // The bytes before a failure are part of a line, not a bad line.
            Some(_) => {}
            None => {
                self.partial = batch.bytes[start..].to_vec();
            }
        }
        batch
    }

    /// Appends one block to `bytes`, or records how the file ended.
    fn read_block(&mut self, bytes: &mut Vec<u8>) {
        let filled = bytes.len();
        bytes.resize(filled + BLOCK_BYTES, 0);
        let read = loop {
            match self.input.bytes.read(&mut bytes[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let count = *read.as_ref().unwrap_or(&0);
        bytes.truncate(filled + count);
        self.offset += count as u64;
        match read {
            Ok(0) => self.end = Some(Ok(())),
            Ok(_) => {}
            Err(source) => self.end = Some(Err(self.broken(source))),
        }
    }

    /// Records the line in `range`, unless it is blank.
    fn end_line(&mut self, bytes: &[u8], mut range: Range<usize>, lines: &mut Vec<Span>) {
        self.line += 1;
        if self.line == 1 && bytes[range.clone()].starts_with(BYTE_ORDER_MARK) {
            range.start += BYTE_ORDER_MARK.len();
        }
        if self.skipping || !bytes[range.clone()].trim_ascii().is_empty() {
            let number = self.line;
            lines.push(self.span(range, number));
        }
    }

    /// Returns the record in `range`, which begins on the line `number`.
    fn span(&mut self, range: Range<usize>, number: u64) -> Span {
        let limit = self.line_limit_bytes;
        let too_long = std::mem::take(&mut self.skipping) || range.len() > limit;
        let content = if too_long {
            Content::TooLong { limit }
        } else {
            Content::Within(range)
        };
        Span { number, content }
    }

    /// Tells by the first bytes how the file is cut into records, and ends it if it has none.
    fn begin(&mut self, bytes: &mut Vec<u8>) {
        // A decompressor may give out little at a time; a writer that is still running may have no more yet.
        while !self.input.live && bytes.len() < BLOCK_BYTES && self.end.is_none() {
            self.read_block(bytes);
        }
        self.begun = true;
        if matches!(self.end, Some(Err(_))) {
            return;
        }
        let head = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        match Framing::of(head) {
            Framing::Lines => {}
            Framing::Values(values) => {
                let mark = bytes.len() - head.len();
                bytes.drain(..mark);
                self.values = Some(values);
            }
            // What a program prints before its first record must not end a stream.
            Framing::Text(_) if self.input.live => {}
            Framing::Text(looks_like) => {
                bytes.clear();
                let file = Arc::clone(&self.input.file);
                self.end = Some(Err(InputError::NotRecords { file, looks_like }));
            }
        }
    }

    fn broken(&self, source: io::Error) -> InputError {
        let file = Arc::clone(&self.input.file);
        let compression = self.input.compression;
        let (line, offset) = (self.line, self.offset);
        if source.kind() == io::ErrorKind::UnexpectedEof && compression != Compression::Plain {
            return InputError::CutShort {
                file,
                compression,
                line,
                offset,
            };
        }
        InputError::Read {
            file,
            compression,
            line,
            offset,
            source,
        }
    }
}
