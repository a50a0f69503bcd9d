//! An output file that appears whole or not at all: written under a temporary name beside its own, renamed at the end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::{Builder, TempPath};

/// A file that has its temporary name until [`Self::finish`]. Dropped before, it is removed.
pub(super) struct NewFile {
    unfinished: Unfinished,
    path: PathBuf,
}

/// The temporary name of a file, if it still has one. Shared with whoever removes it when the program is interrupted.
#[derive(Clone, Default)]
pub(crate) struct Unfinished(Arc<Mutex<Option<TempPath>>>);

impl NewFile {
    /// Returns a handle to the temporary name.
    pub(super) fn unfinished(&self) -> Unfinished {
        self.unfinished.clone()
    }

    /// Gives the file its name, in place of a file that has it.
    pub(super) fn finish(self) -> io::Result<()> {
        let Some(written) = self.unfinished.lock().take() else {
            return Err(io::ErrorKind::Interrupted.into());
        };
        Ok(written.persist(&self.path)?)
    }
}

impl Drop for NewFile {
    /// Removes what was written, unless it is finished, whoever else still knows the temporary name.
    fn drop(&mut self) {
        self.unfinished.remove();
    }
}

impl Unfinished {
    /// Removes the file, unless it is finished.
    pub(crate) fn remove(&self) {
        drop(self.lock().take());
    }

    fn lock(&self) -> MutexGuard<'_, Option<TempPath>> {
        // Nothing that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where bytes go, and the file that they become at the end, if they become one.
type Opened = (Box<dyn Write + Send>, Option<NewFile>);

/// Creates the file at `path`. What is there and is no file, such as a device or a pipe, is written to as it is.
pub(super) fn create(path: &Path) -> io::Result<Opened> {
    let (path, permissions) = match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Ok((Box::new(File::create(path)?), None)),
        Ok(found) => {
            // A file that may not be written is not replaced either.
            OpenOptions::new().write(true).open(path)?;
            (fs::canonicalize(path)?, Some(found.permissions()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_owned(), None),
        Err(error) => return Err(error),
    };
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{name}.");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(".unfinished");
    // As readable as any new file, rather than private as temporary files are.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let created = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    let (file, name) = created.into_parts();
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    let unfinished = Unfinished(Arc::new(Mutex::new(Some(name))));
    Ok((Box::new(file), Some(NewFile { unfinished, path })))
}
