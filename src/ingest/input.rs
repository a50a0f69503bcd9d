//! Opening of a file or standard input, with decompression chosen by the first bytes.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

use super::InputError;
use super::compression::Compression;

/// Bytes read from the operating system at a time.
const BLOCK_BYTES: usize = 64 << 10;

/// An open stream of decompressed bytes.
pub(super) struct Input {
    /// The file name, as given by the caller.
    pub(super) file: Arc<str>,
    /// The compression of the file.
    pub(super) compression: Compression,
    /// Whether the writer may still be running, so that a complete line must not wait for the next.
    pub(super) live: bool,
    /// The decompressed bytes.
    pub(super) bytes: Box<dyn Read + Send>,
}

/// Returns the name of a path for messages.
pub(super) fn file_name(path: &Path) -> Arc<str> {
    if path == Path::new("-") {
        Arc::from("standard input")
    } else {
        Arc::from(path.to_string_lossy())
    }
}

/// Opens `path`, or standard input for `-`.
///
/// # Errors
/// When the file cannot be opened or its first bytes cannot be read.
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
