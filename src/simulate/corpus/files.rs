//! Rows of the corpus files and a reader for gzipped JSON Lines. Errors name file, line and column, never the text.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::LicenceClass;
use crate::domain::{Message, PoolRecord, Role, Sensitive};

/// The reason why a corpus could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A required file could not be read.
    #[error("cannot read {}; training/README.md has the form of a folder of pools", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A row has an unexpected form. Its text is left out because it may be a prompt.
    #[error("{}: line {line}, column {column}: expected {expected}, found {found}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// Column within the row.
        column: usize,
        /// Expected form of a row.
        expected: &'static str,
        /// The error that was found.
        found: &'static str,
    },
    /// The files contradict each other.
    #[error("{}: {what} {name:?} is not in {missing_from}", path.display())]
    Dangling {
        /// The file that contains the reference.
        path: PathBuf,
        /// Kind of the referenced item.
        what: &'static str,
        /// Name of the referenced item.
        name: String,
        /// The file that should contain it.
        missing_from: &'static str,
    },
}

/// One entry of `sources.json`.
#[derive(Deserialize)]
pub(crate) struct SourceRow {
    pub(crate) source: String,
    pub(crate) side: Side,
    pub(crate) licence_class: LicenceRow,
    #[serde(default)]
    pub(crate) lineage: Vec<String>,
    #[serde(default)]
    pub(crate) ambiguous: bool,
    pub(crate) file: PathBuf,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Side {
    /// `extraction`, spelled `attack` in `sources.json` by the data set.
    #[serde(rename = "attack")]
    Extraction,
    Benign,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LicenceRow {
    Permissive,
    Restricted,
    Unknown,
}

impl From<LicenceRow> for LicenceClass {
    fn from(row: LicenceRow) -> Self {
        match row {
            LicenceRow::Permissive => Self::Permissive,
            LicenceRow::Restricted => Self::Restricted,
            LicenceRow::Unknown => Self::Unknown,
        }
    }
}

/// One entry of `apps.jsonl.gz`.
#[derive(Deserialize)]
pub(crate) struct ApplicationRow {
    pub(crate) app_id: String,
    pub(crate) group: String,
    pub(crate) category: String,
    pub(crate) lang: String,
    #[serde(default)]
    pub(crate) traffic_kind: String,
    pub(crate) technique: Option<String>,
    pub(crate) licence_class: LicenceRow,
    pub(crate) system: Option<String>,
    pub(crate) user_template: Option<String>,
}

/// One request of a pool file or of `app_traffic.jsonl.gz`.
#[derive(Deserialize)]
pub(crate) struct RecordRow {
    id: String,
    #[serde(alias = "app_id")]
    source: String,
    family: String,
    lang: String,
    system: Option<String>,
    messages: Vec<MessageRow>,
    #[serde(alias = "pairing")]
    note: Option<String>,
}

#[derive(Deserialize)]
struct MessageRow {
    role: RoleRow,
    content: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RoleRow {
    System,
    User,
    Assistant,
    Tool,
}

impl From<RecordRow> for PoolRecord {
    fn from(row: RecordRow) -> Self {
        Self {
            id: row.id,
            source: row.source,
            family: row.family,
            language: row.lang,
            system: row.system.map(Sensitive::new),
            messages: row.messages.into_iter().map(Message::from).collect(),
            note: row.note,
        }
    }
}

impl From<MessageRow> for Message {
    fn from(row: MessageRow) -> Self {
        let role = match row.role {
            RoleRow::System => Role::System,
            RoleRow::User => Role::User,
            RoleRow::Assistant => Role::Assistant,
            RoleRow::Tool => Role::Tool,
        };
        Self {
            role,
            content: Sensitive::new(row.content),
        }
    }
}

/// Reads `sources.json`.
pub(crate) fn read_sources(path: &Path) -> Result<Vec<SourceRow>, CorpusError> {
    let file = open(path)?;
    serde_json::from_reader(BufReader::new(file))
        .map_err(|error| row_error(path, error.line(), "a list of sources", &error))
}

/// Calls `take` with every row of a gzipped JSON Lines file, holding one row in memory at a time.
pub(crate) fn read_rows<Row: DeserializeOwned>(
    path: &Path,
    expected: &'static str,
    mut take: impl FnMut(Row) -> Result<(), CorpusError>,
) -> Result<(), CorpusError> {
    let read_error = |source| CorpusError::Read {
        path: path.to_path_buf(),
        source,
    };
    let mut reader = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(open(path)?));
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        if reader.read_line(&mut line).map_err(read_error)? == 0 {
            break;
        }
        if !line.trim().is_empty() {
            let row = serde_json::from_str(&line)
                .map_err(|error| row_error(path, number, expected, &error))?;
            take(row)?;
        }
    }
    Ok(())
}

/// Returns the most frequent family of the records; ties go to the alphabetically first.
pub(crate) fn main_family(records: &[PoolRecord]) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for record in records {
        *counts.entry(&record.family).or_default() += 1;
    }
    let most = counts.values().copied().max().unwrap_or(0);
    counts
        .into_iter()
        .find(|(_, count)| *count == most)
        .map(|(family, _)| family.to_owned())
        .unwrap_or_default()
}

fn open(path: &Path) -> Result<File, CorpusError> {
    File::open(path).map_err(|source| CorpusError::Read {
        path: path.to_path_buf(),
        source,
    })
}

/// serde's message quotes the offending value, so only its position and kind are kept.
fn row_error(
    path: &Path,
    line: usize,
    expected: &'static str,
    error: &serde_json::Error,
) -> CorpusError {
    let found = match error.classify() {
        serde_json::error::Category::Io => "unreadable data",
        serde_json::error::Category::Syntax => "invalid JSON",
        serde_json::error::Category::Data => "a missing or ill-typed field",
        serde_json::error::Category::Eof => "the end of the row",
    };
    CorpusError::Row {
        path: path.to_path_buf(),
        line,
        column: error.column(),
        expected,
        found,
    }
}
