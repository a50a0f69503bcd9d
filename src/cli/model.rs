//! Flags that choose the model and the key.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::bundle::{Bundle, BundleFiles};
use crate::engine::Engine;
use crate::privacy::PseudonymKey;
use crate::settings::{ModelSettings, Settings};

/// Which model scores.
#[derive(Args)]
pub(super) struct ModelFlags {
    /// Folder of a model bundle [default: the bundle built into the program]
    #[arg(long, value_name = "DIR", env = "STILLWATCH_BUNDLE")]
    bundle: Option<PathBuf>,
    /// Maximum number of accounts remembered; beyond it those idle longest are forgotten
    #[arg(
        long,
        value_name = "N",
        default_value_t = ModelSettings::default().accounts_max,
        env = "STILLWATCH_ACCOUNTS_MAX"
    )]
    accounts_max: usize,
}

impl ModelFlags {
    /// As if these flags had been given.
    pub(super) const fn new(bundle: Option<PathBuf>, accounts_max: usize) -> Self {
        Self {
            bundle,
            accounts_max,
        }
    }

    /// The same flags with another bundle.
    pub(super) fn with_bundle(&self, folder: &Path) -> Self {
        Self {
            bundle: Some(folder.to_owned()),
            accounts_max: self.accounts_max,
        }
    }

    /// The bundle's files.
    pub(super) fn files(&self) -> anyhow::Result<BundleFiles> {
        match &self.bundle {
            Some(folder) => BundleFiles::read(folder)
                .with_context(|| format!("model bundle {}", folder.display())),
            None => Ok(BundleFiles::embedded()),
        }
    }

    /// The bundle.
    pub(super) fn bundle(&self) -> anyhow::Result<Bundle> {
        Bundle::from_files(&self.files()?).with_context(|| match &self.bundle {
            Some(folder) => format!("model bundle {}", folder.display()),
            None => "the model bundle built into the program".to_owned(),
        })
    }

    /// An engine on the bundle, under a key.
    pub(super) fn engine(&self, key: PseudonymKey) -> anyhow::Result<Engine> {
        let parts = self.bundle()?.into_engine_parts(key);
        Ok(Engine::new(parts, self.accounts_max))
    }
}

/// The deployment's key, as the settings give it or as the data folder has it; made, readable by the owner alone, when
/// there is none.
pub(super) fn deployment_key(settings: &Settings) -> anyhow::Result<PseudonymKey> {
    let data = &settings.data.folder;
    std::fs::create_dir_all(data).with_context(|| format!("data folder {}", data.display()))?;
    if let Some(key) = known_key(settings)? {
        return Ok(key);
    }
    let path = key_path(data);
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("random numbers: {error}"))?;
    write_private(&path, &secret).with_context(|| path.display().to_string())?;
    Ok(PseudonymKey::from_bytes(secret))
}

/// The deployment's key, if there is one. Writes nothing.
pub(super) fn known_key(settings: &Settings) -> anyhow::Result<Option<PseudonymKey>> {
    if let Some(secret) = &settings.privacy.pseudonym_key {
        let secret = blake3::Hash::from_hex(secret.expose());
        let secret = secret
            .ok()
            .context("privacy.pseudonym_key: expected 64 hexadecimal digits")?;
        return Ok(Some(PseudonymKey::from_bytes(*secret.as_bytes())));
    }
    let path = key_path(&settings.data.folder);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let secret: [u8; 32] = bytes
        .as_slice()
        .try_into()
        .with_context(|| format!("{}: expected 32 bytes, got {}", path.display(), bytes.len()))?;
    Ok(Some(PseudonymKey::from_bytes(secret)))
}

fn key_path(data: &Path) -> PathBuf {
    data.join("pseudonym.key")
}

fn write_private(path: &Path, secret: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    std::io::Write::write_all(&mut options.open(path)?, secret)
}
