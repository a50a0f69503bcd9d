//! How a stream is compressed, told by its first bytes.

use std::fmt;

/// Compression of a stream.
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
