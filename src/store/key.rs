//! The deployment's key: configured, or stored in `pseudonym.key` in the data folder.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::privacy::PseudonymKey;

/// Length of the key, in bytes.
const KEY_BYTES: usize = 32;

/// Error of reading or creating the key.
#[derive(Debug, Error)]
pub(crate) enum KeyError {
    /// The configured key is malformed.
    #[error("privacy.pseudonym_key: expected 64 hexadecimal digits")]
    Configured,
    /// The file or its folder cannot be read, created or written.
    #[error("{path}: {error}")]
    File {
        /// The file or the folder.
        path: PathBuf,
        /// The operating system's error.
        error: io::Error,
    },
    /// The file has the wrong length.
    #[error("{path}: expected 32 bytes, got {actual}")]
    Length {
        /// The file.
        path: PathBuf,
        /// Its length, in bytes.
        actual: usize,
    },
    /// The operating system's random number generator failed.
    #[error("random numbers: {0}")]
    Random(getrandom::Error),
}

/// Returns the deployment's key: `configured`, in hexadecimal digits, or the one in the data folder. Creates the folder
/// if needed, and a key in it, readable by the owner only, if there is none.
///
/// # Errors
/// If the existing key is malformed, or the key cannot be read or created.
pub(crate) fn deployment_key(
    configured: Option<&str>,
    data: &Path,
) -> Result<PseudonymKey, KeyError> {
    fs::create_dir_all(data).map_err(|error| at(data, error))?;
    if let Some(key) = known_key(configured, data)? {
        return Ok(key);
    }
    let path = key_path(data);
    let mut secret = [0; KEY_BYTES];
    getrandom::fill(&mut secret).map_err(KeyError::Random)?;
    write_private(&path, &secret).map_err(|error| at(&path, error))?;
    Ok(PseudonymKey::from_bytes(secret))
}

/// Returns the deployment's key like [`deployment_key`], but `None` if there is none. Writes nothing.
///
/// # Errors
/// If the existing key is malformed or cannot be read.
pub(crate) fn known_key(
    configured: Option<&str>,
    data: &Path,
) -> Result<Option<PseudonymKey>, KeyError> {
    if let Some(digits) = configured {
        let secret = blake3::Hash::from_hex(digits).map_err(|_| KeyError::Configured)?;
        return Ok(Some(PseudonymKey::from_bytes(*secret.as_bytes())));
    }
    let path = key_path(data);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(&path, error)),
    };
    let secret = <[u8; KEY_BYTES]>::try_from(bytes.as_slice());
    let secret = secret.map_err(|_| KeyError::Length {
        path,
        actual: bytes.len(),
    })?;
    Ok(Some(PseudonymKey::from_bytes(secret)))
}

fn key_path(data: &Path) -> PathBuf {
    data.join("pseudonym.key")
}

fn at(path: &Path, error: io::Error) -> KeyError {
    let path = path.to_owned();
    KeyError::File { path, error }
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
    fn the_key_is_created_once_for_the_owner_only_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        assert!(known_key(None, &data).unwrap().is_none());
        assert!(!data.exists(), "looking for a key creates nothing");
        let created = deployment_key(None, &data).unwrap().account("a");
        assert_eq!(deployment_key(None, &data).unwrap().account("a"), created);
        let known = known_key(None, &data).unwrap().unwrap();
        assert_eq!(known.account("a"), created);
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
    fn a_configured_key_overrides_the_file_and_creates_none() {
        let folder = tempfile::tempdir().unwrap();
        let digits = "07".repeat(KEY_BYTES);
        let expected = PseudonymKey::from_bytes([7; KEY_BYTES]).account("a");
        let configured = deployment_key(Some(&digits), folder.path()).unwrap();
        assert_eq!(configured.account("a"), expected);
        assert!(!folder.path().join("pseudonym.key").exists());
        deployment_key(None, folder.path()).unwrap();
        let configured = known_key(Some(&digits), folder.path()).unwrap().unwrap();
        assert_eq!(configured.account("a"), expected);
        for wrong in ["", "07", &digits[1..]] {
            let refused = known_key(Some(wrong), folder.path()).err();
            assert!(matches!(refused, Some(KeyError::Configured)), "{wrong}");
        }
    }

    #[test]
    fn a_file_of_another_length_is_refused_and_left_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pseudonym.key");
        fs::write(&path, [1; 31]).unwrap();
        let refused = deployment_key(None, folder.path()).err();
        assert!(matches!(refused, Some(KeyError::Length { actual: 31, .. })));
        assert_eq!(fs::read(&path).unwrap(), [1; 31]);
    }
}
