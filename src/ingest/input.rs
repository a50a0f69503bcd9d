//! Opens a file or standard input and takes its compression off, told by its first bytes.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

use super::InputError;
use super::compression::Compression;

/// Bytes asked of the system at a time.
const BLOCK_BYTES: usize = 64 << 10;

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
