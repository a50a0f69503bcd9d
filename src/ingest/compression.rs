//! Detection of a stream's compression by its first bytes.

use std::fmt;

/// Compression of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not compressed.
    Plain,
    /// gzip, with one or more members.
    Gzip,
    /// Zstandard, with one or more frames and windows up to 128 MiB.
    Zstandard,
}

impl Compression {
    /// Returns the compression for a stream's first bytes; anything unknown is plain.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A data frame, or a skippable frame that parallel compressors write first for their own metadata.
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
