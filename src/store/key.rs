//! The deployment's key, in `pseudonym.key` of the data folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::privacy::PseudonymKey;

/// Bytes of the key.
const KEY_BYTES: usize = 32;

/// Why there is no key.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// The file or its folder cannot be made or written.
    #[error("{path}: {error}")]
    File {
        /// Which of them.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file holds something else.
    #[error("{path}: expected 32 bytes, got {actual}")]
    Length {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        actual: usize,
    },
    /// The system has no random numbers.
    #[error("random numbers: {0}")]
    Random(getrandom::Error),
}

/// The deployment's key in its data folder; made, readable by the owner alone, when there is none.
///
/// # Errors
/// When there is one of another form, or it cannot be made.
pub fn deployment_key(data: &Path) -> Result<PseudonymKey, KeyFileError> {
    let path = data.join("pseudonym.key");
    let at = |path: &Path| {
        let path = path.to_owned();
        move |error| KeyFileError::File { path, error }
    };
    if let Ok(bytes) = fs::read(&path) {
        let secret = <[u8; KEY_BYTES]>::try_from(bytes.as_slice());
        let secret = secret.map_err(|_| KeyFileError::Length {
            path,
            actual: bytes.len(),
        })?;
        return Ok(PseudonymKey::from_bytes(secret));
    }
    fs::create_dir_all(data).map_err(at(data))?;
    let mut secret = [0; KEY_BYTES];
    getrandom::fill(&mut secret).map_err(KeyFileError::Random)?;
    write_private(&path, &secret).map_err(at(&path))?;
    Ok(PseudonymKey::from_bytes(secret))
}

fn write_private(path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_for_the_owner_alone_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let made = deployment_key(&data).unwrap().account("a");
        assert_eq!(deployment_key(&data).unwrap().account("a"), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(data.join("pseudonym.key"))
                .unwrap()
                .permissions();
            assert_eq!(mode.mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_of_another_length_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pseudonym.key");
        fs::write(&path, [1; 31]).unwrap();
        let refused = deployment_key(folder.path()).err();
        assert!(matches!(
            refused,
            Some(KeyFileError::Length { actual: 31, .. })
        ));
        assert_eq!(fs::read(&path).unwrap(), [1; 31]);
    }
}
