//! Reviewers' marks, in `marks.jsonl` in the data folder: every change a line, durable before it takes effect.
//!
//! Holds pseudonyms and keyed digests, never names. What the changes amount to is kept by `policy`.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::line_file::{self, AppendError, LineFile, LineFileError};
use crate::domain::MarkChange;
use crate::privacy::PseudonymKey;
use crate::wire::json::{FromLine, MarkLine, ToLine};

/// Maximum number of lines in the file, including those of marks that ended or were taken back.
const LINES_MAX: usize = 100_000;
/// Name of the file in the data folder.
const NAME: &str = "marks.jsonl";

/// The changes of marks in one data folder, open for more.
pub(crate) struct MarkFile(Mutex<LineFile>);

impl MarkFile {
    /// Opens the marks in `data` and passes every change to `take`, oldest first. A truncated last line is dropped.
    ///
    /// # Errors
    /// If the file cannot be read, has too many lines, or has a complete line that is not a change.
    pub(crate) fn open(
        data: &Path,
        key: &PseudonymKey,
        take: impl FnMut(MarkChange),
    ) -> Result<Self, LineFileError> {
        let contents = read(&data.join(NAME), key, take)?;
        let file = LineFile::open(data, NAME, contents, LINES_MAX)?;
        Ok(Self(Mutex::new(file)))
    }

    /// Stores a change durably, then lets it take effect: `change` makes it and `apply` applies it, both under the
    /// file's lock, so that changes take effect in the order of their lines.
    ///
    /// # Errors
    /// If the change is not stored; then it takes no effect.
    pub(crate) fn append<T>(
        &self,
        change: impl FnOnce() -> MarkChange,
        apply: impl FnOnce(MarkChange) -> T,
    ) -> Result<T, AppendError> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let change = change();
        let mut line = Vec::new();
        change.to_line(&mut line);
        file.append(&line)?;
        Ok(apply(change))
    }
}

/// Reads a file of marks and passes every change to `take`, oldest first. Accounts may be named; names become
/// pseudonyms under `key`.
///
/// # Errors
/// Like [`MarkFile::open`].
pub(crate) fn read_marks(
    path: &Path,
    key: &PseudonymKey,
    take: impl FnMut(MarkChange),
) -> Result<(), LineFileError> {
    read(path, key, take).map(drop)
}

fn read(
    path: &Path,
    key: &PseudonymKey,
    mut take: impl FnMut(MarkChange),
) -> Result<line_file::Contents, LineFileError> {
    line_file::read(path, LINES_MAX, |line| {
        let change = MarkLine::from_line(line)?.record;
        take(change.resolved(|name| key.account(name)));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AccountKey, MarkSubject, Timestamp};

    fn removed(account: u128) -> MarkChange {
        MarkChange::Removed {
            subject: MarkSubject::Account(AccountKey(account)),
            reviewer: "r".to_owned(),
            removed_at: Timestamp::from_micros(1),
        }
    }

    #[test]
    fn changes_survive_a_restart_in_their_order_and_a_cut_line_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let key = PseudonymKey::offline();
        let changes = || {
            let mut found = Vec::new();
            MarkFile::open(folder.path(), &key, |change| found.push(change)).unwrap();
            found
        };
        let file = MarkFile::open(folder.path(), &key, |_| ()).unwrap();
        for account in [2, 1] {
            let applied = file.append(|| removed(account), |change| change);
            assert_eq!(applied.unwrap(), removed(account));
        }
        drop(file);
        assert_eq!(changes(), [removed(2), removed(1)]);
        let path = folder.path().join(NAME);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        assert_eq!(changes(), [removed(2)]);
        std::fs::write(&path, "{}\n").unwrap();
        assert!(MarkFile::open(folder.path(), &key, |_| ()).is_err());
    }
}
