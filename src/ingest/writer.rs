//! Writer of JSON Lines files.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use flate2::write::GzEncoder;

use super::OutputError;
use super::new_file::{NewFile, Unfinished, create};
use crate::wire::json::ToLine;

/// Zstandard's own default: about gzip's best size at several times its speed.
const ZSTANDARD_LEVEL: i32 = 3;

/// Writes records as JSON lines; the same records give the same bytes.
///
/// A file is written under a temporary name in its own folder, and [`JsonLinesWriter::finish`] gives it its name.
/// Without that call nothing is left behind, and a file that was there before is unchanged.
pub struct JsonLinesWriter {
    file: Arc<str>,
    sink: Sink,
    new_file: Option<NewFile>,
    line: Vec<u8>,
}

type Target = BufWriter<Box<dyn Write + Send>>;

enum Sink {
    Plain(Target),
    Gzip(GzEncoder<Target>),
    Zstandard(zstd::Encoder<'static, Target>),
}

impl JsonLinesWriter {
    /// Creates or replaces `path`, compressed when its name ends in `.gz` or `.zst`; `-` is standard output.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        let (file, target) = if path == Path::new("-") {
            let standard_output: Box<dyn Write + Send> = Box::new(io::stdout());
            (Arc::from("standard output"), Ok((standard_output, None)))
        } else {
            (Arc::from(path.to_string_lossy()), create(path))
        };
        let opened = target.and_then(|(target, new_file)| {
            Ok((Sink::new(path, BufWriter::new(target))?, new_file))
        });
        match opened {
            Ok((sink, new_file)) => Ok(Self {
                file,
                sink,
                new_file,
                line: Vec::new(),
            }),
            Err(source) => Err(OutputError::Create { file, source }),
        }
    }

    /// Returns a handle that removes the unfinished file, for a program that is interrupted.
    pub(crate) fn unfinished(&self) -> Unfinished {
        let new_file = self.new_file.as_ref();
        new_file.map(NewFile::unfinished).unwrap_or_default()
    }

    /// Writes one record.
    ///
    /// # Errors
    /// When writing to the file fails.
    pub fn write<T: ToLine>(&mut self, record: &T) -> Result<(), OutputError> {
        self.line.clear();
        record.to_line(&mut self.line);
        let written = self.sink.writer().write_all(&self.line);
        written.map_err(|source| self.failed(source))
    }

    /// Flushes buffered bytes, for a reader that waits on the other end.
    ///
    /// # Errors
    /// When writing to the file fails.
    pub fn flush(&mut self) -> Result<(), OutputError> {
        let flushed = self.sink.writer().flush();
        flushed.map_err(|source| self.failed(source))
    }

    /// Writes buffered bytes, ends the compressed stream and gives the file its name.
    ///
    /// # Errors
    /// When writing to the file fails; there is no new file then.
    pub fn finish(self) -> Result<(), OutputError> {
        let Self {
            file,
            sink,
            new_file,
            ..
        } = self;
        let finished = sink.finish();
        finished
            .and_then(|()| new_file.map_or(Ok(()), NewFile::finish))
            .map_err(|source| OutputError::Write { file, source })
    }

    fn failed(&self, source: io::Error) -> OutputError {
        let file = Arc::clone(&self.file);
        OutputError::Write { file, source }
    }
}

impl Sink {
    fn new(path: &Path, target: Target) -> io::Result<Self> {
        let extension = path.extension().unwrap_or_default();
        Ok(if extension.eq_ignore_ascii_case("gz") {
            // The simulator writes tens of millions of lines, so speed comes first; for small files use `.zst`.
            Self::Gzip(GzEncoder::new(target, flate2::Compression::fast()))
        } else if extension.eq_ignore_ascii_case("zst") {
            let mut encoder = zstd::Encoder::new(target, ZSTANDARD_LEVEL)?;
            encoder.include_checksum(true)?;
            Self::Zstandard(encoder)
        } else {
            Self::Plain(target)
        })
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(writer) => writer,
            Self::Gzip(writer) => writer,
            Self::Zstandard(writer) => writer,
        }
    }

    fn finish(self) -> io::Result<()> {
        let mut target = match self {
            Self::Plain(target) => target,
            Self::Gzip(encoder) => encoder.finish()?,
            Self::Zstandard(encoder) => encoder.finish()?,
        };
        target.flush()
    }
}
