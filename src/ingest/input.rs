//! Opens a file or standard input and takes its compression off, told by its first bytes.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

use super::InputError;

/// Bytes asked of the system at a time.
const BLOCK_BYTES: usize = 64 << 10;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// gzip, one member or many.
    Gzip,
    /// Zstandard, one frame or many, with windows up to 128 MiB.
    Zstandard,
}

impl Compression {
    /// Tells the compression by a stream's first bytes; anything unknown is plain.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame of data, or one that parallel compressors put first for their own notes.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstandard,
            _ => Self::Plain,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Plain => "plain text",
            Self::Gzip => "gzip",
            Self::Zstandard => "Zstandard",
        })
    }
}

/// An open stream of decompressed bytes.
pub(super) struct Input {
    /// The file, as it was named.
    pub(super) file: Arc<str>,
    /// How it is compressed.
    pub(super) compression: Compression,
    /// Whether the writer may still be at work, so that a full line must not wait for the next.
    pub(super) live: bool,
    /// The bytes.
    pub(super) bytes: Box<dyn Read + Send>,
}

/// How messages name a path.
pub(super) fn file_name(path: &Path) -> Arc<str> {
    if path == Path::new("-") {
        Arc::from("standard input")
    } else {
        Arc::from(path.to_string_lossy())
    }
}

/// Opens `path`, or standard input for `-`.
pub(super) fn open(path: &Path) -> Result<Input, InputError> {
    let file = file_name(path);
    let live = path == Path::new("-");
    let opened = if live {
        start(Box::new(io::stdin()))
    } else {
        File::open(path).and_then(|opened| start(Box::new(opened)))
    };
    match opened {
        Ok((compression, bytes)) => Ok(Input {
            file,
            compression,
            live,
            bytes,
        }),
        Err(source) => Err(InputError::Open { file, source }),
    }
}

fn start(mut stream: Box<dyn Read + Send>) -> io::Result<(Compression, Box<dyn Read + Send>)> {
    let mut head = Vec::with_capacity(4);
    stream.by_ref().take(4).read_to_end(&mut head)?;
    let compression = Compression::of(&head);
    let bytes = BufReader::with_capacity(BLOCK_BYTES, Cursor::new(head).chain(stream));
    Ok((
        compression,
        match compression {
            Compression::Plain => Box::new(bytes),
            Compression::Gzip => Box::new(MultiGzDecoder::new(bytes)),
            Compression::Zstandard => Box::new(zstd::Decoder::with_buffer(bytes)?),
        },
    ))
}
