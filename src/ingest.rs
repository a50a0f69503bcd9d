//! Readers and writers of traffic logs, labels, catalogues and prompt pools: streaming, bounded in memory, tolerant of
//! bad lines.
//!
//! Bytes are decompressed and split into lines ([`Batches`]) and parsed into records in parallel, in the order of the
//! input: labels and pools by [`JsonLines`], traffic by [`TrafficReader`], which reads the logs of other programs
//! (`gateway::logs`), joins calls that come in pieces and checks time order. Memory stays within a small multiple of
//! the limit of one line, however long the input, and the bound on pieces that wait for each other.
//!
//! Uses `domain`, `json`, `wire` and `gateway`. Must not know what a record is used for.

mod batch;
mod catalogue;
mod collect;
mod compression;
mod error;
mod framing;
mod input;
mod json_lines;
mod new_file;
mod order;
mod tally;
mod traffic;
mod writer;

pub use batch::Batches;
pub use catalogue::{Catalogue, CatalogueError};
pub use collect::{read_labels, read_pool};
pub use compression::Compression;
pub(crate) use error::{BadLine, OutputError};
pub use error::{InputError, ReadError};
pub use json_lines::JsonLines;
pub(crate) use new_file::Unfinished;
pub use order::{OrderCheck, TimeOrder};
pub(crate) use tally::Tally;
pub use traffic::TrafficReader;
pub use writer::JsonLinesWriter;

/// Default maximum length of a line: 16 MiB.
pub(crate) const LINE_LIMIT_BYTES: usize = 16 << 20;
